#include "params/exact_table.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "files/fault.h"
#include "scratch.h"

namespace tiffin::learn {
namespace {

using Keys = std::vector<std::uint64_t>;
using Purpose = RowView::Purpose;

// Half of the keys are from a few hot ones, the others from many.
Keys SomeKeys(std::mt19937_64& random, std::size_t count, std::uint64_t most) {
  Keys keys(count);
  for (std::uint64_t& key : keys) key = random() % (random() % 2 == 0 ? 50 : most) * 0x10001;
  return keys;
}

std::map<std::uint64_t, float> Contents(const Table& table) {
  std::map<std::uint64_t, float> found;
  std::uint64_t before = 0;
  table.ForEach([&](std::uint64_t key, const float* row, std::uint32_t) {
    EXPECT_TRUE(found.empty() || Scramble(key) > before) << "out of order";
    before = Scramble(key);
    found[key] = row[0];
    EXPECT_EQ(row[1], static_cast<float>(key % 1000));
  });
  return found;
}

// What is expected of a table whose rows count how often their keys were met.
class Twin {
 public:
  explicit Twin(ExactTable& table) : table_(table), view_(table.NewView()) {}

  void Learn(const Keys& keys, std::size_t examples = 1) {
    view_->Open(keys, table_.Begin(examples), Purpose::kLearn);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      float* const row = view_->rows()[i];
      ASSERT_NE(row, view_->absent());
      ASSERT_EQ(row[0], counts[keys[i]]) << keys[i];
      row[0] += 1;
      row[1] = static_cast<float>(keys[i] % 1000);
      counts[keys[i]] += 1;
    }
    view_->Close();
  }
  void Check() {
    EXPECT_EQ(Contents(table_), counts);
    Keys keys;
    for (const auto& [key, count] : counts) keys.push_back(key);
    keys.push_back(0xABCDEF0123456789);
    view_->Open(keys, 0, Purpose::kScore);
    for (std::size_t i = 0; i + 1 < keys.size(); ++i) ASSERT_EQ(view_->rows()[i][0], counts[keys[i]]);
    EXPECT_EQ(view_->rows()[keys.size() - 1], view_->absent());
    EXPECT_TRUE(view_->has_absent());
    EXPECT_EQ(view_->absent()[0], 0.0F);
    view_->Close();
  }

  std::map<std::uint64_t, float> counts;

 private:
  ExactTable& table_;
  std::unique_ptr<RowView> view_;
};

class ExactTableTest : public Scratch {
 protected:
  // Room for about so many rows of three floats.
  ExactSettings Budget(std::size_t rows) {
    return {.memory = rows * 60, .spill = directory_.string()};
  }
};

TEST_F(ExactTableTest, GrowsAndKeepsEveryRow) {
  ExactTable table(3, {});
  Twin twin(table);
  std::mt19937_64 random(1);
  const float* const first = [&] {
    twin.Learn({7});
    const auto view = table.NewView();
    view->Open(Keys{7}, 0, Purpose::kScore);
    return view->rows()[0];
  }();
  for (int round = 0; round < 100; ++round) twin.Learn(SomeKeys(random, 1000, 1 << 20));
  twin.Check();
  EXPECT_EQ(table.size(), twin.counts.size());
  EXPECT_GT(table.size(), 40'000U);
  const auto view = table.NewView();
  view->Open(Keys{7}, 0, Purpose::kScore);
  EXPECT_EQ(view->rows()[0], first) << "rows do not move";
}

TEST_F(ExactTableTest, KeepsWhatMemoryHasNoRoomForOnDisk) {
  ExactTable table(3, Budget(2'000));
  Twin twin(table);
  std::mt19937_64 random(2);
  ASSERT_GE(table.most_rows(), 1'600U);
  for (int round = 0; round < 100; ++round) {
    twin.Learn(SomeKeys(random, 500, 20'000));
    ASSERT_LE(table.size(), table.most_rows() + 2);
    if (round == 50) twin.Check();
  }
  twin.Check();
  EXPECT_GT(twin.counts.size(), 4 * table.most_rows());
  EXPECT_TRUE(FilesIn("").empty()) << "its files have no names";
}

TEST_F(ExactTableTest, OfRowsThatWereSeenAtOnceThoseThatLeaveAreSpreadEvenly) {
  // Were they taken from one end of the index, the other one would overflow.
  ExactTable table(3, Budget(40'000));
  const auto view = table.NewView();
  Keys keys(1'000);
  for (std::uint64_t first = 0; first < 400'000; first += keys.size()) {
    std::iota(keys.begin(), keys.end(), first);
    view->Open(keys, 0, Purpose::kLearn);
    for (std::size_t i = 0; i < keys.size(); ++i) view->rows()[i][0] = static_cast<float>(keys[i]);
    view->Close();
  }
  std::size_t found = 0;
  table.ForEach([&](std::uint64_t key, const float* row, std::uint32_t) {
    EXPECT_EQ(row[0], static_cast<float>(key));
    ++found;
  });
  EXPECT_EQ(found, 400'000U);
}

TEST_F(ExactTableTest, ADiskThatIsNotThereChangesNothing) {
  ExactSettings settings = Budget(2'000);
  settings.spill = At("nowhere").string();
  ExactTable table(3, settings);
  Twin twin(table);
  std::mt19937_64 random(3);
  Keys keys(100);
  std::uint64_t next = 0;
  const auto fill = [&] {
    for (int round = 0; round < 100; ++round) {
      for (std::uint64_t& key : keys) key = next++;
      twin.Learn(keys);
    }
  };
  try {
    fill();
    FAIL() << "there was room";
  } catch (const SystemFault& fault) {
    EXPECT_EQ(fault.error, ENOENT);
    EXPECT_EQ(fault.path, settings.spill);
  }
  next -= keys.size();  // nothing was learned from these
  twin.Check();
  std::filesystem::create_directory(settings.spill);
  fill();
  twin.Check();
  // What is open stays readable when the directory vanishes.
  std::filesystem::remove(settings.spill);
  twin.Check();
}

TEST_F(ExactTableTest, AFullDiskChangesNothing) {
  ExactTable table(3, Budget(20'000));
  Twin twin(table);
  Keys keys(100);
  std::uint64_t next = 0;
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 50'000, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const auto fill = [&] {
    for (int round = 0; round < 500; ++round) {
      for (std::uint64_t& key : keys) key = next++;
      twin.Learn(keys);
    }
  };
  EXPECT_THROW(fill(), SystemFault);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  next -= keys.size();
  twin.Check();
  fill();
  twin.Check();
}

TEST_F(ExactTableTest, ABudgetForLessThanOneViewIsRefused) {
  ExactTable table(3, Budget(1'000));
  Keys keys(10'000);
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = i;
  const auto view = table.NewView();
  EXPECT_THROW(view->Open(keys, 0, Purpose::kLearn), std::bad_alloc);
}

TEST_F(ExactTableTest, KeysAreAdmittedWhenTheyWereSeenOftenEnough) {
  for (const int admit : {2, 3, 15}) {
    ExactTable table(3, {.admit = admit});
    const auto view = table.NewView();
    std::map<std::uint64_t, int> seen;
    std::mt19937_64 random(4);
    for (int round = 0; round < 200; ++round) {
      const Keys keys = SomeKeys(random, 100, 2'000);
      view->Open(keys, 0, Purpose::kLearn);
      bool any_absent = false;
      for (std::size_t i = 0; i < keys.size(); ++i) {
        const bool is_absent = ++seen[keys[i]] < admit;
        ASSERT_EQ(view->rows()[i] == view->absent(), is_absent) << keys[i] << ' ' << seen[keys[i]];
        any_absent |= is_absent;
      }
      EXPECT_EQ(view->has_absent(), any_absent);
      view->Close();
      view->Open(keys, 0, Purpose::kScore);  // which is no sighting
      view->Close();
    }
  }
}

TEST_F(ExactTableTest, SightingsAreForgottenInTime) {
  AdmissionFilter filter(5 * 2 * 1024, 2);  // parts of 1024 keys
  EXPECT_FALSE(filter.Admit(Scramble(1)));
  std::uint64_t next = 1000;
  const auto pass_by = [&](std::size_t keys) {
    for (std::size_t i = 0; i < keys; ++i) {
      if (filter.full()) filter.Forget();
      filter.Admit(Scramble(next++));
    }
  };
  pass_by(1000);
  EXPECT_TRUE(filter.Admit(Scramble(1))) << "it was seen before";
  EXPECT_FALSE(filter.Admit(Scramble(1))) << "counted anew";
  pass_by(5000);
  EXPECT_FALSE(filter.Admit(Scramble(1))) << "long ago";
}

TEST_F(ExactTableTest, RowsThatWereNotSeenForLongLeave) {
  for (const bool spills : {false, true}) {
    ExactSettings settings = spills ? Budget(150) : ExactSettings{};
    settings.ttl = 1000;
    ExactTable table(3, settings);
    Twin twin(table);
    std::map<std::uint64_t, std::size_t> seen;
    std::size_t now = 0;
    for (std::uint64_t key = 0; now < 20'000; ++key) {
      // A view is of ten examples.
      const Keys keys = {key, key + 1'000'000, 42};
      twin.Learn(keys, 10);
      for (const std::uint64_t each : keys) seen[each] = now;
      now += 10;
    }
    table.EndPass();
    for (const auto& [key, when] : seen) {
      if (now - when > 1000) twin.counts.erase(key);
    }
    EXPECT_EQ(twin.counts.size(), 201U);
    twin.Check();
    EXPECT_LE(table.size(), 201U);
    twin.counts.erase(0);
    twin.Learn({0});  // as one that was never there
  }
}

TEST_F(ExactTableTest, RowsThatLeftDoNotComeBackWhenTheClockHasGoneRound) {
  ExactSettings settings = Budget(150);
  settings.ttl = 1 << 30;
  ExactTable table(3, settings);
  Twin twin(table);
  for (std::uint64_t key = 0; key < 1'000; ++key) twin.Learn({key});
  twin.Check();
  // By 2^27 examples at a time, to where the ages of these rows are negative numbers of 32 bits.
  for (int round = 0; round < 20; ++round) table.Begin(std::size_t{1} << 27);
  twin.counts.clear();
  EXPECT_EQ(Contents(table), twin.counts);
  twin.Learn({3, 999});
  twin.Check();
}

TEST_F(ExactTableTest, AllRowsThatTheIndexHasRoomForAreThere) {
  // 8191 rows of 4 KB, of which 8192 are in a slab, one of them of no key; the index rounds up to 8193.
  ExactTable table(1024, {.memory = 44'980'400, .spill = directory_.string()});
  ASSERT_EQ(table.most_rows(), 8191U);
  for (std::uint64_t key = 0; key < 8193; ++key) table.Place(key, 0)[0] = static_cast<float>(key);
  std::size_t count = 0;
  table.ForEach([&](std::uint64_t key, const float* row, std::uint32_t) {
    EXPECT_EQ(row[0], static_cast<float>(key));
    ++count;
  });
  EXPECT_EQ(count, 8193U);
}

TEST_F(ExactTableTest, AnyBudgetIsABound) {
  EXPECT_EQ(ExactTable(3, {.memory = 1, .spill = directory_.string()}).most_rows(), 1U);
}

TEST_F(ExactTableTest, RowsOnDiskFadeAsThoseInMemory) {
  const Fade halve = [](float* row) { row[0] *= 0.5F; };
  ExactTable small(3, Budget(500), halve);
  ExactTable large(3, {}, halve);
  std::mt19937_64 random(5);
  const auto small_view = small.NewView();
  const auto large_view = large.NewView();
  for (int pass = 0; pass < 4; ++pass) {
    for (int round = 0; round < 20; ++round) {
      const Keys keys = SomeKeys(random, 100, 4'000);
      for (RowView* const view : {small_view.get(), large_view.get()}) {
        view->Open(keys, 0, Purpose::kLearn);
        for (std::size_t i = 0; i < keys.size(); ++i) {
          view->rows()[i][0] += 1;
          view->rows()[i][1] = static_cast<float>(keys[i] % 1000);
        }
        view->Close();
      }
    }
    small.EndPass();
    large.EndPass();
    EXPECT_EQ(Contents(small), Contents(large));
  }
}

TEST_F(ExactTableTest, IsFilledFromWhatForEachGave) {
  for (const bool spills : {false, true}) {
    ExactTable table(3, {});
    Twin twin(table);
    std::mt19937_64 random(6);
    for (int round = 0; round < 20; ++round) twin.Learn(SomeKeys(random, 500, 50'000));
    ExactTable other(3, spills ? Budget(1'000) : ExactSettings{});
    other.Fill(table, twin.counts.size());
    EXPECT_EQ(Contents(other), twin.counts);
    const auto views = std::array{table.NewView(), other.NewView()};
    for (int round = 0; round < 60; ++round) {  // it evicts and merges what it was filled with
      const Keys keys = SomeKeys(random, 60, 50'000);
      for (const auto& view : views) {
        view->Open(keys, 0, RowView::Purpose::kLearn);
        for (std::size_t i = 0; i < keys.size(); ++i) {
          view->rows()[i][0] += 1;
          view->rows()[i][1] = static_cast<float>(keys[i] % 1000);
        }
        view->Close();
      }
    }
    EXPECT_EQ(Contents(other), Contents(table));
  }
}

// Rows come in the order of the index, and would all crowd its begin if it grew on the way: with a million this took an hour.
TEST_F(ExactTableTest, ManyRowsAreFilledInAsQuicklyAsFew) {
  constexpr std::uint64_t kRows = 1'000'000;
  ExactTable table(1, {});
  const auto view = table.NewView();
  Keys keys(kRows);
  for (std::uint64_t key = 0; key < kRows; ++key) keys[key] = key;
  view->Open(keys, 0, RowView::Purpose::kLearn);
  for (std::size_t i = 0; i < keys.size(); ++i) view->rows()[i][0] = 1;
  view->Close();
  for (const ExactSettings& settings : {ExactSettings{}, ExactSettings{.memory = 4 << 20, .spill = directory_.string()}}) {
    ExactTable other(1, settings);
    other.Fill(table, kRows);
    std::size_t count = 0;
    other.ForEach([&](std::uint64_t, const float*, std::uint32_t) { ++count; });
    EXPECT_EQ(count, kRows);
  }
}

TEST_F(ExactTableTest, ThreadsShareIt) {
  for (const bool spills : {false, true}) {
    ExactTable table(3, spills ? Budget(6'000) : ExactSettings{});
    constexpr int kThreads = 4;
    std::vector<std::map<std::uint64_t, float>> counts(kThreads);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        const auto view = table.NewView();
        std::mt19937_64 random(static_cast<unsigned>(t));
        for (int round = 0; round < 60; ++round) {
          const Keys keys = SomeKeys(random, 1000, 40'000);
          view->Open(keys, 0, Purpose::kLearn);
          for (std::size_t i = 0; i < keys.size(); ++i) {
            float* const row = view->rows()[i];
            std::atomic_ref(row[0]).fetch_add(1.0F, std::memory_order_relaxed);
            std::atomic_ref(row[1]).store(static_cast<float>(keys[i] % 1000), std::memory_order_relaxed);
            counts[static_cast<std::size_t>(t)][keys[i]] += 1;
          }
          view->Close();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    std::map<std::uint64_t, float> all;
    for (const auto& part : counts) {
      for (const auto& [key, count] : part) all[key] += count;
    }
    EXPECT_EQ(Contents(table), all);
  }
}

TEST(Spill, MergesSegmentsAndTheNewestRowCounts) {
  Spill spill("/tmp", 4, 1 << 16);
  std::map<std::uint64_t, float> wanted;
  std::mt19937_64 random(7);
  for (int round = 0; round < 40; ++round) {
    std::map<std::uint64_t, std::uint64_t> chosen;  // by scrambled key
    for (int i = 0; i < 300; ++i) {
      const std::uint64_t key = random() % 3'000;
      chosen[Scramble(key)] = key;
    }
    auto next = chosen.begin();
    float floats[4] = {static_cast<float>(round), 1, 2, 3};
    spill.Add(chosen.size(), [&](SpilledRow& row) {
      if (next == chosen.end()) return false;
      wanted[next->second] = static_cast<float>(round);
      row = {(next++)->second, static_cast<std::uint32_t>(round), 0, floats};
      return true;
    });
    spill.Merge([](const SpilledRow&) { return true; });
    ASSERT_LT(spill.segments(), 12U);
  }
  std::map<std::uint64_t, float> found;
  SpilledRow row;
  for (Spill::Cursor cursor(spill); cursor.Next(row);) {
    EXPECT_TRUE(found.emplace(row.key, row.floats[0]).second) << "twice";
  }
  EXPECT_EQ(found, wanted);
  Keys keys;
  for (std::uint64_t key = 0; key < 6'000; ++key) keys.push_back(key);
  std::ranges::sort(keys, {}, Scramble);
  FetchedRows fetched;
  spill.Fetch(keys, fetched, [](const SpilledRow&) { return true; });
  EXPECT_EQ(fetched.size(), wanted.size());
  for (const auto& [key, value] : wanted) {
    ASSERT_TRUE(fetched.Find(key, row));
    EXPECT_EQ(row.floats[0], value);
  }
}

// Has the system forget what it has in memory of all files without a name that this process has open in a directory.
void DropFromMemory(const std::string& directory) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const std::string path = std::filesystem::read_symlink(entry.path(), gone).string();
    if (!path.starts_with(directory) || !path.ends_with("(deleted)")) continue;
    const int file = std::stoi(entry.path().filename().string());
    fsync(file);
    posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  }
}

TEST(Spill, RowsAreFoundWhetherTheDiskHasToBeWaitedForOrNot) {
  if (!std::filesystem::exists("/proc/self/fd")) GTEST_SKIP() << "the files of a process have no names here";
  Spill spill("/tmp", 4, 1 << 20);
  Keys keys;
  for (std::uint64_t key = 0; key < 40'000; ++key) keys.push_back(key);
  std::ranges::sort(keys, {}, Scramble);
  std::size_t next = 0;
  float floats[4] = {};
  spill.Add(keys.size() / 2, [&](SpilledRow& row) {
    if (next == keys.size()) return false;
    floats[0] = static_cast<float>(keys[next]);
    row = {keys[next], 1, 0, floats};
    next += 2;
    return true;
  });
  DropFromMemory("/tmp");
  for (int again = 0; again < 2; ++again) {
    FetchedRows fetched;
    spill.Fetch(keys, fetched, [](const SpilledRow&) { return true; });
    EXPECT_EQ(fetched.size(), keys.size() / 2);
    SpilledRow row;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      ASSERT_EQ(fetched.Find(keys[i], row), i % 2 == 0);
      if (i % 2 == 0) {
        ASSERT_EQ(row.floats[0], static_cast<float>(keys[i]));
      }
    }
  }
}

TEST(Bloom, AHalvedFilterForgetsNothingAndIsWrongAsOftenAsItSays) {
  constexpr std::size_t kKeys = 20'000;
  Bloom filter(Bloom::SizeFor(kKeys, 12));
  for (std::uint64_t key = 0; key < kKeys; ++key) filter.Add(Scramble(key));
  for (; Bloom::CanHalve(filter.bytes()); filter.Halve()) {
    std::size_t wrong = 0;
    for (std::uint64_t key = 0; key < kKeys; ++key) {
      ASSERT_TRUE(filter.MayHave(Scramble(key)));
      wrong += filter.MayHave(Scramble(kKeys + key));
    }
    EXPECT_NEAR(static_cast<double>(wrong) / kKeys, Bloom::FalseYes(filter.bytes(), kKeys), 0.06) << filter.bytes();
  }
  EXPECT_TRUE(Bloom().MayHave(1)) << "of what nothing is known";
}

}  // namespace
}  // namespace tiffin::learn
