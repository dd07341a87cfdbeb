// Factorisation machines of order two (Rendle, ICDM 2010): each feature has a latent vector, and each pair of features
// adds the product of theirs.  In one pass by
//   sum over pairs <v_i, v_j> x_i x_j  =  1/2 sum over f ((sum over i v_if x_i)^2 - sum over i (v_if x_i)^2)
#pragma once

#include "optim/vector.h"
#include "score/score.h"

namespace tiffin::learn {

// sums: `size` floats, which UpdateFm wants again.
static float FmScore(const Example& example, int size, float* sums) noexcept {
  float total = 0;
  ForEachPart(size, [&]<typename F>(F, int at) TIFFIN_INLINE_LAMBDA {
    F sum = {};
    F squares = {};
    for (std::size_t i = 0; i < example.size; ++i) {
      const F part = LoadLanes<F>(example.rows[i] + kLinearFloats + at) * example.value(i);
      sum += part;
      squares += part * part;
    }
    StoreLanes(sums + at, sum);
    total += SumOf(F(sum * sum - squares));
  });
  return 0.5F * total;
}

template <typename Optimizer>
static void UpdateFm(const Example& example, int size, const float* sums, float slope, const Optimizer& optimizer) noexcept {
  ForEachPart(size, [&]<typename F>(F, int at) TIFFIN_INLINE_LAMBDA {
    const F sum = LoadLanes<F>(sums + at);
    for (std::size_t i = 0; i < example.size; ++i) {
      float* const latent = example.rows[i] + kLinearFloats + at;
      const float value = example.value(i);
      VectorPart<F, Optimizer> part(latent, size);
      const F gradients = slope * value * (sum - part.weights * value);
      part.Step(optimizer, gradients, value);
      part.Store(latent, size);
    }
  });
}

}  // namespace tiffin::learn
