// Field-aware factorisation machines (Juan, Zhuang, Chin, Lin, RecSys 2016): each feature has a latent vector for each
// field that it may meet, and a pair of features adds the product of the two that are meant for each other.
#pragma once

#include "base/lanes.h"
#include "optim/vector.h"
#include "score/score.h"

namespace tiffin::learn {

// Where a row has the latent vector for a field.  states: floats of state for each value.
static inline std::size_t FfmOffset(std::uint32_t field, int size, int states) noexcept {
  const auto stride = static_cast<std::size_t>(size * (1 + states));
  return FfmFirst(stride) + static_cast<std::size_t>(field) * stride;
}

static float FfmScore(const Example& example, int size, int states) noexcept {
  float total = 0;
  ForEachPart(size, [&]<typename F>(F, int at) TIFFIN_INLINE_LAMBDA {
    // Each of every other pair, so that no addition waits for the one before it.
    F sum = {};
    F last = {};
    for (std::size_t i = 0; i < example.size; ++i) {
      const float* const row = example.rows[i] + at;
      const std::size_t own = FfmOffset(example.fields[i], size, states) + static_cast<std::size_t>(at);
      for (std::size_t j = i + 1; j < example.size; ++j) {
        const F one = LoadLanes<F>(row + FfmOffset(example.fields[j], size, states));
        const F other = LoadLanes<F>(example.rows[j] + own);
        const F added = last + one * other * (example.value(i) * example.value(j));
        last = sum;
        sum = added;
      }
    }
    total += SumOf(F(sum + last));
  });
  return total;
}

template <typename Optimizer>
static void UpdateFfm(const Example& example, int size, float slope, const Optimizer& optimizer) noexcept {
  constexpr int kState = Optimizer::kState;
  ForEachPart(size, [&]<typename F>(F, int at) TIFFIN_INLINE_LAMBDA {
    for (std::size_t i = 0; i < example.size; ++i) {
      float* const row = example.rows[i] + at;
      const std::size_t own = FfmOffset(example.fields[i], size, kState) + static_cast<std::size_t>(at);
      for (std::size_t j = i + 1; j < example.size; ++j) {
        float* const one = row + FfmOffset(example.fields[j], size, kState);
        float* const other = example.rows[j] + own;
        const float scale = slope * example.value(i) * example.value(j);
        // Both are read before one of them is written to.  Where they are the same memory, as keys that share a row may
        // have it, the second step counts.
        VectorPart<F, Optimizer> ones(one, size);
        VectorPart<F, Optimizer> others(other, size);
        const F to_ones = scale * others.weights;
        const F to_others = scale * ones.weights;
        ones.Step(optimizer, to_ones, 1.0F);
        others.Step(optimizer, to_others, 1.0F);
        ones.Store(one, size);
        others.Store(other, size);
      }
    }
  });
}

}  // namespace tiffin::learn
