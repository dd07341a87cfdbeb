#include "batch/copies.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "batch/batch.h"

namespace tiffin {
namespace {

namespace fs = std::filesystem;

constexpr int kThreads = 2;

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A workspace, whose files may be links into a store, and a place to copy to.
class Copies : public testing::Test {
 protected:
  Copies() {
    char name[] = "/tmp/tiffin-copies-XXXXXX";
    directory_ = mkdtemp(name);
    for (const char* part : {"work", "store", "to"}) fs::create_directory(directory_ / part);
    work_ = open((directory_ / "work").c_str(), O_RDONLY | O_DIRECTORY);
    to_ = open((directory_ / "to").c_str(), O_RDONLY | O_DIRECTORY);
  }

  ~Copies() override {
    for (const int descriptor : {work_, to_}) close(descriptor);
    fs::remove_all(directory_);
  }

  fs::path Work(std::string_view path) const { return directory_ / "work" / path; }
  fs::path To(std::string_view path) const { return directory_ / "to" / path; }

  void Write(std::string_view path, std::string_view text) const {
    fs::create_directories(Work(path).parent_path());
    std::ofstream(Work(path), std::ios::binary) << text;
  }

  // A file of the workspace that is another name of an object.
  fs::path Link(std::string_view path, std::string_view text) const {
    const fs::path object = directory_ / "store" / fs::path(path).filename();
    std::ofstream(object, std::ios::binary) << text;
    fs::permissions(object, static_cast<fs::perms>(0444));
    fs::create_hard_link(object, Work(path));
    return object;
  }

  std::vector<int> Copy(const std::vector<std::string>& paths) {
    std::vector<int> outcomes(paths.size());
    CopyFiles(work_, paths, to_, outcomes, kThreads, control_);
    return outcomes;
  }

  std::vector<int> Own(const std::vector<std::string>& paths, Right right) {
    std::vector<int> outcomes(paths.size());
    OwnFiles(work_, paths, right, outcomes, kThreads, control_);
    return outcomes;
  }

  fs::path directory_;
  int work_, to_;
  Control control_;
};

TEST_F(Copies, HaveTheBytesAndFoldersOfTheirOwn) {
  const std::string large(1'000'003, 'x');
  Write("a", "text");
  Write("deep/er/large", large);
  Write("empty", "");
  EXPECT_EQ(Copy({"a", "deep/er/large", "empty"}), (std::vector{kOk, kOk, kOk}));
  EXPECT_EQ(Read(To("a")), "text");
  EXPECT_EQ(Read(To("deep/er/large")), large);
  EXPECT_EQ(fs::file_size(To("empty")), 0u);
  EXPECT_EQ(control_.files, 3u);
}

TEST_F(Copies, TellWhatCannotBeCopiedAndLeaveNothingOfIt) {
  fs::create_directory(Work("folder"));
  Write("a", "new");
  std::ofstream(To("a")) << "old";
  EXPECT_EQ(Copy({"a", "folder", "gone"}), (std::vector{EEXIST, EINVAL, ENOENT}));
  EXPECT_EQ(Read(To("a")), "old");
  EXPECT_FALSE(fs::exists(To("folder")));
}

TEST_F(Copies, StopBeforeTheNextFile) {
  Write("a", "text");
  control_.stop = true;
  EXPECT_EQ(Copy({"a"}), std::vector{kStopped});
  EXPECT_FALSE(fs::exists(To("a")));
}

TEST_F(Copies, TakeThePlaceOfLinksAndLeaveTheObjectsAlone) {
  const fs::path object = Link("hard", "text");
  fs::create_symlink(object, Work("soft"));
  Write("own", "text");
  EXPECT_EQ(Own({"hard", "own", "soft"}, Right::kWrite), (std::vector{kOk, kOk, kOk}));
  for (const char* name : {"hard", "soft"}) {
    EXPECT_FALSE(fs::is_symlink(Work(name)));
    std::ofstream(Work(name)) << "changed";
  }
  EXPECT_EQ(Read(object), "text");
  EXPECT_EQ(fs::hard_link_count(object), 1u);
}

TEST_F(Copies, AreAllMadeBeforeAnyLinkGoes) {
  const fs::path object = Link("hard", "text");
  EXPECT_EQ(Own({"gone", "hard"}, Right::kWrite), (std::vector{ENOENT, kOk}));
  EXPECT_TRUE(fs::equivalent(object, Work("hard")));
  EXPECT_EQ(std::distance(fs::directory_iterator(Work("")), {}), 1);
  control_.stop = true;
  EXPECT_EQ(Own({"hard"}, Right::kWrite), std::vector{kStopped});
  EXPECT_TRUE(fs::equivalent(object, Work("hard")));
}

TEST_F(Copies, MayBeExecutedByWhoeverMayReadThem) {
  Link("hard", "text");
  Write("own", "text");
  fs::permissions(Work("own"), static_cast<fs::perms>(0640));
  Own({"hard", "own"}, Right::kExecute);
  EXPECT_EQ(fs::status(Work("own")).permissions(), static_cast<fs::perms>(0750));
  EXPECT_EQ(access(Work("hard").c_str(), X_OK), 0);
  Own({"hard", "own"}, Right::kNoExecute);
  EXPECT_EQ(fs::status(Work("own")).permissions(), static_cast<fs::perms>(0640));
  EXPECT_NE(access(Work("hard").c_str(), X_OK), 0);
}

}  // namespace
}  // namespace tiffin
