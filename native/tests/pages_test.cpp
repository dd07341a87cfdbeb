#include "params/pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>

namespace tiffin::learn {
namespace {

constexpr std::size_t kMebi = std::size_t{1} << 20;

bool AreZeros(const Pages& pages, std::size_t bytes) {
  return std::all_of(pages.as<char>(), pages.as<char>() + bytes, [](char byte) { return byte == 0; });
}

TEST(Pages, AreZerosHoweverMuchWasMadeReady) {
  for (const std::size_t ready : {std::size_t{1}, 2 * kMebi, 16 * kMebi, std::size_t{1} << 40}) {
    for (const std::size_t bytes : {std::size_t{4096}, 2 * kMebi, 3 * kMebi, 64 * kMebi}) {
      Pages::GetReady(ready);
      const Pages pages(bytes);
      EXPECT_TRUE(AreZeros(pages, bytes)) << ready << ' ' << bytes;
      std::fill_n(pages.as<char>(), bytes, 'x');
      const Pages others(bytes);
      EXPECT_TRUE(AreZeros(others, bytes)) << ready << ' ' << bytes;
    }
  }
}

TEST(Pages, WhatNobodyTakesIsGivenBack) {
  for (int i = 0; i < 100; ++i) Pages::GetReady(64 * kMebi);
  const Pages small(4096);
  EXPECT_TRUE(AreZeros(small, 4096));
}

}  // namespace
}  // namespace tiffin::learn
