// Several threads at once at what they share without a lock around it: rows of every kind of table, batches, the pause.
//
// `make native-tsan` runs these under the thread sanitizer.  Floats of rows are added to as atomics here, so that nothing
// but the tables themselves could race.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "engine/batches.h"
#include "engine/pause.h"
#include "params/new_table.h"
#include "scratch.h"

namespace tiffin::learn {
namespace {

using Keys = std::vector<std::uint64_t>;
using Purpose = RowView::Purpose;

constexpr int kThreads = 4;
constexpr int kRounds = 60;
constexpr std::size_t kAtOnce = 300;  // keys of a view
constexpr int kBits = 12;

// Half of the keys are from a few hot ones, the others from many.
Keys SomeKeys(std::mt19937_64& random) {
  Keys keys(kAtOnce);
  for (std::uint64_t& key : keys) key = random() % (random() % 2 == 0 ? 50 : 40'000) * 0x10001;
  return keys;
}

float Value(float& shared) { return std::atomic_ref(shared).load(std::memory_order_relaxed); }

struct Kind {
  const char* name;
  TableSettings table;
  bool keeps_all;  // else keys are let in late, or leave
};

class Tables : public Scratch, public testing::WithParamInterface<Kind> {
 protected:
  Tables() {
    settings_ = GetParam().table;
    settings_.exact.spill = directory_.string();
    table_ = NewTable(2, settings_);
  }

  std::uint64_t NameOf(std::uint64_t key) const { return settings_.is_exact ? key : FixedTable::RowOf(key, kBits); }

  // One row a name: [how often it was met, the name modulo 1000].
  void Learn(RowView& view, const Keys& keys, std::map<std::uint64_t, float>& counts) {
    view.Open(keys, table_->Begin(10), Purpose::kLearn);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      counts[NameOf(keys[i])] += 1;
      float* const row = view.rows()[i];
      if (row == view.absent()) continue;
      std::atomic_ref(row[0]).fetch_add(1.0F, std::memory_order_relaxed);
      std::atomic_ref(row[1]).store(static_cast<float>(NameOf(keys[i]) % 1000), std::memory_order_relaxed);
    }
    view.Close();
  }

  // What a thread has learned itself it finds again, whatever the others do to the table.
  void Look(RowView& view, const Keys& keys, std::map<std::uint64_t, float>& counts) {
    view.Open(keys, 0, Purpose::kScore);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const std::uint64_t name = NameOf(keys[i]);
      const auto learned = counts.find(name);
      const float least = GetParam().keeps_all && learned != counts.end() ? learned->second : 0.0F;
      ASSERT_GE(Value(view.rows()[i][0]), least) << name;
      const float mark = Value(view.rows()[i][1]);
      ASSERT_TRUE(mark == 0 || mark == static_cast<float>(name % 1000)) << mark << " of " << name;
    }
    view.Close();
  }

  void Check(const std::map<std::uint64_t, float>& wanted) const {
    std::map<std::uint64_t, float> found;
    table_->ForEach([&](std::uint64_t name, const float* row, std::uint32_t) {
      if (row[0] == 0) return;
      EXPECT_EQ(row[1], static_cast<float>(name % 1000));
      EXPECT_TRUE(found.emplace(name, row[0]).second) << "twice";
    });
    if (GetParam().keeps_all) {
      EXPECT_EQ(found, wanted);
    } else {
      EXPECT_GE(found.size(), 50U);
      for (const auto& [name, count] : found) EXPECT_LE(count, wanted.at(name));
    }
  }

  TableSettings settings_;
  std::unique_ptr<Table> table_;
};

TEST_P(Tables, AreReadAddedToAndGrowWhileOthersDo) {
  std::vector<std::map<std::uint64_t, float>> counts(kThreads);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const auto view = table_->NewView();
      std::mt19937_64 random(t);
      for (int round = 0; round < kRounds; ++round) {
        const Keys keys = SomeKeys(random);
        Learn(*view, keys, counts[t]);
        Look(*view, round % 2 == 0 ? keys : SomeKeys(random), counts[t]);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  table_->EndPass();
  std::map<std::uint64_t, float> all;
  for (const auto& part : counts) {
    for (const auto& [name, count] : part) all[name] += count;
  }
  Check(all);
}

TEST_P(Tables, AreWrittenDownWhileLearnersPause) {
  Pause pause;
  std::atomic<std::uint64_t> learned{0};
  std::atomic<int> working{kThreads};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const auto view = table_->NewView();
      std::mt19937_64 random(t);
      std::map<std::uint64_t, float> counts;
      for (int round = 0; round < kRounds / 2; ++round) {
        const auto inside = pause.Enter();
        Learn(*view, SomeKeys(random), counts);
        learned += kAtOnce;
      }
      --working;
    });
  }
  do {
    pause.Begin();
    double written = 0;
    table_->ForEach([&](std::uint64_t, const float* row, std::uint32_t) { written += static_cast<double>(row[0]); });
    if (GetParam().keeps_all) {
      EXPECT_EQ(written, static_cast<double>(learned.load()));
    } else {
      EXPECT_LE(written, static_cast<double>(learned.load()));
    }
    pause.End();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  } while (working > 0);
  for (std::thread& thread : threads) thread.join();
}

INSTANTIATE_TEST_SUITE_P(
    All, Tables,
    testing::Values(Kind{"Fixed", {.bits = kBits}, true},  //
                    Kind{"Growing", {.is_exact = true}, true},
                    Kind{"Admitting", {.is_exact = true, .exact = {.admit = 3}}, false},
                    Kind{"Forgetting", {.is_exact = true, .exact = {.ttl = 500}}, false},
                    Kind{"Spilling", {.is_exact = true, .exact = {.memory = 360'000}}, true},
                    Kind{"AllOfIt", {.is_exact = true, .exact = {.admit = 2, .ttl = 500, .memory = 360'000}}, false}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(AdmissionFilter, CountsAndForgetsAsOftenAsItIsToldTo) {
  // Of keys that all threads see at once, those that were enough are enough once in so many sightings.
  constexpr int kKeys = 500;
  AdmissionFilter filter(1 << 16, 4);
  std::atomic<int> admitted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < 2; ++round) {
        for (std::uint64_t key = 0; key < kKeys; ++key) admitted += filter.Admit(Scramble(key)) ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_NEAR(admitted, 2 * kKeys, kKeys / 100);  // a few keys are taken for others
}

// Blocks of rows whose only feature says which they are.
class Counted final : public RowsSource {
 public:
  explicit Counted(std::uint64_t blocks) : blocks_(blocks) {}

  bool Next(Block& block, const std::atomic<bool>&) override {
    block.number = next_.fetch_add(1);
    block.size = 1;
    return block.number < blocks_;
  }
  void Parse(const Block& block, Rows& rows, std::vector<Fault>&) const override {
    for (std::uint64_t row = 0; row < kRows; ++row) {
      rows.Reserve(1, 1);
      rows.Push(block.number * kRows + row, 1.0F);
      rows.EndRow(1.0F);
    }
  }

  static constexpr std::uint64_t kRows = 100;

 private:
  const std::uint64_t blocks_;
  std::atomic<std::uint64_t> next_{0};
};

const BatchOptions kFewAhead = [] {
  BatchOptions options;
  options.rows = 64;
  options.threads = kThreads;
  options.ahead = 4;
  return options;
}();

TEST(Batches, ComeInOrderWhileOthersAskHowFarTheyAre) {
  Counted source(200);
  Batches batches(source, kFewAhead);
  std::atomic<bool> ended{false};
  std::thread asker([&] {
    std::uint64_t before = 0;
    while (!ended) {
      const std::uint64_t now = batches.totals().features;
      EXPECT_GE(now, before);
      EXPECT_TRUE(batches.bad_rows().empty());
      before = now;
    }
  });
  std::uint64_t next = 0;
  while (const auto batch = batches.Next()) {
    for (const std::uint64_t key : batch->keys.span()) ASSERT_EQ(key, next++);
    batches.Wait(std::chrono::milliseconds(1));
  }
  ended = true;
  asker.join();
  EXPECT_EQ(next, 200 * Counted::kRows);
}

TEST(Batches, MayBeClosedBeforeTheEnd) {
  for (int taken = 0; taken < 10; ++taken) {
    Counted source(200);
    Batches batches(source, kFewAhead);
    for (int i = 0; i < taken; ++i) ASSERT_NE(batches.Next(), nullptr);
    batches.Close();
    EXPECT_EQ(batches.Next(), nullptr);
  }
}

}  // namespace
}  // namespace tiffin::learn
