#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "engine/kernels.h"
#include "engine/layout.h"
#include "engine/learner.h"
#include "engine/score_counts.h"
#include "engine/slices.h"
#include "loss/log_sum.h"
#include "params/fixed_table.h"
#include "parse/text_column.h"
#include "parse/number.h"
#include "parse/text.h"
#include "parse/find_stops.h"
#include "parse/stops.h"
#include "parse/word.h"
#include "rows/key.h"
#include "rows/rows.h"

namespace tiffin::learn {
namespace {

float Read(const std::string& text, bool& found) {
  const char* at = text.data();
  float number = 0;
  found = ReadFloat(at, text.data() + text.size(), number) && at == text.data() + text.size();
  return number;
}

TEST(Number, IsReadAsTheLibraryReadsIt) {
  std::mt19937 random(1);
  for (int i = 0; i < 200'000; ++i) {
    char text[64];
    const double value = std::ldexp(static_cast<double>(random()) - 2147483648.0, static_cast<int>(random() % 80) - 60);
    const char* const formats[] = {"%.0f", "%.3f", "%.9g", "%e", "%.17g", "%+.1f"};
    std::snprintf(text, sizeof text, formats[random() % 6], value);
    bool found = false;
    const float number = Read(text, found);
    ASSERT_TRUE(found) << text;
    // A double in between is rounded twice: at most one place off.
    const float wanted = std::strtof(text, nullptr);
    ASSERT_TRUE(number == wanted || std::nextafter(number, wanted) == wanted) << text;
  }
}

TEST(Number, RefusesWhatIsNone) {
  for (const char* const text : {"", "-", "+", ".", "e5", "nan", "inf", "-inf", "1e999", "0x10", "1e", "--1", "1 "}) {
    bool found = true;
    Read(text, found);
    EXPECT_FALSE(found) << text;
  }
}

TEST(Key, HashesOfDifferentTextDiffer) {
  std::set<std::uint64_t> seen;
  std::string text;
  for (int i = 0; i < 100'000; ++i) seen.insert(Hash("id" + std::to_string(i)));
  for (int i = 0; i < 300; ++i) seen.insert(Hash(text += 'a'));
  for (int i = 1; i < 40; ++i) seen.insert(Hash(std::string(static_cast<std::size_t>(i), '\0')));
  EXPECT_EQ(seen.size(), 100'000U + 300 + 39);
}

TEST(Word, IsWhatTheSlowFunctionsSay) {
  std::mt19937 random(2);
  const std::string_view letters = "0123456789ab_.-";
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    const std::size_t size = random() % 24;
    const std::size_t kinds = random() % 2 == 0 ? 10 : letters.size();
    for (std::size_t j = 0; j < size; ++j) text += letters[random() % kinds];
    std::string line = text;
    if (random() % 3 != 0) line += std::string(1, " \t:|"[random() % 4]) + "rest";
    const std::size_t end = line.size();
    line += std::string(kStopWindow, static_cast<char>(random()));
    ASSERT_EQ(Stops({line.data(), end}, ' ', "\t:|").Next(), line.data() + size);
    ASSERT_EQ(IdOfWord({line.data(), size}), IdOf(text)) << text;
    if (size <= kShortWord) {
      ASSERT_EQ(HashShort(std::string_view(line.data(), size)), Hash(text));
    }
    std::uint64_t number = 0;
    const bool is_whole = size <= 8 && text.find_first_not_of("0123456789") == std::string::npos;
    ASSERT_EQ(WholeOfWord({line.data(), size}, number), is_whole) << text;
    if (is_whole) {
      ASSERT_EQ(number, size == 0 ? 0 : std::stoull(text));
    }
  }
}

// Text in which each character is one of a few with some chance, and where those are.
std::string TextWith(std::mt19937& random, std::string_view some, std::size_t size, std::vector<std::size_t>& places) {
  const unsigned rarely = 1 + random() % 100;
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += random() % rarely == 0 ? some[random() % some.size()] : static_cast<char>('a' + random() % 26);
    if (some.find(text.back()) != std::string_view::npos) places.push_back(i);
  }
  text += std::string(kStopWindow, some[0]);  // these are beyond the end
  return text;
}

TEST(Stops, AreFoundByEveryEngine) {
  std::mt19937 random(4);
  constexpr std::size_t kMost = 6;
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t windows = random() % (kMost + 1);
    std::vector<std::size_t> wanted;
    const std::string text = TextWith(random, i % 5 == 0 ? ",,;" : ",;", windows * kStopWindow, wanted);
    for (const char* const name : {"base", "avx2", "avx512"}) {
      const StopFinder find = FindStopFinder(name);
      if (find == nullptr) continue;
      StopPlaces<kMost> found{};
      const std::size_t count = find(text.data(), windows, {',', {';', ';', ';', ';'}}, found.places, found.others);
      ASSERT_TRUE(std::ranges::equal(std::span(found.places, count), wanted)) << name;
      for (std::size_t n = 0; n < count; ++n) {
        ASSERT_EQ((found.others[n / 64] >> n % 64 & 1) != 0, text[wanted[n]] == ';') << name;
      }
    }
  }
}

TEST(Stops, AreGivenLineByLineOneAfterTheOther) {
  std::mt19937 random(3);
  for (int i = 0; i < 20'000; ++i) {
    std::vector<std::size_t> places;
    const std::size_t size = random() % (random() % 10 == 0 ? 10'000 : 200);
    const std::string text = TextWith(random, ",;", size, places);
    Stops stops({text.data(), size}, ',', ";");
    for (std::size_t begin = 0; begin < size;) {
      // Part of a line may have been looked at by others, or be left over.
      const std::size_t end = begin + 1 + random() % (size - begin);
      const std::size_t from = begin + random() % (end - begin);
      stops.Enter(text.data() + from, text.data() + end);
      const bool to_the_end = random() % 2 == 0;
      for (const std::size_t at : places) {
        if (at < from || at >= end) continue;
        ASSERT_EQ(stops.Next(), text.data() + at);
        if (!to_the_end && random() % 4 == 0) break;
      }
      for (int again = 0; to_the_end && again < 3; ++again) ASSERT_EQ(stops.Next(), text.data() + end);
      begin = end;
    }
  }
}

TEST(Stops, PlainWordsAreThoseThatABlankEndsOrTheLine) {
  const std::string text = "| a bc  d:2 e\tf g|h i" + std::string(kStopWindow, ' ');
  const std::size_t size = text.size() - kStopWindow;
  Stops stops({text.data(), size}, ' ', "\t:|");
  std::vector<std::string> words;
  const auto take = [&](const char* stop) {
    words.clear();
    const auto take_one = [&](const char* begin, const char* end) { words.emplace_back(begin, end); };
    const auto take_some = [&](const char* base, const std::uint32_t* ends, std::size_t count) {
      for (std::size_t i = 0; i < count; ++i, ++ends) take_one(base + ends[-1] + 1, base + *ends);
    };
    return stops.TakePlain(stop, take_one, take_some) - text.data();
  };
  stops.Enter(text.data(), text.data() + size);
  EXPECT_EQ(stops.Next(), text.data());
  EXPECT_EQ(take(stops.Next()), 7);
  EXPECT_EQ(words, (std::vector<std::string>{"a", "bc", ""}));
  EXPECT_EQ(*stops.Next(), ':');
  EXPECT_EQ(take(stops.Next()), 11);
  EXPECT_TRUE(words.empty());
  for (const char c : {'\t', ' '}) EXPECT_EQ(*stops.Next(), c);
  EXPECT_EQ(take(text.data() + 15), 15);
  EXPECT_EQ(*stops.Next(), '|');
  EXPECT_EQ(take(stops.Next()), static_cast<std::ptrdiff_t>(size));
  EXPECT_EQ(words, (std::vector<std::string>{"i"}));
  EXPECT_EQ(stops.Next(), text.data() + size);
}

TEST(Key, WholeNumbersStandForThemselves) {
  EXPECT_EQ(IdOf("0"), 0U);
  EXPECT_EQ(IdOf("12345678901234"), 12345678901234U);
  EXPECT_NE(IdOf("007"), 7U);
  EXPECT_EQ(FieldOf(Key(65535, kIdMask)), 65535U);
}

TEST(FixedTable, GivesIdsInARowRowsOfTheirOwn) {
  std::set<std::uint32_t> rows;
  for (std::uint64_t id = 0; id < 1000; ++id) rows.insert(FixedTable::RowOf(Key(0, id), 12));
  EXPECT_EQ(rows.size(), 1000U);
  for (const std::uint32_t row : rows) EXPECT_LT(row, 4096U);
}

TEST(FixedTable, AViewHasTheRowsOfKeys) {
  std::mt19937_64 random(1);
  for (const int bits : {1, 4, 11}) {
    for (const std::size_t width : {1, 2, 5, 16, 20, 40}) {  // 40: no power of two
      FixedTable table(bits, width);
      const std::unique_ptr<RowView> view = table.NewView();
      for (const std::size_t count : {0, 1, 7, 8, 100}) {
        std::vector<std::uint64_t> keys(count);
        std::ranges::generate(keys, random);
        view->Open(keys, 0, RowView::Purpose::kScore);
        Buffer<float*> places;
        ASSERT_TRUE(table.Find(keys, places));
        ASSERT_EQ(places.size(), count);
        for (std::size_t i = 0; i < count; ++i) {
          ASSERT_EQ(view->rows()[i], table.row(FixedTable::RowOf(keys[i], bits))) << bits << ' ' << width;
          ASSERT_EQ(places[i], view->rows()[i]);
        }
        view->Close();
      }
    }
  }
}

TEST(FixedTable, RowsLieWell) {
  EXPECT_EQ(FixedTable(4, 3).row_floats(), 4U);
  EXPECT_EQ(FixedTable(4, 12).row_floats(), 16U);
  EXPECT_EQ(FixedTable(4, 20).row_floats(), 32U);
  FixedTable table(10, 5);
  for (std::size_t row = 0; row < table.size(); ++row) {
    for (std::size_t i = 0; i < table.row_floats(); ++i) ASSERT_EQ(table.row(row)[i], 0);
  }
}

TEST(Rows, ValuesAppearWithTheFirstThatIsNotOne) {
  Rows rows;
  rows.Reserve(10, 10);
  rows.Push(1, 0.5F);
  rows.Push(2);
  rows.EndRow(1);
  EXPECT_TRUE(rows.has_values());
  EXPECT_EQ(rows.values[0], 0.5F);
  EXPECT_EQ(rows.values[1], 1.0F);
  rows.Push(3);
  rows.DropRow();
  rows.Push(4, 2.0F);
  rows.EndRow(0, 3.0F);
  EXPECT_EQ(rows.keys[2], 4U);
  EXPECT_EQ(rows.values[2], 2.0F);
  EXPECT_EQ(rows.weights[0], 1.0F);
  EXPECT_EQ(rows.weights[1], 3.0F);
  const std::size_t gone[] = {0};
  rows.Remove(gone);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows.keys[0], 4U);
  EXPECT_EQ(rows.offsets[1], 1U);
  EXPECT_EQ(rows.weights[0], 3.0F);
}

TEST(ScoreCounts, OrderIsTheShareOfPairs) {
  ScoreCounts counts;
  EXPECT_TRUE(std::isnan(counts.Auc()));
  counts.Add(-1, 0.25F, false, 1);
  counts.Add(1, 0.75F, true, 1);
  EXPECT_EQ(counts.Auc(), 1.0);
  counts.Add(2, 0.9F, false, 2);
  counts.Add(2, 0.9F, true, 1);
  // Pairs by weight: (1, -1) right, (1, 2) wrong twice, (2, -1) right, (2, 2) half of two.
  EXPECT_DOUBLE_EQ(counts.Auc(), 3.0 / 6.0);
  // From above: half the positives at a precision of 1/3, the other half at 2/4.
  EXPECT_DOUBLE_EQ(counts.AveragePrecision(), 0.5 / 3 + 0.5 / 2);
}

TEST(ScoreCounts, OfPartsAddUpToThoseOfTheWhole) {
  std::mt19937 random(4);
  ScoreCounts whole;
  ScoreCounts sum;
  ScoreCounts part;
  for (int i = 0; i < 50; ++i) {
    part.Clear();
    const float middle = static_cast<float>(random() % 40) - 20;  // some are beyond the buckets
    for (std::size_t left = random() % 20; left > 0; --left) {
      const float score = middle + static_cast<float>(random() % 100) / 100;
      const bool positive = random() % 3 == 0;
      part.Add(score, 0.25F, positive, 2);
      whole.Add(score, 0.25F, positive, 2);
    }
    sum.Add(part);
  }
  EXPECT_EQ(sum.positives(), whole.positives());
  EXPECT_EQ(sum.negatives(), whole.negatives());
  EXPECT_EQ(sum.predicted(), whole.predicted());
  // What somebody wrote there himself is added and cleared, too.
  ScoreCounts read;
  read.positives()[7] = 1;
  sum.Clear();
  sum.Add(read);
  EXPECT_EQ(sum.positive_weight(), 1);
  sum.Clear();
  EXPECT_EQ(sum.positives(), ScoreCounts().positives());
}

TEST(ScoreCounts, CalibrationIsComparedInBinsOfEqualWeight) {
  ScoreCounts counts;
  EXPECT_TRUE(std::isnan(counts.CalibrationError()));
  for (int i = 0; i < 30; ++i) counts.Add(static_cast<float>(i) / 4 - 4, 0.5F, i % 2 == 0, 1);
  EXPECT_DOUBLE_EQ(counts.CalibrationError(), 0);  // two a bin, one of each kind
  counts.Add(8, 1.0F, false, 30);
  EXPECT_DOUBLE_EQ(counts.CalibrationError(), 0.5);
}

TEST(Slices, FollowWhatIsFrequentAndCountTheRestTogether) {
  Slices slices(4);
  std::mt19937 random(3);
  std::uint64_t often = 0;
  for (int i = 0; i < 10'000; ++i) {
    const bool is_often = random() % 2 == 0;
    often += is_often ? 1 : 0;
    slices.Of(is_often ? "often" : std::to_string(random() % 1000)).Add(0, 0.5F, is_often ? 1.0F : 0.0F, 1, 0.25);
  }
  const std::vector<Slices::Named> found = slices.TakeLargest(1);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].value, "often");
  EXPECT_LE(often, found[0].slice.rows() + found[0].missed);
  EXPECT_GT(found[0].slice.rows(), often - 10);
  EXPECT_EQ(found[0].slice.rows() + slices.others().rows(), 10'000U);
  EXPECT_DOUBLE_EQ(found[0].slice.loss() + slices.others().loss(), 2500);
  EXPECT_DOUBLE_EQ(found[0].slice.Counts().positive_weight(), static_cast<double>(found[0].slice.rows()));
}

TEST(TextColumn, IsFoundInEveryFormat) {
  const auto in = [](const char* format, const char* name, const char* line) {
    return std::string(TextColumn(format, name).In(line));
  };
  const std::string line = "1\t7\t\t3" + std::string(11, '\t') + "ab" + std::string(25, '\t') + "z";
  const char* const criteo = line.c_str();
  EXPECT_EQ(in("criteo", "I1", criteo), "7");
  EXPECT_EQ(in("criteo", "I2", criteo), "");
  EXPECT_EQ(in("criteo", "C1", criteo), "ab");
  EXPECT_EQ(in("criteo", "C26", criteo), "z");
  EXPECT_EQ(in("ffm", "2", "1 12:4:1 2:77:0.5 2:9"), "77");
  EXPECT_EQ(in("ffm", "3", "1 12:4:1 2:77:0.5 # 3:4:1"), "");
  EXPECT_EQ(in("libsvm", "4", "0 14:9 4:0.5"), "0.5");
  EXPECT_EQ(in("libsvm", "4", "0 14:9 4"), "1");
  EXPECT_EQ(in("libsvm", "4", "4 14:9"), "");
  EXPECT_EQ(in("vw", "b", "1 'tag|ab:2 x y|b:0.5 one:3 two |b three"), "one");
  EXPECT_EQ(in("vw", "", "1 | one:3 |b two"), "one");
  EXPECT_EQ(in("vw", "c", "1 |a c |b c"), "");
  for (const char* const wrong : {"", "I0", "I14", "C27", "C", "X1", "C1x"}) {
    EXPECT_THROW(TextColumn("criteo", wrong), std::invalid_argument) << wrong;
  }
  EXPECT_THROW(TextColumn("ffm", "a"), std::invalid_argument);
  EXPECT_THROW(TextColumn("csv", "a"), std::invalid_argument);
}

// An example with rows of its own.
struct Fixture {
  explicit Fixture(const ModelSettings& settings, unsigned seed) : settings(settings) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    const std::size_t size = 1 + random() % 20;
    memory.assign(size, std::vector<float>(RowWidth(settings) + 16));
    for (std::size_t i = 0; i < size; ++i) {
      for (float& value : memory[i]) value = 0.3F * normal(random);
      // What optimisers keep is never below zero.
      for (std::size_t s = 1; s < kLinearFloats; ++s) memory[i][s] = std::fabs(memory[i][s]);
      values.push_back(random() % 3 == 0 ? 1.0F : normal(random));
      fields.push_back(settings.fields == 0 ? 0 : random() % settings.fields);
    }
    for (auto& row : memory) rows.push_back(row.data());
    sums.resize(static_cast<std::size_t>(settings.size) + 1);
  }
  Example example() const { return {rows.data(), values.data(), fields.data(), rows.size()}; }
  float Score(const Kernels& kernels) { return kernels.score(settings, example(), sums.data()); }

  ModelSettings settings;
  std::vector<std::vector<float>> memory;
  std::vector<float*> rows;
  std::vector<float> values;
  std::vector<std::uint32_t> fields;
  std::vector<float> sums;
};

std::vector<ModelSettings> AllSettings(OptimizerKind kind) {
  std::vector<ModelSettings> all;
  for (const ScoreKind score : {ScoreKind::kLinear, ScoreKind::kFm, ScoreKind::kFfm}) {
    for (const int size : {1, 3, 4, 8, 16, 20}) {
      ModelSettings settings;
      settings.score = score;
      settings.size = score == ScoreKind::kLinear ? 0 : size;
      settings.fields = score == ScoreKind::kFfm ? 5 : 0;
      settings.linear.kind = settings.latent.kind = kind;
      all.push_back(settings);
      if (kind == OptimizerKind::kFtrl) {  // with an L1 it keeps one number more
        settings.linear.l1 = settings.latent.l1 = 0.05F;
        all.push_back(settings);
      }
      if (score == ScoreKind::kLinear) break;
    }
  }
  return all;
}

TEST(Kernels, GradientsAreDifferencesOfTheScore) {
  for (const ModelSettings& settings : AllSettings(OptimizerKind::kAccumulate)) {
    for (unsigned seed = 0; seed < 20; ++seed) {
      Fixture fixture(settings, seed);
      const Layout layout(settings);
      // The sums of gradients begin as zeros: all states do.
      for (auto& row : fixture.memory) row[1] = 0;
      const std::size_t vectors = settings.score == ScoreKind::kFfm ? settings.fields : settings.size > 0 ? 1 : 0;
      const auto size = static_cast<std::size_t>(settings.size);
      for (auto& row : fixture.memory) {
        for (std::size_t v = 0; v < vectors; ++v) {
          for (std::size_t f = 0; f < size; ++f) row[layout.vector_at(v) + size + f] = 0;
        }
      }
      fixture.Score(base::kKernels);
      base::kKernels.update(settings, fixture.example(), fixture.sums.data(), 1.0F);
      const auto check = [&](std::size_t i, std::size_t weight, std::size_t gradient) {
        constexpr float kStep = 1e-2F;
        float& value = fixture.memory[i][weight];
        const float before = value;
        value = before + kStep;
        const float above = fixture.Score(base::kKernels);
        value = before - kStep;
        const float below = fixture.Score(base::kKernels);
        value = before;
        const float wanted = (above - below) / (2 * kStep);
        EXPECT_NEAR(fixture.memory[i][gradient], wanted, 2e-3F * (1 + std::fabs(wanted)));
      };
      for (std::size_t i = 0; i < fixture.memory.size(); ++i) {
        check(i, 0, 1);
        for (std::size_t v = 0; v < vectors; ++v) {
          const std::size_t at = layout.vector_at(v);
          for (std::size_t f = 0; f < size; ++f) check(i, at + f, at + size + f);
        }
      }
    }
  }
}

// Features that share a row learn one after the other, wherever in the example they are.
TEST(Kernels, AFeatureThatIsThereTwiceLearnsTwice) {
  ModelSettings settings;
  const auto step = [&](std::vector<float>& row, float gradient, float value) {
    WithOptimizer(settings.linear, [&](const auto& optimizer) { optimizer.Step(row[0], &row[1], gradient, value); });
  };
  for (const OptimizerKind kind :
       {OptimizerKind::kSgd, OptimizerKind::kAdaGrad, OptimizerKind::kFtrl, OptimizerKind::kNormalized}) {
    settings.linear.kind = kind;
    for (const std::size_t size : {2, 8, 16, 21}) {
      for (std::size_t one = 0; one < size; ++one) {
        for (std::size_t other = one + 1; other < size; ++other) {
          std::vector<std::vector<float>> memory(size, {0.5F, 0.25F, 0.75F});
          std::vector<std::vector<float>> wanted = memory;
          std::vector<float*> rows;
          std::vector<float> values;
          for (auto& row : memory) {
            rows.push_back(row.data());
            values.push_back(static_cast<float>(rows.size() % 3) + 0.5F);
          }
          rows[other] = rows[one];
          const float slope = 0.25F;
          for (std::size_t i = 0; i < size; ++i) step(wanted[i == other ? one : i], slope * values[i], values[i]);
          ChosenKernels().update(settings, {rows.data(), values.data(), nullptr, size}, nullptr, slope);
          ASSERT_EQ(memory, wanted) << size << ' ' << one << ' ' << other;
        }
      }
    }
  }
}

TEST(LogSum, IsTheSumOfLogarithms) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> odds(0, 1);
  for (const int count : {0, 1, 10, 5000}) {
    LogSum sum;
    double wanted = 0;
    for (int i = 0; i < count; ++i) {
      const double number = i % 3 == 0 ? 2 : 1 + odds(random);
      sum.Add(number);
      wanted += std::log(number);
    }
    EXPECT_NEAR(sum.Total(), wanted, 1e-12 * (1 + wanted));
  }
}

TEST(FixedTable, GivesAllRowsThatHoldAnything) {
  for (const int bits : {1, 3, 14}) {
    for (const std::size_t width : {1, 2, 3, 5, 20}) {
      FixedTable table(bits, width);
      std::vector<std::uint64_t> wanted;
      for (std::uint64_t number = 0; number < table.size(); ++number) {
        if (number % 8 != 7 && number % 5 != 0) continue;
        table.row(number)[width - 1] = 1.0F;
        wanted.push_back(number);
      }
      std::vector<std::uint64_t> found;
      table.ForEach([&](std::uint64_t number, const float* row, std::uint32_t) {
        EXPECT_EQ(row, table.row(number));
        found.push_back(number);
      });
      EXPECT_EQ(found, wanted) << bits << ' ' << width;
    }
  }
}

TEST(Kernels, VectorsOfAnFfmLieInAsFewCacheLinesAsTheyFitInto) {
  for (const std::size_t stride : {1, 2, 4, 6, 8, 12, 16, 24, 32, 48}) {
    const std::size_t first = FfmFirst(stride);
    EXPECT_GE(first, kLinearFloats);
    EXPECT_LE(first, kLineFloats);
    if (kLineFloats % stride == 0 || stride % kLineFloats == 0) {
      for (std::size_t at = first; at < first + 40 * stride; at += stride) {
        EXPECT_LE((at + stride - 1) / kLineFloats - at / kLineFloats, (stride - 1) / kLineFloats) << stride;
      }
    }
  }
}

TEST(Kernels, AllEnginesGiveTheSameBits) {
  for (const char* const name : {"avx2", "avx512"}) {
    const Kernels* const other = FindKernels(name);
    if (other == nullptr) continue;
    for (const OptimizerKind kind : {OptimizerKind::kSgd, OptimizerKind::kAdaGrad, OptimizerKind::kFtrl,
                                     OptimizerKind::kNormalized, OptimizerKind::kAccumulate}) {
      for (const ModelSettings& settings : AllSettings(kind)) {
        for (unsigned seed = 0; seed < 20; ++seed) {
          Fixture one(settings, seed);
          Fixture two(settings, seed);
          const float wanted = one.Score(base::kKernels);
          const float found = two.Score(*other);
          ASSERT_EQ(std::memcmp(&wanted, &found, sizeof wanted), 0) << name;
          base::kKernels.update(settings, one.example(), one.sums.data(), 0.7F);
          other->update(settings, two.example(), two.sums.data(), 0.7F);
          for (std::size_t i = 0; i < one.memory.size(); ++i) {
            ASSERT_EQ(std::memcmp(one.memory[i].data(), two.memory[i].data(), one.memory[i].size() * sizeof(float)), 0)
                << name << ' ' << static_cast<int>(settings.score) << ' ' << settings.size;
          }
        }
      }
    }
  }
}

TEST(Kernels, AreKnownByName) {
  EXPECT_STREQ(FindKernels("base")->name, "base");
  EXPECT_EQ(FindKernels("other"), nullptr);
  EXPECT_NE(FindKernels(ChosenKernels().name), nullptr);
}

}  // namespace
}  // namespace tiffin::learn
