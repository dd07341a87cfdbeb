#include "batch/copies.h"

#include <sys/stat.h>

#include <cerrno>

#include "batch/batch.h"
#include "tests/scratch.h"

namespace tiffin {
namespace {

namespace fs = std::filesystem;

constexpr int kThreads = 2;

// A workspace, whose files may be links into a store, and a place to copy to.
class Copies : public Scratch {
 protected:
  // A file of the workspace that is another name of an object.
  fs::path Link(const std::string& name, std::string_view text) const {
    const fs::path object = Write("store/" + name, text);
    fs::permissions(object, static_cast<fs::perms>(0444));
    fs::create_hard_link(object, At("work/" + name));
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

  int work_ = Open("work");
  int to_ = Open("to");
};

TEST_F(Copies, HaveTheBytesAndFoldersOfTheirOwn) {
  const std::string large(1'000'003, 'x');
  Write("work/a", "text");
  Write("work/deep/er/large", large);
  Write("work/empty", "");
  EXPECT_EQ(Copy({"a", "deep/er/large", "empty"}), (std::vector{kOk, kOk, kOk}));
  EXPECT_EQ(Read("to/a"), "text");
  EXPECT_EQ(Read("to/deep/er/large"), large);
  EXPECT_EQ(fs::file_size(At("to/empty")), 0u);
  EXPECT_EQ(control_.files, 3u);
}

TEST_F(Copies, TellWhatCannotBeCopiedAndLeaveNothingOfIt) {
  Open("work/folder");
  Write("work/a", "new");
  Write("to/a", "old");
  EXPECT_EQ(Copy({"a", "folder", "gone"}), (std::vector{EEXIST, EINVAL, ENOENT}));
  EXPECT_EQ(Read("to/a"), "old");
  EXPECT_EQ(FilesIn("to"), std::vector<std::string>{"a"});
}

TEST_F(Copies, StopBeforeTheNextFile) {
  Write("work/a", "text");
  control_.stop = true;
  EXPECT_EQ(Copy({"a"}), std::vector{kStopped});
  EXPECT_TRUE(FilesIn("to").empty());
}

TEST_F(Copies, TakeThePlaceOfLinksAndLeaveTheObjectsAlone) {
  const fs::path object = Link("hard", "text");
  fs::create_symlink(object, At("work/soft"));
  Write("work/own", "text");
  EXPECT_EQ(Own({"hard", "own", "soft"}, Right::kWrite), (std::vector{kOk, kOk, kOk}));
  EXPECT_FALSE(fs::is_symlink(At("work/soft")));
  for (const char* path : {"work/hard", "work/soft"}) Write(path, "changed");
  EXPECT_EQ(Read("store/hard"), "text");
  EXPECT_EQ(fs::hard_link_count(object), 1u);
}

TEST_F(Copies, AreAllMadeBeforeAnyLinkGoes) {
  const fs::path object = Link("hard", "text");
  EXPECT_EQ(Own({"gone", "hard"}, Right::kWrite), (std::vector{ENOENT, kOk}));
  EXPECT_TRUE(fs::equivalent(object, At("work/hard")));
  EXPECT_EQ(FilesIn("work"), std::vector<std::string>{"hard"});
  control_.stop = true;
  EXPECT_EQ(Own({"hard"}, Right::kWrite), std::vector{kStopped});
  EXPECT_TRUE(fs::equivalent(object, At("work/hard")));
}

TEST_F(Copies, MayBeExecutedByWhoeverMayReadThem) {
  Link("hard", "text");
  fs::permissions(Write("work/own", "text"), static_cast<fs::perms>(0640));
  Own({"hard", "own"}, Right::kExecute);
  EXPECT_EQ(fs::status(At("work/own")).permissions(), static_cast<fs::perms>(0750));
  EXPECT_EQ(access(At("work/hard").c_str(), X_OK), 0);
  EXPECT_EQ(access(At("store/hard").c_str(), X_OK), -1);
  Own({"hard", "own"}, Right::kNoExecute);
  EXPECT_EQ(fs::status(At("work/own")).permissions(), static_cast<fs::perms>(0640));
  EXPECT_EQ(access(At("work/hard").c_str(), X_OK), -1);
}

}  // namespace
}  // namespace tiffin
