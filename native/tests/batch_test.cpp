#include "batch/batch.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "batch/object.h"
#include "batch/reader.h"

namespace tiffin {
namespace {

namespace fs = std::filesystem;

constexpr Link kCopyOnly[] = {Link::kCopy};
constexpr int kThreads = 2;

Digest DigestOf(std::string_view text) {
  Md5 md5;
  md5.Update(std::as_bytes(std::span(text)));
  return md5.Finish();
}

std::string Object(std::string_view text, std::string_view suffix = "") {
  return ObjectPath(DigestOf(text), suffix).c_str();
}

unsigned ModeOf(const fs::path& path) { return static_cast<unsigned>(fs::status(path).permissions()); }

std::uint64_t InodeOf(const fs::path& path) {
  struct stat stat;
  return lstat(path.c_str(), &stat) == 0 ? stat.st_ino : 0;
}

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A scratch directory with a workspace and two stores.
class Batch : public testing::Test {
 protected:
  Batch() {
    char name[] = "/tmp/tiffin-batch-XXXXXX";
    directory_ = mkdtemp(name);
    for (const char* part : {"work", "store", "other"}) fs::create_directory(directory_ / part);
    work_ = open((directory_ / "work").c_str(), O_RDONLY | O_DIRECTORY);
    store_ = open((directory_ / "store").c_str(), O_RDONLY | O_DIRECTORY);
    other_ = open((directory_ / "other").c_str(), O_RDONLY | O_DIRECTORY);
  }

  ~Batch() override {
    for (const int descriptor : {work_, store_, other_}) close(descriptor);
    fs::remove_all(directory_);
  }

  fs::path Work(std::string_view path) const { return directory_ / "work" / path; }
  fs::path Store(std::string_view path) const { return directory_ / "store" / path; }
  fs::path Other(std::string_view path) const { return directory_ / "other" / path; }

  void Write(const fs::path& path, std::string_view text) const {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }

  // Puts an object, by name, whatever its content.
  void WriteObject(const fs::path& path, std::string_view text, unsigned mode = 0444) const {
    Write(path, text);
    fs::permissions(path, static_cast<fs::perms>(mode));
  }

  // All files below the scratch directory whose names are those of temporary files.
  std::vector<std::string> Leftovers() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(directory_)) {
      if (entry.path().filename().string().starts_with(".tiffin-")) found.push_back(entry.path());
    }
    return found;
  }

  void Resize(std::size_t count) {
    digests_.resize(count);
    stats_.resize(count);
    objects_.resize(count);
    outcomes_.resize(count);
  }

  std::vector<int> Hash(const std::vector<std::string>& paths) {
    Resize(paths.size());
    HashFiles(work_, paths, digests_, stats_, outcomes_, kThreads, control_);
    return outcomes_;
  }

  std::vector<int> StoreAll(const std::vector<std::string>& paths, std::span<const Link> links = kCopyOnly) {
    Resize(paths.size());
    StoreFiles(work_, paths, store_, links, digests_, stats_, objects_, outcomes_, kThreads, control_);
    return outcomes_;
  }

  int Place(const std::string& path, std::string_view text, std::span<const Link> links = kCopyOnly,
            bool executable = false) {
    Resize(1);
    digests_[0] = DigestOf(text);
    const std::uint8_t flag = executable;
    PlaceObjects(store_, digests_, work_, std::span(&path, 1), std::span(&flag, 1), links, stats_, objects_,
                 outcomes_, kThreads, control_);
    return outcomes_[0];
  }

  int Transfer(std::string_view text, const std::string& suffix = "") {
    Resize(1);
    digests_[0] = DigestOf(text);
    TransferObjects(store_, other_, digests_, suffix, outcomes_, kThreads, control_);
    return outcomes_[0];
  }

  fs::path directory_;
  int work_, store_, other_;
  Control control_;
  std::vector<Digest> digests_;
  std::vector<Stat> stats_;
  std::vector<Stat> objects_;
  std::vector<int> outcomes_;
};

std::string Large(char seed) {
  std::string text(3 * kSmallFile + 12345, seed);
  for (std::size_t i = 0; i < text.size(); i += 100) text[i] = static_cast<char>(i * 31 >> 3);
  return text;
}

// ---- hashing

TEST_F(Batch, HashesFilesOfAllSizesAndSaysWhatStatSays) {
  std::vector<std::string> paths, texts;
  for (const std::size_t size : {0, 1, 63, 64, 65, 180, 4096, 65535, 65536, 65537, 131072, 1000000}) {
    for (const char* copy : {"a", "b"}) {
      paths.push_back(std::to_string(size) + copy);
      texts.push_back(std::string(size, 'x') + copy);
      Write(Work(paths.back()), texts.back());
    }
  }
  EXPECT_EQ(Hash(paths), std::vector(paths.size(), kOk));
  for (std::size_t i = 0; i < paths.size(); ++i) {
    EXPECT_EQ(digests_[i], DigestOf(texts[i])) << paths[i];
    struct stat stat;
    ASSERT_EQ(lstat(Work(paths[i]).c_str(), &stat), 0);
    EXPECT_EQ(stats_[i].size, stat.st_size);
    EXPECT_EQ(stats_[i].mtime_ns, stat.st_mtim.tv_sec * 1'000'000'000 + stat.st_mtim.tv_nsec);
    EXPECT_EQ(stats_[i].ctime_ns, stat.st_ctim.tv_sec * 1'000'000'000 + stat.st_ctim.tv_nsec);
    EXPECT_EQ(stats_[i].inode, stat.st_ino);
    EXPECT_EQ(stats_[i].device, stat.st_dev);
    EXPECT_EQ(stats_[i].mode, stat.st_mode);
  }
  EXPECT_EQ(control_.files, paths.size());
}

TEST_F(Batch, SizesGivenAreOnlyHints) {
  const std::vector<std::string> paths = {"small", "large", "shrunk", "grown"};
  const std::vector<std::string> texts = {"s", Large('l'), "t", Large('g')};
  for (std::size_t i = 0; i < paths.size(); ++i) Write(Work(paths[i]), texts[i]);
  Resize(4);
  const std::int64_t hints[] = {1, kSmallFile * 4, kSmallFile * 9, 1};
  for (std::size_t i = 0; i < paths.size(); ++i) stats_[i].size = hints[i];
  EXPECT_EQ(Hash(paths), std::vector(4, kOk));
  for (std::size_t i = 0; i < paths.size(); ++i) EXPECT_EQ(digests_[i], DigestOf(texts[i])) << paths[i];
}

TEST_F(Batch, SaysWhyAFileCannotBeHashed) {
  fs::create_directory(Work("directory"));
  mkfifo(Work("pipe").c_str(), 0666);
  fs::create_symlink("nowhere", Work("broken"));
  Write(Work("file"), "content");
  fs::create_symlink("file", Work("link"));
  EXPECT_EQ(Hash({"missing", "directory", "pipe", "broken", "file/below", "link"}),
            (std::vector{ENOENT, EISDIR, EINVAL, ENOENT, ENOTDIR, kOk}));
  EXPECT_EQ(digests_[5], DigestOf("content"));
}

TEST_F(Batch, DoesNothingOnceStopped) {
  Write(Work("small"), "s");
  Write(Work("large"), Large('l'));
  control_.stop = true;
  EXPECT_EQ(StoreAll({"small", "large"}), (std::vector{kStopped, kStopped}));
  EXPECT_EQ(Place("out", "s"), kStopped);
  EXPECT_TRUE(fs::is_empty(Store("")));
}

// Touches the file each time its reading begins, or cuts it: as another program would.
class Disturbing final : public FileTask {
 public:
  Disturbing(fs::path path, std::function<void(int)> disturb) : path_(std::move(path)), disturb_(std::move(disturb)) {}

  Descriptor Open(std::size_t, int&) override { return OpenAt(AT_FDCWD, path_.c_str(), O_RDONLY); }
  int TakeSmall(std::size_t, const Stat&, std::span<const std::byte>, const Digest&) override { return kCorrupt; }
  int BeginLarge(std::size_t, const Descriptor&, Stat&, Copy&) override {
    disturb_(++begun);
    return kOk;
  }
  int EndLarge(std::size_t, const Stat& stat, const Digest& digest, Copy&) override {
    size = stat.size;
    result = digest;
    return kOk;
  }

  int begun = 0;
  std::int64_t size = -1;
  Digest result{};

 private:
  fs::path path_;
  std::function<void(int)> disturb_;
};

class Changing : public Batch {
 protected:
  Changing() { Write(Work("file"), Large('x')); }

  int ReadWith(Disturbing& task, int threads = 1) {
    std::vector<int> outcomes(1);
    ReadFiles(task, {}, outcomes, threads, control_);
    return outcomes[0];
  }

  void Append() { std::ofstream(Work("file"), std::ios::app) << "more"; }
};

TEST_F(Changing, AFileThatGrewIsReadOnceMore) {
  Disturbing task(Work("file"), [&](int begun) {
    if (begun == 1) Append();
  });
  EXPECT_EQ(ReadWith(task), kOk);
  EXPECT_EQ(task.begun, 2);
  EXPECT_EQ(task.result, DigestOf(Large('x') + "more"));
}

TEST_F(Changing, AFileThatShrankIsReadOnceMore) {
  for (const std::size_t size : {70000, 10, 0}) {
    Write(Work("file"), Large('x'));
    Disturbing task(Work("file"), [&](int begun) {
      if (begun == 1) fs::resize_file(Work("file"), size);
    });
    EXPECT_EQ(ReadWith(task), kOk);
    EXPECT_EQ(task.size, static_cast<std::int64_t>(size));
    EXPECT_EQ(task.result, DigestOf(Large('x').substr(0, size)));
  }
}

TEST_F(Changing, AFileThatGoesOnChangingIsGivenUp) {
  Disturbing task(Work("file"), [&](int) { Append(); });
  EXPECT_EQ(ReadWith(task), kChangedMeanwhile);
  EXPECT_EQ(task.begun, 2);
}

TEST_F(Changing, AFileThatIsReadAheadIsReadOnceMoreToo) {
  const std::string whole(9'000'001, 'x');
  for (const std::size_t size : {9'000'006, 9'000'000, 4'500'000, 70'000, 0}) {
    Write(Work("file"), whole);
    Disturbing task(Work("file"), [&](int begun) {
      if (begun == 1) fs::resize_file(Work("file"), size);
    });
    EXPECT_EQ(ReadWith(task, 2), kOk);
    EXPECT_EQ(task.begun, 2);
    EXPECT_EQ(task.result, DigestOf(Read(Work("file"))));
  }
}

TEST_F(Changing, WhatIsStoredAlwaysHasItsOwnName) {
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; !done; ++i) {
      std::fstream file(Work("file"), std::ios::in | std::ios::out);
      file.seekp(i % 200'000);
      file << i << std::flush;
    }
  });
  for (int round = 0; round < 20; ++round) StoreAll({"file"});
  done = true;
  writer.join();
  for (const auto& entry : fs::recursive_directory_iterator(Store(""))) {
    if (!entry.is_regular_file()) continue;
    EXPECT_EQ(fs::relative(entry.path(), Store("")), Object(Read(entry.path())));
  }
  EXPECT_EQ(Leftovers(), std::vector<std::string>());
}

// ---- storing

TEST_F(Batch, StoresReadOnlyObjectsUnderAnyUmask) {
  const mode_t before = umask(0077);
  Write(Work("a/small"), "small");
  Write(Work("large"), Large('l'));
  Write(Work("empty"), "");
  EXPECT_EQ(StoreAll({"a/small", "large", "empty"}), std::vector(3, kOk));
  umask(before);
  for (const std::string& text : {std::string("small"), Large('l'), std::string()}) {
    EXPECT_EQ(Read(Store(Object(text))), text);
    EXPECT_EQ(ModeOf(Store(Object(text))), 0444u);
  }
  EXPECT_EQ(digests_[0], DigestOf("small"));
  EXPECT_EQ(Leftovers(), std::vector<std::string>());
}

TEST_F(Batch, StoresEqualFilesOnce) {
  std::vector<std::string> paths;
  for (int i = 0; i < 300; ++i) {
    paths.push_back(std::to_string(i));
    Write(Work(paths.back()), i % 3 == 0 ? Large('l') : "same");
  }
  EXPECT_EQ(StoreAll(paths), std::vector(300, kOk));
  EXPECT_EQ(control_.new_objects, 2u);
  EXPECT_EQ(control_.new_object_bytes, 4 + Large('l').size());
}

TEST_F(Batch, KeepsAnObjectThatIsThere) {
  for (const std::string& text : {std::string("small"), Large('l')}) {
    WriteObject(Store(Object(text)), text);
    const std::uint64_t inode = InodeOf(Store(Object(text)));
    Write(Work("file"), text);
    EXPECT_EQ(StoreAll({"file"}), std::vector(1, kOk));
    EXPECT_EQ(InodeOf(Store(Object(text))), inode);
  }
  EXPECT_EQ(control_.new_objects, 0u);
}

TEST_F(Batch, ReplacesAnObjectThatCannotBeTrusted) {
  for (const std::string& text : {std::string("small"), Large('l')}) {
    Write(Work("file"), text);
    WriteObject(Store(Object(text)), "cut");
    EXPECT_EQ(StoreAll({"file"}), std::vector(1, kOk));
    EXPECT_EQ(Read(Store(Object(text))), text);
    fs::remove(Store(Object(text)));
    std::string other = text;
    other[0] = '!';
    WriteObject(Store(Object(text)), other, 0644);
    EXPECT_EQ(StoreAll({"file"}), std::vector(1, kOk));
    EXPECT_EQ(Read(Store(Object(text))), text);
  }
}

TEST_F(Batch, WithHardlinksTheFileBecomesTheObject) {
  constexpr Link links[] = {Link::kHardlink, Link::kCopy};
  Write(Work("a/small"), "small");
  Write(Work("large"), Large('l'));
  EXPECT_EQ(StoreAll({"a/small", "large"}, links), std::vector(2, kOk));
  EXPECT_EQ(InodeOf(Store(Object("small"))), InodeOf(Work("a/small")));
  EXPECT_EQ(InodeOf(Store(Object(Large('l')))), InodeOf(Work("large")));
  EXPECT_EQ(ModeOf(Work("large")), 0444u);
  struct stat stat;
  ASSERT_EQ(lstat(Work("a/small").c_str(), &stat), 0);
  EXPECT_EQ(stats_[0].ctime_ns, stat.st_ctim.tv_sec * 1'000'000'000 + stat.st_ctim.tv_nsec);
  EXPECT_EQ(control_.new_objects, 2u);
  EXPECT_EQ(StoreAll({"a/small", "large"}, links), std::vector(2, kOk));  // once more changes nothing
  EXPECT_EQ(control_.new_objects, 2u);
  EXPECT_EQ(Leftovers(), std::vector<std::string>());
}

TEST_F(Batch, AHardlinkMadeWritableIsProtectedAgain) {
  constexpr Link links[] = {Link::kHardlink, Link::kCopy};
  for (const std::string& text : {std::string("small"), Large('l')}) {
    Write(Work("file"), text);
    ASSERT_EQ(StoreAll({"file"}, links), std::vector(1, kOk));
    fs::permissions(Work("file"), fs::perms(0644));
    EXPECT_EQ(StoreAll({"file"}, links), std::vector(1, kOk));
    EXPECT_EQ(Read(Store(Object(text))), text);
    EXPECT_EQ(ModeOf(Store(Object(text))), 0444u);
    fs::remove(Work("file"));
  }
  EXPECT_EQ(Leftovers(), std::vector<std::string>());
}

TEST_F(Batch, WithHardlinksSymlinksAndEmptyFilesAreCopied) {
  constexpr Link links[] = {Link::kHardlink, Link::kCopy};
  Write(directory_ / "outside/file", "small");
  Write(directory_ / "outside/large", Large('l'));
  fs::create_symlink("../outside/large", Work("link"));
  fs::create_symlink("../outside", Work("through"));
  Write(Work("empty"), "");
  EXPECT_EQ(StoreAll({"link", "through/file", "empty"}, links), std::vector(3, kOk));
  EXPECT_EQ(Read(Store(Object(Large('l')))), Large('l'));
  EXPECT_NE(InodeOf(Store(Object(""))), InodeOf(Work("empty")));
  EXPECT_EQ(ModeOf(directory_ / "outside/large"), 0644u);
  EXPECT_EQ(ModeOf(directory_ / "outside/file"), 0644u);
  EXPECT_EQ(Leftovers(), std::vector<std::string>());
}

TEST_F(Batch, ReflinksWhereTheFileSystemCanAndCopiesElse) {
  constexpr Link links[] = {Link::kReflink, Link::kCopy};
  Write(Work("large"), Large('l'));
  EXPECT_EQ(StoreAll({"large"}, links), std::vector(1, kOk));
  EXPECT_EQ(Read(Store(Object(Large('l')))), Large('l'));
  EXPECT_EQ(Place("out", Large('l'), links), kOk);
  EXPECT_EQ(Read(Work("out")), Large('l'));
  EXPECT_EQ(ModeOf(Work("out")), 0644u);
}

TEST_F(Batch, AFullDiskLeavesNothingBehind) {
  Write(Work("small"), std::string(5000, 's'));
  Write(Work("large"), Large('l'));
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit;
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit lower{1000, limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &lower);
  const std::vector<int> outcomes = StoreAll({"small", "large"});
  setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, before);
  EXPECT_EQ(outcomes, (std::vector{EFBIG, EFBIG}));
  EXPECT_FALSE(fs::exists(Store(Object(Large('l')))));
  EXPECT_EQ(Leftovers(), std::vector<std::string>());
}

TEST_F(Batch, AFileThatIsReadAheadFillsTheDiskAndLeavesNothingBehind) {
  Write(Work("large"), std::string(9'000'000, 'l'));
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit;
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit lower{6'000'000, limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &lower);
  const std::vector<int> outcomes = StoreAll({"large"});
  setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, before);
  EXPECT_EQ(outcomes, std::vector{EFBIG});
  EXPECT_EQ(Leftovers(), std::vector<std::string>());
}

// ---- placing

TEST_F(Batch, PlacesObjectsAndMakesTheirDirectories) {
  std::vector<std::string> paths, texts;
  for (int i = 0; i < 200; ++i) {
    texts.push_back(i % 50 == 0 ? Large(static_cast<char>(i)) : std::to_string(i));
    paths.push_back(std::to_string(i % 7) + "/" + std::to_string(i % 3) + "/" + std::to_string(i));
    WriteObject(Store(Object(texts.back())), texts.back());
  }
  std::ranges::sort(paths);
  Resize(200);
  for (int i = 0; i < 200; ++i) digests_[i] = DigestOf(texts[i]);
  PlaceObjects(store_, digests_, work_, paths, {}, kCopyOnly, stats_, {}, outcomes_, kThreads, control_);
  EXPECT_EQ(outcomes_, std::vector(200, kOk));
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(Read(Work(paths[i])), texts[i]);
    struct stat stat;
    ASSERT_EQ(lstat(Work(paths[i]).c_str(), &stat), 0);
    EXPECT_EQ(stats_[i].inode, stat.st_ino);
    EXPECT_EQ(stats_[i].size, stat.st_size);
    EXPECT_EQ(stats_[i].mode, stat.st_mode);
    EXPECT_EQ(stats_[i].ctime_ns, stat.st_ctim.tv_sec * 1'000'000'000 + stat.st_ctim.tv_nsec);
  }
}

TEST_F(Batch, PlacesWithTheModeThatTheUmaskGives) {
  WriteObject(Store(Object("text")), "text");
  for (const unsigned mask : {0022u, 0077u, 0002u}) {
    const mode_t before = umask(mask);
    EXPECT_EQ(Place("plain", "text"), kOk);
    EXPECT_EQ(Place("program", "text", kCopyOnly, true), kOk);
    umask(before);
    EXPECT_EQ(ModeOf(Work("plain")), 0666 & ~mask);
    EXPECT_EQ(ModeOf(Work("program")), 0777 & ~mask);
  }
}

TEST_F(Batch, ReplacesByRename) {
  WriteObject(Store(Object("new")), "new");
  Write(Work("file"), "old");
  fs::create_hard_link(Work("file"), Work("twin"));
  Write(directory_ / "outside", "outside");
  fs::create_symlink("../outside", Work("link"));
  EXPECT_EQ(Place("file", "new"), kOk);
  EXPECT_EQ(Place("link", "new"), kOk);
  EXPECT_EQ(Read(Work("file")), "new");
  EXPECT_EQ(Read(Work("twin")), "old");
  EXPECT_EQ(Read(directory_ / "outside"), "outside");
  EXPECT_FALSE(fs::is_symlink(Work("link")));
}

TEST_F(Batch, PlacesLinks) {
  const std::string text = Large('l');
  WriteObject(Store(Object(text)), text, 0644);
  WriteObject(Store(Object("")), "");
  constexpr Link hard[] = {Link::kHardlink};
  constexpr Link symbolic[] = {Link::kSymlink};
  EXPECT_EQ(Place("hard", text, hard), kOk);
  EXPECT_EQ(InodeOf(Work("hard")), InodeOf(Store(Object(text))));
  EXPECT_EQ(stats_[0].inode, InodeOf(Work("hard")));
  EXPECT_EQ(ModeOf(Work("hard")), 0444u);
  EXPECT_EQ(Place("hard", text, hard), kOk);  // the same link again
  EXPECT_EQ(Place("symbolic", text, symbolic), kOk);
  EXPECT_EQ(fs::read_symlink(Work("symbolic")), fs::canonical(Store(Object(text))));
  EXPECT_EQ(stats_[0].size, static_cast<std::int64_t>(text.size()));
  EXPECT_EQ(Place("empty", "", hard), kOk);
  EXPECT_NE(InodeOf(Work("empty")), InodeOf(Store(Object(""))));
  EXPECT_EQ(Leftovers(), std::vector<std::string>());
}

TEST_F(Batch, RefusesPathsThatLeadElsewhere) {
  WriteObject(Store(Object("text")), "text");
  fs::create_directory(directory_ / "outside");
  fs::create_symlink("../outside", Work("link"));
  Write(Work("file"), "file");
  Write(Work("directory/inside"), "kept");
  const std::map<std::string, int> expected = {{"link/file", ENOTDIR}, {"file/below", ENOTDIR}, {"directory", EISDIR},
                                               {"../escape", EINVAL},  {"/absolute", EINVAL},   {"a/../../b", EINVAL},
                                               {"a//b", EINVAL},       {"./a", EINVAL},         {"", EINVAL},
                                               {"a/", EINVAL}};
  for (const auto& [path, outcome] : expected) EXPECT_EQ(Place(path, "text"), outcome) << path;
  EXPECT_TRUE(fs::is_empty(directory_ / "outside"));
  EXPECT_EQ(Leftovers(), std::vector<std::string>());
}

TEST_F(Batch, DoesNotPlaceWhatIsMissingOrDamaged) {
  constexpr Link kinds[] = {Link::kCopy, Link::kHardlink, Link::kSymlink, Link::kReflink};
  for (const Link kind : kinds) {
    const Link links[] = {kind, Link::kCopy};
    for (const std::string& text : {std::string("small"), Large('l')}) {
      EXPECT_EQ(Place("file", text, links), ENOENT);
      for (const std::string& other : {'!' + text.substr(1), text.substr(1), text + "!", std::string()}) {
        WriteObject(Store(Object(text)), other);
        Write(Work("file"), "mine");
        EXPECT_EQ(Place("file", text, links), kCorrupt);
        EXPECT_EQ(Read(Work("file")), "mine");
        EXPECT_EQ(Read(Store(Object(text))), other);
        fs::remove(Store(Object(text)));
      }
      fs::remove(Work("file"));
    }
  }
  EXPECT_EQ(Leftovers(), std::vector<std::string>());
}

TEST_F(Batch, AnObjectThatIsNoFileIsNotPlaced) {
  fs::create_directories(Store(Object("text")));
  EXPECT_EQ(Place("file", "text"), EISDIR);
  fs::remove(Store(Object("text")));
  Write(directory_ / "outside", "text");
  fs::create_symlink(directory_ / "outside", Store(Object("text")));
  constexpr Link hard[] = {Link::kHardlink, Link::kCopy};
  EXPECT_EQ(Place("file", "text", hard), ELOOP);
  EXPECT_EQ(ModeOf(directory_ / "outside") & 0200, 0200u);
  fs::remove(Store(Object("text")));
  ASSERT_EQ(mkfifo(Store(Object("text")).c_str(), 0666), 0);
  EXPECT_EQ(Place("file", "text"), EINVAL);
  EXPECT_FALSE(fs::exists(Work("file")));
}

TEST_F(Batch, AnObjectKnownToBeSoundIsLinkedUnread) {
  constexpr Link hard[] = {Link::kHardlink};
  constexpr Link symbolic[] = {Link::kSymlink};
  // Not what its id says: it would be found out if it were read.
  WriteObject(Store(Object("text")), "TEXT");
  EXPECT_EQ(Place("file", "text", symbolic), kCorrupt);
  EXPECT_EQ(objects_[0].size, -1);
  struct stat stat;
  ASSERT_EQ(lstat(Store(Object("text")).c_str(), &stat), 0);
  const Stat known{.size = stat.st_size,
                   .mtime_ns = stat.st_mtim.tv_sec * 1'000'000'000 + stat.st_mtim.tv_nsec,
                   .ctime_ns = stat.st_ctim.tv_sec * 1'000'000'000 + stat.st_ctim.tv_nsec,
                   .inode = stat.st_ino,
                   .device = stat.st_dev};
  for (int field = 0; field < 5; ++field) {
    objects_[0] = known;
    if (field == 0) ++objects_[0].size;
    if (field == 1) ++objects_[0].mtime_ns;
    if (field == 2) ++objects_[0].ctime_ns;
    if (field == 3) ++objects_[0].inode;
    if (field == 4) ++objects_[0].device;
    EXPECT_EQ(Place("file", "text", symbolic), kCorrupt) << field;
  }
  objects_[0] = known;
  EXPECT_EQ(Place("file", "text"), kCorrupt);  // a copy is always hashed
  objects_[0] = known;
  EXPECT_EQ(Place("file", "text", symbolic), kOk);
  objects_[0] = known;
  EXPECT_EQ(Place("hard", "text", hard), kOk);
  EXPECT_GT(objects_[0].ctime_ns, known.ctime_ns);  // the link has moved it
  EXPECT_EQ(Place("another", "text", hard), kOk);   // and it is known under its new time
  EXPECT_EQ(InodeOf(Work("another")), known.inode);
}

TEST_F(Batch, ManyLinksToOneObjectEndWithOneStat) {
  constexpr Link hard[] = {Link::kHardlink};
  for (const std::string& text : {std::string("text"), Large('l')}) {
    WriteObject(Store(Object(text)), text);
    std::vector<std::string> paths;
    for (int i = 0; i < 100; ++i) paths.push_back(std::to_string(text.size()) + "/" + std::to_string(i));
    Resize(paths.size());
    std::ranges::fill(digests_, DigestOf(text));
    std::ranges::fill(objects_, Stat{});
    PlaceObjects(store_, digests_, work_, paths, {}, hard, stats_, objects_, outcomes_, kThreads, control_);
    EXPECT_EQ(outcomes_, std::vector(100, kOk));
    struct stat stat;
    ASSERT_EQ(lstat(Store(Object(text)).c_str(), &stat), 0);
    const std::int64_t ctime_ns = stat.st_ctim.tv_sec * 1'000'000'000 + stat.st_ctim.tv_nsec;
    for (int i = 0; i < 100; ++i) {
      EXPECT_EQ(stats_[i].ctime_ns, ctime_ns);
      EXPECT_EQ(objects_[i].ctime_ns, ctime_ns);
    }
  }
  EXPECT_EQ(Leftovers(), std::vector<std::string>());
}

TEST_F(Batch, SaysUnderWhichStatANewObjectIsKnown) {
  constexpr Link hard[] = {Link::kHardlink};
  Write(Work("copied"), "copied");
  Write(Work("linked"), Large('l'));
  StoreAll({"copied"});
  EXPECT_EQ(objects_[0].inode, InodeOf(Store(Object("copied"))));
  StoreAll({"copied"});
  EXPECT_EQ(objects_[0].size, -1);  // it was there, and was not read
  StoreAll({"linked"}, hard);
  EXPECT_EQ(objects_[0].inode, InodeOf(Work("linked")));
}

TEST_F(Batch, FindsObjectsThatWereCutOff) {
  WriteObject(Store(Object("text")), "text");
  WriteObject(Store(Object("other")), "");
  const std::vector<Digest> digests = {DigestOf("text"), DigestOf("text"), DigestOf("other"), DigestOf("none")};
  const std::vector<std::int64_t> sizes = {4, -1, 5, -1};
  std::vector<std::uint8_t> present(4);
  PresentInSize(store_, digests, sizes, present, kThreads);
  EXPECT_EQ(present, (std::vector<std::uint8_t>{1, 1, 0, 0}));
}

// ---- between stores

TEST_F(Batch, TransfersObjectsThatAreNotThere) {
  for (const std::string& text : {std::string("small"), Large('l'), std::string()}) {
    WriteObject(Store(Object(text)), text);
    EXPECT_EQ(Transfer(text), kOk);
    EXPECT_EQ(Read(Other(Object(text))), text);
    EXPECT_EQ(ModeOf(Other(Object(text))), 0444u);
  }
  EXPECT_EQ(control_.new_objects, 3u);
  const std::uint64_t inode = InodeOf(Other(Object("small")));
  EXPECT_EQ(Transfer("small"), kOk);
  EXPECT_EQ(InodeOf(Other(Object("small"))), inode);
  EXPECT_EQ(control_.new_objects, 3u);
  WriteObject(Store(Object("[]", ".dir")), "[]");
  EXPECT_EQ(Transfer("[]", ".dir"), kOk);
  EXPECT_TRUE(fs::exists(Other(Object("[]", ".dir"))));
  EXPECT_EQ(Transfer("missing"), ENOENT);
}

TEST_F(Batch, NeverPublishesADamagedObject) {
  for (const std::string& text : {std::string("small"), Large('l')}) {
    WriteObject(Store(Object(text)), text + "!");
    EXPECT_EQ(Transfer(text), kCorrupt);
    EXPECT_FALSE(fs::exists(Other(Object(text))));
  }
  EXPECT_EQ(Leftovers(), std::vector<std::string>());
}

TEST_F(Batch, KnowsWhichObjectsAreThere) {
  std::vector<Digest> digests;
  std::vector<std::uint8_t> expected;
  // Enough of one prefix that its directory is listed, and few of the others.
  for (int i = 0; digests.size() < 200; ++i) {
    const std::string text = std::to_string(i);
    const Digest digest = DigestOf(text);
    if (digest[0] != 7 && i % 97 != 0) continue;
    digests.push_back(digest);
    expected.push_back(i % 2);
    if (i % 2 == 1) WriteObject(Store(Object(text)), text);
  }
  std::vector<std::uint8_t> present(digests.size(), 9);
  PresentObjects(store_, digests, "", present, kThreads);
  EXPECT_EQ(present, expected);
  PresentObjects(store_, digests, ".dir", present, kThreads);
  EXPECT_EQ(present, std::vector<std::uint8_t>(digests.size(), 0));
  PresentObjects(other_, digests, "", present, kThreads);
  EXPECT_EQ(present, std::vector<std::uint8_t>(digests.size(), 0));
}

TEST_F(Batch, KnowsObjectsThatAPowerFailureCutOff) {
  const std::vector<std::string> texts{"whole", "empty", Large('s'), "absent", ""};
  std::vector<Digest> digests;
  for (const std::string& text : texts) {
    digests.push_back(DigestOf(text));
    WriteObject(Other(Object(text)), text);
  }
  WriteObject(Store(Object("whole")), "whole");
  WriteObject(Store(Object("empty")), "");
  WriteObject(Store(Object(Large('s'))), Large('s').substr(0, 4096));
  WriteObject(Store(Object("")), "");
  std::vector<std::uint8_t> present(digests.size(), 9);
  PresentWhole(store_, -1, digests, "", present, kThreads);
  EXPECT_EQ(present, (std::vector<std::uint8_t>{1, 0, 1, 0, 1}));
  PresentWhole(store_, other_, digests, "", present, kThreads);
  EXPECT_EQ(present, (std::vector<std::uint8_t>{1, 0, 0, 0, 1}));
  outcomes_.assign(digests.size(), 9);
  TransferObjects(other_, store_, digests, "", outcomes_, kThreads, control_);
  EXPECT_EQ(outcomes_, std::vector<int>(digests.size(), kOk));
  for (const std::string& text : texts) EXPECT_EQ(Read(Store(Object(text))), text);
}

TEST_F(Batch, VerifiesObjects) {
  WriteObject(Store(Object("good")), "good");
  WriteObject(Store(Object("bad")), "worse");
  WriteObject(Store(Object(Large('l'))), Large('m'));
  const std::vector<Digest> digests = {DigestOf("good"), DigestOf("bad"), DigestOf("missing"), DigestOf(Large('l'))};
  std::vector<int> outcomes(4);
  VerifyObjects(store_, digests, "", outcomes, kThreads, control_);
  EXPECT_EQ(outcomes, (std::vector{kOk, kCorrupt, ENOENT, kCorrupt}));
}

TEST_F(Batch, TakesNothingAtAll) {
  EXPECT_EQ(Hash({}), std::vector<int>());
  EXPECT_EQ(StoreAll({}), std::vector<int>());
  PlaceObjects(store_, {}, work_, {}, {}, kCopyOnly, {}, {}, {}, 0, control_);
  TransferObjects(store_, other_, {}, "", {}, 0, control_);
  PresentWhole(store_, -1, {}, "", {}, 0);
  PresentObjects(store_, {}, "", {}, 0);
  VerifyObjects(store_, {}, "", {}, 0, control_);
}

}  // namespace
}  // namespace tiffin
