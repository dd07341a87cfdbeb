#include "batch/inventory.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>

#include "batch/object.h"
#include "files/fault.h"
#include "tests/scratch.h"

namespace tiffin {
namespace {

namespace fs = std::filesystem;

constexpr int kThreads = 2;
constexpr std::int64_t kAlways = std::numeric_limits<std::int64_t>::max();

Digest Id(unsigned prefix, unsigned number = 0) {
  Digest digest{};
  digest[0] = static_cast<std::uint8_t>(prefix);
  digest[14] = static_cast<std::uint8_t>(number >> 8);
  digest[15] = static_cast<std::uint8_t>(number);
  return digest;
}

class InventoryTest : public Scratch {
 protected:
  void WriteObject(const Digest& id, std::string_view suffix, std::string_view text) const {
    Write(std::string("store/") + ObjectPath(id, suffix).c_str(), text);
  }

  Inventory List() { return ListStore(store_, kThreads, control_); }

  std::vector<int> Remove(const std::vector<Digest>& ids, std::int64_t before_ns, const std::string& suffix = "") {
    std::vector<int> outcomes(ids.size());
    RemoveObjects(store_, ids, suffix, before_ns, outcomes, kThreads, control_);
    return outcomes;
  }

  int store_ = Open("store");
};

std::vector<Digest> IdsOf(const std::vector<Found>& objects) {
  std::vector<Digest> ids;
  for (const Found& object : objects) ids.push_back(object.digest);
  return ids;
}

TEST_F(InventoryTest, OfAnEmptyStoreIsEmpty) {
  const Inventory found = List();
  EXPECT_TRUE(found.files.empty() && found.listings.empty() && found.others.empty());
}

TEST_F(InventoryTest, ListsObjectsInTheOrderOfIdsWithTheirStats) {
  std::vector<Digest> ids;
  for (unsigned prefix = 0; prefix < 256; prefix += 5) {
    for (unsigned number = 0; number < 20; ++number) ids.push_back(Id(prefix, number * 37));
  }
  for (const Digest& id : ids) WriteObject(id, "", "text");
  WriteObject(Id(7), ".dir", "[]");
  const Inventory found = List();
  EXPECT_EQ(IdsOf(found.files), ids);
  EXPECT_EQ(IdsOf(found.listings), std::vector{Id(7)});
  EXPECT_TRUE(std::ranges::all_of(found.files, [](const Found& object) { return object.stat.size == 4; }));
  EXPECT_EQ(found.listings[0].stat.size, 2);
  EXPECT_EQ(control_.files, ids.size() + 1);
}

TEST_F(InventoryTest, KnowsAnObjectByItsNameAlone) {
  const std::string tail(30, '0');
  fs::create_directories(At("store/aa/" + tail));  // whatever it is
  fs::create_symlink("nowhere", At("store/aa/" + tail + ".dir"));
  for (const char* path : {"file", "aa/short", "abc/x", "AA/x"}) Write(std::string("store/") + path, "");
  Write("store/aa/" + std::string(30, 'F'), "upper case");
  Write("store/aa/" + tail + ".tmp", "");
  Write("store/zz/" + tail, "no prefix");
  const Inventory found = List();
  ASSERT_EQ(IdsOf(found.files), std::vector{Id(0xaa)});
  ASSERT_EQ(IdsOf(found.listings), std::vector{Id(0xaa)});
  EXPECT_TRUE(S_ISDIR(found.files[0].stat.mode));
  EXPECT_TRUE(S_ISLNK(found.listings[0].stat.mode));
  EXPECT_EQ(found.others, (std::vector<std::string>{"AA", "aa/" + tail + ".tmp", "aa/" + std::string(30, 'F'),
                                                    "aa/short", "abc", "file", "zz"}));
}

TEST_F(InventoryTest, EndsEarlyWhenItIsStopped) {
  WriteObject(Id(1), "", "text");
  control_.stop = true;
  EXPECT_TRUE(List().files.empty());
}

TEST_F(InventoryTest, TakesOutWhatIsOldEnoughAndTellsOfTheRest) {
  WriteObject(Id(1), "", "text");
  WriteObject(Id(1), ".dir", "[]");
  WriteObject(Id(2), "", "text");
  fs::create_directories(At("store") / ObjectPath(Id(3), "").c_str());
  EXPECT_EQ(Remove({Id(1), Id(2)}, 0), (std::vector{kKept, kKept}));
  EXPECT_EQ(Remove({Id(1), Id(3), Id(4)}, kAlways), (std::vector{kOk, EISDIR, ENOENT}));
  EXPECT_EQ(IdsOf(List().files), (std::vector{Id(2), Id(3)}));
  EXPECT_EQ(Remove({Id(1)}, kAlways, ".dir"), std::vector{kOk});
  EXPECT_TRUE(List().listings.empty());
  EXPECT_TRUE(fs::exists(At("store/01")));
}

TEST_F(InventoryTest, KeepsAnObjectThatChangedAtThatVeryTime) {
  WriteObject(Id(1), "", "text");
  const std::int64_t changed_ns = List().files[0].stat.ctime_ns;
  EXPECT_EQ(Remove({Id(1)}, changed_ns), std::vector{kKept});
  EXPECT_EQ(Remove({Id(1)}, changed_ns + 1), std::vector{kOk});
}

TEST_F(InventoryTest, TakesNothingOutOnceItIsStopped) {
  WriteObject(Id(1), "", "text");
  control_.stop = true;
  EXPECT_EQ(Remove({Id(1)}, kAlways), std::vector{kStopped});
  EXPECT_FALSE(FilesIn("store").empty());
}

TEST_F(InventoryTest, NamesADirectoryThatCannotBeRead) {
  fs::create_symlink(At("elsewhere"), At("store/aa"));  // not followed, and no directory of objects
  Open("elsewhere");
  EXPECT_EQ(List().others, std::vector<std::string>{"aa"});
  if (geteuid() == 0) return;  // who may read everything
  fs::permissions(At("store"), static_cast<fs::perms>(0700));
  Open("store/bb");
  fs::permissions(At("store/bb"), static_cast<fs::perms>(0000));
  EXPECT_THROW(List(), SystemFault);
}

}  // namespace
}  // namespace tiffin
