// A directory for one test, removed with it.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/control.h"

namespace tiffin {

class Scratch : public testing::Test {
 protected:
  Scratch() {
    char name[] = "/tmp/tiffin-test-XXXXXX";
    directory_ = mkdtemp(name);
  }

  ~Scratch() override {
    for (const int descriptor : opened_) close(descriptor);
    std::filesystem::remove_all(directory_);
  }

  std::filesystem::path At(std::string_view path) const { return directory_ / path; }

  // A directory in it, made and opened; closed at the end.
  int Open(std::string_view path) {
    std::filesystem::create_directories(At(path));
    opened_.push_back(open(At(path).c_str(), O_RDONLY | O_DIRECTORY));
    return opened_.back();
  }

  std::filesystem::path Write(std::string_view path, std::string_view text) const {
    std::filesystem::create_directories(At(path).parent_path());
    std::ofstream(At(path), std::ios::binary) << text;
    return At(path);
  }

  std::string Read(std::string_view path) const {
    std::ifstream file(At(path), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // The names of everything in a directory of it and below that is no directory.
  std::vector<std::string> FilesIn(std::string_view path) const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(At(path))) {
      if (!entry.is_directory()) found.push_back(std::filesystem::relative(entry.path(), At(path)));
    }
    return found;
  }

  std::filesystem::path directory_;
  std::vector<int> opened_;
  Control control_;
};

}  // namespace tiffin
