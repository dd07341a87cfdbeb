// Every kernel learns the same from every table, in place and from staged copies.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <map>
#include <random>
#include <vector>

#include "engine/learner.h"
#include "rows/key.h"

namespace tiffin::learn {
namespace {

constexpr std::uint32_t kFields = 4;
constexpr int kBits = 16;

// Keys that share no row of a fixed table, by the row.
const std::map<std::uint64_t, std::uint64_t>& KeysByRow() {
  static const auto keys = [] {
    std::map<std::uint64_t, std::uint64_t> found;
    for (std::uint64_t id = 0; found.size() < 6'000; ++id) {
      const std::uint64_t key = Key(id % kFields, id);
      found.emplace(FixedTable::RowOf(key, kBits), key);
    }
    return found;
  }();
  return keys;
}

// Examples that follow a hidden rule, in blocks.
class MadeRows final : public RowsSource {
 public:
  MadeRows(std::size_t blocks, std::size_t examples) : blocks_(blocks), examples_(examples) {}

  bool Next(Block& block, const std::atomic<bool>&) override {
    block.number = next_.fetch_add(1);
    block.size = 0;
    return block.number < blocks_;
  }
  void Parse(const Block& block, Rows& rows, std::vector<Fault>&) const override {
    std::vector<std::uint64_t> keys;
    for (const auto& [row, key] : KeysByRow()) keys.push_back(key);
    std::mt19937_64 random(block.number);
    for (std::size_t i = 0; i < examples_; ++i) {
      const std::size_t features = random() % 9;
      rows.Reserve(1, features);
      int score = 0;
      for (std::size_t f = 0; f < features; ++f) {
        const std::uint64_t key = keys[random() % (random() % 2 == 0 ? 8 : keys.size())];
        score += key % 3 == 0 ? 2 : -1;
        rows.Push(key, random() % 4 == 0 ? 0.5F : 1.0F);
      }
      rows.EndRow(score + static_cast<int>(random() % 3) > 0 ? 1.0F : 0.0F);
    }
  }

 private:
  const std::size_t blocks_;
  const std::size_t examples_;
  std::atomic<std::uint64_t> next_{0};
};

using Contents = std::map<std::uint64_t, std::vector<float>>;

// What a table holds, by key.
Contents ContentsOf(const Learner& learner) {
  Contents found;
  learner.table().ForEach([&](std::uint64_t name, const float* row, std::uint32_t) {
    const std::uint64_t key = learner.is_exact() ? name : KeysByRow().at(name);
    std::vector<float> floats(row, row + learner.table().row_floats());
    bool is_used = false;
    for (const float value : floats) is_used |= value != 0;
    if (is_used) found[key] = std::move(floats);  // a fixed table does not know which of its zeros are rows
  });
  return found;
}

bool SameBits(const Contents& one, const Contents& other) {
  if (one.size() != other.size()) return false;
  for (auto a = one.begin(), b = other.begin(); a != one.end(); ++a, ++b) {
    if (a->first != b->first || std::memcmp(a->second.data(), b->second.data(), a->second.size() * sizeof(float)) != 0) {
      return false;
    }
  }
  return true;
}

struct Case {
  ScoreKind score;
  OptimizerKind optimizer;
  float l1;
};

class Views : public testing::TestWithParam<Case> {
 protected:
  ModelSettings Settings(int size) const {
    ModelSettings settings;
    settings.score = GetParam().score;
    settings.size = settings.score == ScoreKind::kLinear ? 0 : size;
    settings.fields = settings.score == ScoreKind::kFfm ? kFields : 0;
    settings.linear.kind = settings.latent.kind = GetParam().optimizer;
    settings.linear.l1 = settings.latent.l1 = GetParam().l1;
    settings.linear.alpha = settings.latent.alpha = 0.05F;
    settings.decay = 0.9F;
    settings.seed = 3;
    return settings;
  }
  static void Learn(Learner& learner, const PassOptions& options) {
    for (int pass = 0; pass < 2; ++pass) {
      MadeRows rows(6, 500);
      Control control;
      learner.Pass(rows, options, control);
    }
  }
};

TEST_P(Views, GiveTheSameBits) {
  TableSettings fixed{.bits = kBits};
  TableSettings exact{.is_exact = true};
  TableSettings rare{.is_exact = true, .exact = {.admit = 3}};
  TableSettings spilling{.is_exact = true};
  for (const int size : {3, 8}) {
    const ModelSettings settings = Settings(size);
    const std::size_t row_bytes = Learner(settings, exact).table().row_floats() * sizeof(float);
    spilling.exact = {.memory = 2'500 * (row_bytes + 23) * 4 / 3, .spill = "/tmp"};
    Contents wanted;
    Contents wanted_rare;
    for (const TableSettings& table : {fixed, exact, spilling, rare}) {
      for (const bool staged : {false, true}) {
        for (const int threads : {1, 3}) {
          Learner learner(settings, table);
          Learn(learner, {.threads = threads, .deterministic = true, .staged = staged});
          const Contents found = ContentsOf(learner);
          Contents& reference = table.exact.admit > 1 ? wanted_rare : wanted;
          if (reference.empty()) reference = found;
          EXPECT_TRUE(SameBits(found, reference)) << table.is_exact << ' ' << table.exact.memory << ' ' << staged;
        }
      }
    }
    EXPECT_GT(wanted.size(), 3'000U);
    EXPECT_LT(wanted_rare.size(), wanted.size());
    EXPECT_GT(wanted_rare.size(), 20U);
  }
}

TEST_P(Views, AreSharedByThreads) {
  TableSettings fixed{.bits = 12};
  TableSettings exact{.is_exact = true, .exact = {.admit = 2, .ttl = 2'000}};
  for (const TableSettings& table : {fixed, exact}) {
    for (const bool staged : {false, true}) {
      Learner learner(Settings(4), table);
      Learn(learner, {.threads = 4, .staged = staged});
      const Totals totals = learner.totals();
      EXPECT_EQ(totals.rows, 3'000U);
      EXPECT_LT(totals.loss / totals.weight, 0.69);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, Views,
    testing::ValuesIn([] {
      std::vector<Case> cases;
      for (const ScoreKind score : {ScoreKind::kLinear, ScoreKind::kFm, ScoreKind::kFfm}) {
        for (const OptimizerKind kind :
             {OptimizerKind::kSgd, OptimizerKind::kAdaGrad, OptimizerKind::kFtrl, OptimizerKind::kNormalized}) {
          cases.push_back({score, kind, 0});
        }
        cases.push_back({score, OptimizerKind::kFtrl, 0.05F});
      }
      return cases;
    }()));

}  // namespace
}  // namespace tiffin::learn
