#include "engine/crowd.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

namespace tiffin::learn {
namespace {

// Blocks go by, each of so many features, that take as long as `speed` says: features a second of all threads together.
// How many of them went by with each number of threads, from 0.
std::vector<int> GoBy(Crowd& crowd, int blocks, const std::function<double(int threads)>& speed) {
  std::vector<int> found(static_cast<std::size_t>(crowd.threads()) + 1);
  for (int block = 0; block < blocks; ++block) {
    Crowd::Place place(crowd);
    const int threads = crowd.most();
    ++found[static_cast<std::size_t>(threads)];
    place.Did(1000, 1000.0 * threads / speed(threads));
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

TEST(Crowd, OfOneThreadIsLeftAlone) {
  Crowd crowd(1);
  EXPECT_EQ(GoBy(crowd, 1'000, [](int) { return 1.0; })[1], 1'000);
}

TEST(Crowd, IsNeverMoreThanItMayBe) {
  Crowd crowd(4);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int block = 0; block < 2'000; ++block) {
        Crowd::Place place(crowd);
        const int now = ++inside;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        place.Did(1000, now);  // the more there are, the longer it takes: one alone is as good
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 4);
}

}  // namespace
}  // namespace tiffin::learn
