#include "engine/crowd.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace tiffin::learn {
namespace {

// Blocks go by, each of so many features, that take as long as `speed` says: features a second of all threads together.
// before: seconds that a feature takes to be read and parsed.  How many of them went by with each number of threads, from 0.
std::vector<int> GoBy(Crowd& crowd, int blocks, const std::function<double(int threads)>& speed, double before = 0) {
  std::vector<int> found(static_cast<std::size_t>(crowd.threads()) + 1);
  for (int block = 0; block < blocks; ++block) {
    const int threads = crowd.most();
    ++found[static_cast<std::size_t>(threads)];
    crowd.Did(crowd.trial(), {1000, 1000.0 * threads / speed(threads), 1000 * before});
  }
  return found;
}

TEST(Crowd, StaysWholeWhereMoreThreadsLearnMore) {
  Crowd crowd(2);
  const std::vector<int> found = GoBy(crowd, 20'000, [](int threads) { return threads == 1 ? 1.0 : 1.4; });
  EXPECT_EQ(crowd.most(), 2);
  EXPECT_LT(found[1], 20'000 / 50);
}

TEST(Crowd, ShrinksWhereThreadsAreInEachOthersWay) {
  Crowd crowd(2);
  const std::vector<int> found = GoBy(crowd, 2'000, [](int threads) { return threads == 1 ? 1.0 : 0.6; });
  EXPECT_GT(found[1], 1'700);
}

TEST(Crowd, ShrinksSoonWhereTheOthersParseMeanwhile) {
  Crowd crowd(2);
  const auto speed = [](int threads) { return threads == 1 ? 1.0 : 1.5; };
  const std::vector<int> found = GoBy(crowd, 100, speed, 1.0);
  EXPECT_EQ(crowd.most(), 1);
  EXPECT_GT(found[1], 70);
}

TEST(Crowd, GrowsSoonWhereNothingIsParsedAnyMore) {
  Crowd crowd(2);
  const auto speed = [](int threads) { return threads == 1 ? 1.0 : 1.5; };
  GoBy(crowd, 100, speed, 1.0);
  const std::vector<int> found = GoBy(crowd, 100, speed);
  EXPECT_EQ(crowd.most(), 2);
  EXPECT_GT(found[2], 70);
}

TEST(Crowd, StaysWholeWhereParsingTakesTooShort) {
  Crowd crowd(2);
  const auto speed = [](int threads) { return threads == 1 ? 1.0 : 1.8; };
  const std::vector<int> found = GoBy(crowd, 20'000, speed, 0.3);
  EXPECT_EQ(crowd.most(), 2);
  EXPECT_LT(found[1], 20'000 / 50);
}

TEST(Crowd, GrowsAgainWhenTheyAreNotAnyMore) {
  Crowd crowd(2);
  GoBy(crowd, 2'000, [](int threads) { return threads == 1 ? 1.0 : 0.6; });
  const std::vector<int> found = GoBy(crowd, 4'000, [](int threads) { return threads == 1 ? 1.0 : 1.5; });
  EXPECT_GT(found[2], 2'500);
}

TEST(Crowd, FindsHowManyOfManyLearnMost) {
  Crowd crowd(64);
  const std::vector<int> found =
      GoBy(crowd, 10'000, [](int threads) { return threads <= 8 ? 1.0 * threads : 64.0 / threads; });
  EXPECT_GT(found[8], 7'000);
}

TEST(Crowd, DoesNotCountWhatWasBegunInAnotherTrial) {
  Crowd crowd(2);
  const unsigned before = crowd.trial();
  while (crowd.trial() == before) GoBy(crowd, 1, [](int threads) { return threads == 1 ? 1.0 : 0.6; }, 1.0);
  ASSERT_EQ(crowd.most(), 1);  // tried out
  for (int block = 0; block < 100; ++block) crowd.Did(before, {1000, 1e6, 0});
  EXPECT_EQ(crowd.most(), 1);
  EXPECT_EQ(crowd.trial(), before + 1);
}

TEST(Crowd, OfOneThreadIsLeftAlone) {
  Crowd crowd(1);
  EXPECT_EQ(GoBy(crowd, 1'000, [](int) { return 1.0; })[1], 1'000);
}

}  // namespace
}  // namespace tiffin::learn
