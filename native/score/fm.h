// Factorisation machines of order two (Rendle, ICDM 2010): each feature has a latent vector, and each pair of features
// adds the product of theirs.  In one pass by
//   sum over pairs <v_i, v_j> x_i x_j  =  1/2 sum over f ((sum over i v_if x_i)^2 - sum over i (v_if x_i)^2)
#pragma once

#include "score/score.h"

namespace tiffin::learn {

// sums: `size` floats, which UpdateFm wants again.
template <int kSize>
static float FmScore(const Example& example, int size, float* sums) noexcept {
  const int width = kSize > 0 ? kSize : size;
  for (int f = 0; f < width; ++f) sums[f] = 0;
  float squares[kSize > 0 ? kSize : 1] = {};
  float rest = 0;
  for (std::size_t i = 0; i < example.size; ++i) {
    const float* const latent = example.rows[i] + kLinearFloats;
    const float value = example.value(i);
    for (int f = 0; f < width; ++f) {
      const float part = latent[f] * value;
      sums[f] += part;
      if constexpr (kSize > 0) {
        squares[f] += part * part;
      } else {
        rest += part * part;
      }
    }
  }
  float total = 0;
  for (int f = 0; f < width; ++f) {
    total += sums[f] * sums[f];
    if constexpr (kSize > 0) total -= squares[f];
  }
  return 0.5F * (total - rest);
}

template <int kSize, typename Optimizer>
static void UpdateFm(const Example& example, int size, const float* sums, float slope, const Optimizer& optimizer) noexcept {
  const int width = kSize > 0 ? kSize : size;
  for (std::size_t i = 0; i < example.size; ++i) {
    float* const latent = example.rows[i] + kLinearFloats;
    const float value = example.value(i);
    const float scale = slope * value;
    for (int f = 0; f < width; ++f) {
      const float gradient = scale * (sums[f] - latent[f] * value);
      float state[Optimizer::kState > 0 ? Optimizer::kState : 1];
      for (int s = 0; s < Optimizer::kState; ++s) state[s] = latent[(s + 1) * width + f];
      optimizer.Step(latent[f], state, gradient, value);
      for (int s = 0; s < Optimizer::kState; ++s) latent[(s + 1) * width + f] = state[s];
    }
  }
}

}  // namespace tiffin::learn
