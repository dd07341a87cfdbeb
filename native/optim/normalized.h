// Adaptive steps that do not depend on the scale of a feature (Ross, Mineiro, Langford: Normalized Online Learning, UAI
// 2013, algorithm 3, NAG, with the scale of each feature alone).
//
// state: [sum of squared gradients, largest absolute value of the feature]
#pragma once

#include <limits>

#include "base/inline.h"
#include "base/lanes.h"

namespace tiffin::learn {

struct Normalized {
  static constexpr int kState = 2;
  float alpha;
  float l2;

  template <typename F>
  TIFFIN_INLINE void Step(F& weight, F* state, F gradient, F value) const noexcept {
    const F size = Abs(value);
    const F scaled = size > state[1] ? weight * (state[1] / size) : weight;
    state[1] = size > state[1] ? size : state[1];
    const F whole = gradient + l2 * scaled;
    const F sum = Least(state[0] + whole * whole, std::numeric_limits<float>::max());
    state[0] = gradient == 0 ? state[0] : sum;
    const F rate = Sqrt(state[0]) * state[1];
    const F step = rate > 0 ? alpha * whole / rate : F{};  // tiny numbers become 0
    weight = gradient == 0 ? scaled : scaled - step;
  }
  // The scale of a feature stays what it is.
  void Decay(float& weight, float* state, float factor) const noexcept {
    weight *= factor;
    state[0] *= factor;
  }
};

}  // namespace tiffin::learn
