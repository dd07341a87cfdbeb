#include "table/table.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "files/fault.h"
#include "files/files.h"
#include "table/ignore.h"
#include "table/index_file.h"
#include "table/manifest.h"
#include "table/walk.h"

namespace tiffin {
namespace {

namespace fs = std::filesystem;

class TableTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "tiffin-table-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { fs::remove_all(root_); }

  void Write(const std::string& path, std::string_view text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  std::string Path(const std::string& path) const { return (root_ / path).string(); }

  fs::path root_;
};

std::vector<std::string> PathsOf(const Table& table) {
  std::vector<std::string> paths;
  for (std::size_t row = 0; row < table.size(); ++row) paths.emplace_back(table.path(row));
  return paths;
}

Table TableOf(std::initializer_list<std::string_view> paths) {
  TableBuilder builder;
  for (const std::string_view path : paths) builder.Add(path, Digest{1});
  return builder.Build();
}

using Paths = std::vector<std::string>;

TEST_F(TableTest, ScanSharesDirectoriesOutAndSortsThem) {
  Paths expected;
  for (const std::string directory : {"a", "a-b", "a/b", "c"}) {
    for (int i = 0; i < 1500; ++i) expected.push_back(directory + "/" + std::to_string(i));
  }
  for (const std::string& path : expected) Write(path, "");
  std::sort(expected.begin(), expected.end());
  for (const int threads : {1, 2, 8}) {
    Control control;
    EXPECT_EQ(PathsOf(Scan(root_.string(), {.threads = threads}, control)), expected);
    EXPECT_EQ(control.files, expected.size());
  }
}

TEST_F(TableTest, ScanReadsIgnoreFilesFromManyThreads) {
  Paths expected;
  for (int i = 0; i < 200; ++i) {
    const std::string directory = "d" + std::to_string(1000 + i);
    Write(directory + "/.dvcignore", i % 2 == 0 ? "*.log\n" : "!keep.log\n");
    Write(directory + "/keep.log", "");
    Write(directory + "/x", "");
    expected.push_back(directory + "/.dvcignore");
    if (i % 2 == 1) expected.push_back(directory + "/keep.log");
    expected.push_back(directory + "/x");
  }
  Ignore ignore(root_.string(), {".dvcignore"}, {}, Dialect::kDvc);
  Control control;
  EXPECT_EQ(PathsOf(Scan(root_.string(), {.ignore = &ignore, .threads = 8}, control)), expected);
}

TEST_F(TableTest, ScanThatIsStoppedComesBackEmpty) {
  for (int i = 0; i < 100; ++i) Write(std::to_string(i) + "/x", "");
  Control control;
  control.stop = true;
  EXPECT_EQ(Scan(root_.string(), {}, control).size(), 0U);
}

TEST_F(TableTest, ScanStopsAllThreadsAtTheFirstFault) {
  for (int i = 0; i < 300; ++i) {
    fs::create_directory(root_ / std::to_string(i));
    fs::create_symlink("nowhere", root_ / std::to_string(i) / "broken");
  }
  Control control;
  try {
    Scan(root_.string(), {.threads = 8}, control);
    FAIL() << "a broken link went unseen";
  } catch (const SystemFault& fault) {
    EXPECT_EQ(fault.error, ENOENT);
    EXPECT_TRUE(fault.path.ends_with("/broken"));
  }
}

TEST_F(TableTest, MetafilesAreFoundBelowAnyNumberOfDirectories) {
  Write(".dvc/config", "");
  Write("dvc.yaml", "");
  Write("a/b/c/x.dvc", "");
  Write("a/.gitignore", "/b\n");
  Ignore ignore(root_.string(), {".dvcignore"}, {}, Dialect::kDvc);
  EXPECT_EQ(FindMetafiles(root_.string(), ignore, false).files, (Paths{"a/b/c/x.dvc", "dvc.yaml"}));
  fs::create_directory(root_ / ".git");
  EXPECT_EQ(FindMetafiles(root_.string(), ignore, true).files, (Paths{"dvc.yaml"}));
}

TEST(ManifestTest, WhatIsWrittenIsRead) {
  const Table table = TableOf({"a/b", "a-b", "\xC3\xA9", "\xF0\x9F\x8D\xB1", "\"\\\x01\x7F"});
  EXPECT_EQ(PathsOf(ReadManifest(WriteManifest(table))), PathsOf(table));
}

// Under the address sanitizer this is the test that the reader keeps to its bytes.
TEST(ManifestTest, DamagedBytesAreReadOrRefusedButNeverOverrun) {
  const std::string whole = WriteManifest(TableOf({"a/b", "\xC3\xA9", "\xF0\x9F\x8D\xB1", "c\n"}));
  std::mt19937 random(1);
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string body = whole.substr(0, random() % (whole.size() + 1));
    for (int i = 0; i < 3 && !body.empty(); ++i) body[random() % body.size()] = static_cast<char>(random());
    // A copy without slack behind it.
    const std::vector<char> exact(body.begin(), body.end());
    try {
      ReadManifest({exact.data(), exact.size()});
    } catch (const std::invalid_argument&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 10'000);
}

TEST_F(TableTest, DamagedIndexFilesAreRefused) {
  SaveTable(TableOf({"a", "b/c"}), Path("index"), 0);
  const std::string whole = *ReadFile(Path("index"));
  EXPECT_EQ(PathsOf(LoadTable(Path("index"))), (Paths{"a", "b/c"}));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x80);
    Write("index", damaged);
    EXPECT_THROW(LoadTable(Path("index")), std::invalid_argument) << at;
    Write("index", whole.substr(0, at));
    EXPECT_THROW(LoadTable(Path("index")), std::invalid_argument) << at;
  }
}

TEST(PatternTest, AnyLineAndAnyPathAreTaken) {
  std::mt19937 random(1);
  constexpr std::string_view kAlphabet = "ab*?[]!-\\/#^: \xC3\xA9\xFF";
  const auto text = [&](std::size_t limit) {
    std::string made(random() % limit, ' ');
    for (char& c : made) c = kAlphabet[random() % kAlphabet.size()];
    return made;
  };
  for (int round = 0; round < 50'000; ++round) {
    const std::string line = text(12);
    const std::string path = text(10);
    const std::vector<std::string_view> parts = SplitPath(path);
    if (parts.empty()) continue;
    for (const Dialect dialect : {Dialect::kDvc, Dialect::kGit}) {
      if (const auto pattern = Pattern::Parse(line, dialect)) pattern->Matches(parts, round % 2 == 0);
    }
  }
}

TEST_F(TableTest, IgnoreAnswersManyThreads) {
  for (const std::string directory : {"a", "a/b", "a/b/c"})
    Write(directory + "/.dvcignore", "x" + directory.substr(directory.size() - 1));
  Ignore ignore(root_.string(), {".dvcignore"}, {}, Dialect::kDvc);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        EXPECT_TRUE(ignore.Ignores("a/b/c/xa", false));
        EXPECT_FALSE(ignore.Ignores("a/b/xc", false));
      }
    });
  }
}

}  // namespace
}  // namespace tiffin
