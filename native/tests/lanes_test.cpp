#include "base/lanes.h"

#include <gtest/gtest.h>

#include <array>
#include <numeric>

namespace tiffin {
namespace {

template <typename Count>
struct Pointers : testing::Test {
  static constexpr int kCount = Count::value;

  Pointers() {
    for (int i = 0; i < kCount; ++i) places[i] = numbers.data() + 2 * ((5 * i + 3) % kCount);
    std::iota(numbers.begin(), numbers.end(), 1.0F);
  }

  std::array<float, 2 * kCount> numbers;
  std::array<float*, kCount> places;  // of all pairs, in no order
};

using Counts = testing::Types<std::integral_constant<int, 4>, std::integral_constant<int, 8>>;
TYPED_TEST_SUITE(Pointers, Counts);

TYPED_TEST(Pointers, AreDistinctUnlessTwoAreTheSame) {
  constexpr int kCount = TestFixture::kCount;
  EXPECT_TRUE(AreDistinct<kCount>(this->places.data()));
  for (int i = 0; i < kCount; ++i) {
    for (int j = 0; j < i; ++j) {
      auto places = this->places;
      places[i] = places[j];
      EXPECT_FALSE(AreDistinct<kCount>(places.data())) << i << " and " << j;
    }
  }
}

TYPED_TEST(Pointers, LeadToPairsThatAreLoadedAndStored) {
  constexpr int kCount = TestFixture::kCount;
  Lanes<kCount> firsts;
  Lanes<kCount> seconds;
  LoadPairs(this->places.data(), firsts, seconds);
  for (int i = 0; i < kCount; ++i) {
    EXPECT_EQ(firsts[i], this->places[i][0]);
    EXPECT_EQ(seconds[i], this->places[i][1]);
  }
  StorePairs(-firsts, 100 + seconds, this->places.data());
  for (int i = 0; i < kCount; ++i) {
    EXPECT_EQ(this->places[i][0], -firsts[i]);
    EXPECT_EQ(this->places[i][1], 100 + seconds[i]);
  }
}

}  // namespace
}  // namespace tiffin
