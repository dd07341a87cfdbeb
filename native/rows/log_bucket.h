// Numbers as categories by their size.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "rows/key.h"

namespace tiffin::learn {

// The competition's winners (Criteo, 2014) cut integers at floor(log(v)^2); small and negative ones stay as they are.
// REQUIRES: no NaN.
inline std::uint64_t LogBucket(double value) {
  constexpr double kLeast = -140737488355328.0;  // -2^47
  if (value <= 2) return static_cast<std::uint64_t>(static_cast<std::int64_t>(std::floor(std::max(value, kLeast)))) & kIdMask;
  const double logarithm = std::log(value);
  return (std::uint64_t{1} << 32) + static_cast<std::uint64_t>(logarithm * logarithm);
}

}  // namespace tiffin::learn
