#include "batch/legacy.h"

#include <algorithm>
#include <cerrno>

#include "batch/object.h"
#include "hash/legacy.h"
#include "tests/scratch.h"

namespace tiffin {
namespace {

namespace fs = std::filesystem;

constexpr int kThreads = 2;
constexpr Link kCopyOnly[] = {Link::kCopy};

Digest DigestOf(std::string_view text) {
  Md5 md5;
  md5.Update(std::as_bytes(std::span(text)));
  return md5.Finish();
}

std::string ObjectAt(const Digest& id) { return std::string("store/") + ObjectPath(id, "").c_str(); }

bool IsText(std::string_view text) { return IsLegacyText(std::as_bytes(std::span(text))); }

class Legacy : public Scratch {
 protected:
  Digest Hash(const std::string& path) {
    Digest digest{};
    Stat stat;
    int outcome = kStopped;
    HashLegacy(work_, {&path, 1}, {&digest, 1}, {&stat, 1}, {&outcome, 1}, kThreads, control_);
    EXPECT_EQ(outcome, kOk);
    EXPECT_EQ(stat.size, static_cast<std::int64_t>(fs::file_size(At("work/" + path))));
    return digest;
  }

  int Store(const std::string& path, const Digest& id) {
    int outcome = kStopped;
    StoreLegacy(work_, {&path, 1}, store_, {&id, 1}, {&outcome, 1}, kThreads, control_);
    return outcome;
  }

  int Place(const Digest& id, const std::string& path, std::span<const Link> links = kCopyOnly,
            bool executable = false) {
    int outcome = kStopped;
    Stat stat;
    const std::uint8_t flag = executable;
    PlaceLegacy(store_, {&id, 1}, work_, {&path, 1}, {&flag, 1}, links, {&stat, 1}, {&outcome, 1}, kThreads, control_);
    return outcome;
  }

  int Transfer(const Digest& id) {
    int outcome = kStopped;
    TransferLegacy(store_, other_, {&id, 1}, {&outcome, 1}, kThreads, control_);
    return outcome;
  }

  int work_ = Open("work");
  int store_ = Open("store");
  int other_ = Open("other");
};

TEST(LegacyText, HasNoNulAndFewStrangeBytesAtItsBeginning) {
  EXPECT_TRUE(IsText(""));
  EXPECT_TRUE(IsText("line\r\n\t\f\b"));
  EXPECT_FALSE(IsText(std::string_view("a\0b", 3)));
  EXPECT_TRUE(IsText("1234567\x80\x80\x80"));
  EXPECT_FALSE(IsText("123456\x80\x80\x80\x80"));
  EXPECT_TRUE(IsText(std::string(512, 'a') + std::string(100, '\0')));
}

TEST_F(Legacy, IdsLookThroughTheLineEndsOfText) {
  Write("work/unix", "one\ntwo\n");
  Write("work/dos", "one\r\ntwo\r\n");
  Write("work/lone", "one\rtwo\r");
  Write("work/binary", std::string_view("\0one\r\n", 6));
  EXPECT_EQ(Hash("unix"), DigestOf("one\ntwo\n"));
  EXPECT_EQ(Hash("dos"), DigestOf("one\ntwo\n"));
  EXPECT_EQ(Hash("lone"), DigestOf("one\rtwo\r"));
  EXPECT_EQ(Hash("binary"), DigestOf(std::string_view("\0one\r\n", 6)));
}

TEST_F(Legacy, PiecesAreJudgedEachByItself) {
  const std::string piece(kLegacyPiece - 1, 'x');
  Write("work/across", piece + "\r\nend");
  EXPECT_EQ(Hash("across"), DigestOf(piece + "\r\nend"));
  Write("work/within", piece + "x" + "a\r\nb");
  EXPECT_EQ(Hash("within"), DigestOf(piece + "x" + "a\nb"));
  Write("work/mixed", piece + "x" + std::string("\0\r\n", 3));
  EXPECT_EQ(Hash("mixed"), DigestOf(piece + "x" + std::string("\0\r\n", 3)));
}

TEST_F(Legacy, AnObjectHasTheBytesThatWereNotChangedForItsId) {
  Write("work/dos", "one\r\n");
  const Digest id = DigestOf("one\n");
  EXPECT_EQ(Store("dos", id), kOk);
  EXPECT_EQ(Read(ObjectAt(id)), "one\r\n");
  EXPECT_EQ(fs::status(At(ObjectAt(id))).permissions(), static_cast<fs::perms>(0444));
  EXPECT_EQ(control_.new_objects, 1u);
  EXPECT_EQ(Store("dos", id), kOk);
  EXPECT_EQ(control_.new_objects, 1u);
}

TEST_F(Legacy, AFileWithAnotherIdByNowIsNotStored) {
  Write("work/file", "new");
  EXPECT_EQ(Store("file", DigestOf("old")), kChangedMeanwhile);
  EXPECT_EQ(Store("gone", DigestOf("old")), ENOENT);
  EXPECT_EQ(Store(".", DigestOf("old")), EINVAL);
  EXPECT_TRUE(FilesIn("store").empty());
}

TEST_F(Legacy, WhatIsPlacedIsAsItWasStoredByEveryLink) {
  const Digest id = DigestOf("one\n");
  Write(ObjectAt(id), "one\r\n");
  for (const Link link : {Link::kCopy, Link::kReflink, Link::kHardlink, Link::kSymlink}) {
    const Link links[] = {link, Link::kCopy};
    const std::string path = "deep/" + std::to_string(static_cast<int>(link));
    EXPECT_EQ(Place(id, path, links, true), kOk);
    EXPECT_EQ(Read("work/" + path), "one\r\n");
    EXPECT_EQ(fs::is_symlink(At("work/" + path)), link == Link::kSymlink);
    EXPECT_EQ(fs::equivalent(At("work/" + path), At(ObjectAt(id))), link == Link::kHardlink || link == Link::kSymlink);
  }
  EXPECT_EQ(access(At("work/deep/3").c_str(), X_OK), 0);
  // A program can reach it now.
  EXPECT_EQ(fs::status(At(ObjectAt(id))).permissions(), static_cast<fs::perms>(0444));
}

TEST_F(Legacy, ADamagedObjectReachesNoWorkspaceAndNoStore) {
  const Digest id = DigestOf("sound");
  Write(ObjectAt(id), "damaged");
  Write("work/file", "before");
  for (const Link link : {Link::kCopy, Link::kReflink, Link::kHardlink, Link::kSymlink}) {
    const Link links[] = {link, Link::kCopy};
    EXPECT_EQ(Place(id, "file", links), kCorrupt);
  }
  EXPECT_EQ(Read("work/file"), "before");
  EXPECT_EQ(FilesIn("work"), std::vector<std::string>{"file"});
  EXPECT_EQ(Transfer(id), kCorrupt);
  EXPECT_TRUE(FilesIn("other").empty());
}

TEST_F(Legacy, ATransferCopiesWhatIsThere) {
  const Digest id = DigestOf("one\n");
  Write(ObjectAt(id), "one\r\n");
  EXPECT_EQ(Transfer(id), kOk);
  EXPECT_EQ(Read(std::string("other/") + ObjectPath(id, "").c_str()), "one\r\n");
  EXPECT_EQ(Transfer(DigestOf("absent")), ENOENT);
}

TEST_F(Legacy, NothingIsDoneOnceItIsStopped) {
  Write("work/file", "text");
  control_.stop = true;
  EXPECT_EQ(Store("file", DigestOf("text")), kStopped);
  EXPECT_TRUE(FilesIn("store").empty());
}

TEST_F(Legacy, ManyFilesAreEachDoneOnce) {
  std::vector<std::string> paths;
  for (int number = 0; number < 500; ++number) {
    paths.push_back("d" + std::to_string(number % 7) + "/" + std::to_string(number));
    Write("work/" + paths.back(), std::to_string(number) + "\r\n");
  }
  std::vector<Digest> digests(paths.size());
  std::vector<Stat> stats(paths.size());
  std::vector<int> outcomes(paths.size());
  HashLegacy(work_, paths, digests, stats, outcomes, 3, control_);
  EXPECT_TRUE(std::ranges::all_of(outcomes, [](int outcome) { return outcome == kOk; }));
  EXPECT_EQ(control_.files, paths.size());
  for (int number = 0; number < 500; ++number) {
    EXPECT_EQ(digests[static_cast<std::size_t>(number)], DigestOf(std::to_string(number) + "\n"));
  }
}

}  // namespace
}  // namespace tiffin
