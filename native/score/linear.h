// The linear term: the sum of weight times value.
#pragma once

#include "score/score.h"

namespace tiffin::learn {

static float LinearScore(const Example& example) noexcept {
  constexpr std::size_t kLanes = 4;  // sums of their own, so that no addition waits for the one before it
  float sums[kLanes] = {};
  std::size_t i = 0;
  if (example.values == nullptr) {
    for (; i + kLanes <= example.size; i += kLanes) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += example.rows[i + lane][0];
    }
    for (; i < example.size; ++i) sums[0] += example.rows[i][0];
  } else {
    for (; i + kLanes <= example.size; i += kLanes) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        sums[lane] += example.rows[i + lane][0] * example.values[i + lane];
      }
    }
    for (; i < example.size; ++i) sums[0] += example.rows[i][0] * example.values[i];
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

template <typename Optimizer>
static void UpdateLinear(const Example& example, float slope, const Optimizer& optimizer) noexcept {
  for (std::size_t i = 0; i < example.size; ++i) {
    float* const row = example.rows[i];
    const float value = example.value(i);
    optimizer.Step(row[0], row + 1, slope * value, value);
  }
}

}  // namespace tiffin::learn
