// The linear term: the sum of weight times value.
#pragma once

#include "base/lanes.h"
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
TIFFIN_INLINE void StepLinear(const Example& example, std::size_t i, float slope, const Optimizer& optimizer) noexcept {
  float* const row = example.rows[i];
  const float value = example.value(i);
  optimizer.Step(row[0], row + 1, slope * value, value);
}

// The same of as many features as F has lanes, from i on.  REQUIRES: no two of them have the same row.
template <typename F, typename Optimizer>
TIFFIN_INLINE void StepLinears(const Example& example, std::size_t i, float slope, const Optimizer& optimizer) noexcept {
  constexpr int kState = Optimizer::kState;
  constexpr bool kPairs = kState == 1 && kLanesOf<F> <= kVectorLanes;
  float* const* const rows = example.rows + i;
  F weights = {};
  F states[kState > 0 ? kState : 1] = {};
  if constexpr (kPairs) {
    LoadPairs(rows, weights, states[0]);
  } else {
    for (int lane = 0; lane < kLanesOf<F>; ++lane) weights[lane] = rows[lane][0];
    for (int s = 0; s < kState; ++s) {
      F state = {};
      for (int lane = 0; lane < kLanesOf<F>; ++lane) state[lane] = rows[lane][1 + s];
      states[s] = state;
    }
  }
  const F values = example.values == nullptr ? AllLanes<F>(1) : LoadLanes<F>(example.values + i);
  optimizer.Step(weights, states, slope * values, values);
  if constexpr (kPairs) {
    StorePairs(weights, states[0], rows);
  } else {
    for (int lane = 0; lane < kLanesOf<F>; ++lane) {
      rows[lane][0] = weights[lane];
      for (int s = 0; s < kState; ++s) rows[lane][1 + s] = states[s][lane];
    }
  }
}

// The same, whether they have or not.
template <int kCount, typename Optimizer>
TIFFIN_INLINE void StepGroup(const Example& example, std::size_t i, float slope, const Optimizer& optimizer) noexcept {
  if (AreDistinct<kCount>(example.rows + i)) return StepLinears<Lanes<kCount>>(example, i, slope, optimizer);
  for (std::size_t k = i; k < i + kCount; ++k) StepLinear(example, k, slope, optimizer);
}

template <typename Optimizer>
static void UpdateLinear(const Example& example, float slope, const Optimizer& optimizer) noexcept {
  // Roots and quotients take long, and eight of them no longer than one.
  std::size_t i = 0;
  for (; i + 8 <= example.size; i += 8) StepGroup<8>(example, i, slope, optimizer);
  if (i + 4 <= example.size) {
    StepGroup<4>(example, i, slope, optimizer);
    i += 4;
  }
  for (; i < example.size; ++i) StepLinear(example, i, slope, optimizer);
}

}  // namespace tiffin::learn
