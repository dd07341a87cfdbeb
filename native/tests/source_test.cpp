#include "source/source.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tiffin::learn {
namespace {

struct Given {
  std::uint64_t number;
  std::size_t file;
  std::uint64_t first_line;
  std::string text;

  bool operator==(const Given&) const = default;
};

std::vector<Given> AllOf(BlockSource& source) {
  const std::atomic<bool> stop{false};
  std::vector<Given> found;
  for (Block block; source.Next(block, stop);) {
    found.push_back({block.number, block.file, block.first_line, std::string(block.text())});
  }
  return found;
}

std::string TextOf(std::mt19937& random) {
  std::string text;
  for (std::size_t lines = random() % 60; lines > 0; --lines) {
    text.append(random() % (random() % 10 == 0 ? 400 : 30), 'x');
    text.push_back('\n');
  }
  if (!text.empty() && random() % 3 == 0) text.pop_back();  // the last line has no end
  return text;
}

// So a run goes on from a checkpoint wherever the same bytes come from.
TEST(FedSource, GivesTheBlocksOfAFileOfTheSameBytes) {
  constexpr std::size_t kBytes = 128;
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("tiffin-source-test-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::mt19937 random(7);
  for (int i = 0; i < 300; ++i) {
    FedSource fed(100'000, kBytes);
    std::vector<std::string> paths;
    std::string whole;
    for (std::size_t file = 0; file < 1 + random() % 3; ++file) {
      std::string text = TextOf(random);
      if (random() % 4 == 0) text.resize(text.size() / kBytes * kBytes, 'y');  // it ends where blocks may
      paths.push_back((folder / std::to_string(file)).string());
      std::ofstream(paths.back(), std::ios::binary) << text;
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t size = std::min<std::size_t>(1 + random() % (random() % 5 == 0 ? 2000 : 100), text.size() - at);
        ASSERT_TRUE(fed.Feed(std::string_view(text).substr(at, size)));
        at += size;
      }
      ASSERT_TRUE(fed.EndFile());
      whole += text;
    }
    fed.End();
    FileSource files(paths, kBytes);
    const std::vector<Given> wanted = AllOf(files);
    ASSERT_EQ(AllOf(fed), wanted);
    std::string joined;
    for (const Given& block : wanted) joined += block.text;
    ASSERT_EQ(joined, whole);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tiffin::learn
