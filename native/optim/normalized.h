// Adaptive steps that do not depend on the scale of a feature (Ross, Mineiro, Langford: Normalized Online Learning, UAI
// 2013, algorithm 3, NAG, with the scale of each feature alone).
//
// state: [sum of squared gradients, largest absolute value of the feature]
#pragma once

#include <cmath>
#include <limits>

#include "base/inline.h"

namespace tiffin::learn {

struct Normalized {
  static constexpr int kState = 2;
  float alpha;
  float l2;

  TIFFIN_INLINE void Step(float& weight, float* state, float gradient, float value) const noexcept {
    const float size = std::fabs(value);
    if (size > state[1]) {
      weight *= state[1] / size;
      state[1] = size;
    }
    if (gradient == 0) return;
    gradient += l2 * weight;
    const float sum = state[0] + gradient * gradient;
    state[0] = sum < std::numeric_limits<float>::max() ? sum : std::numeric_limits<float>::max();
    const float rate = std::sqrt(state[0]) * state[1];
    if (rate > 0) weight -= alpha * gradient / rate;  // tiny numbers become 0
  }
  // The scale of a feature stays what it is.
  void Decay(float& weight, float* state, float factor) const noexcept {
    weight *= factor;
    state[0] *= factor;
  }
};

}  // namespace tiffin::learn
