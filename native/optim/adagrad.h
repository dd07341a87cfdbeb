// AdaGrad: steps shrink with the squares of a weight's past gradients (Duchi, Hazan, Singer, JMLR 2011).
//
// state: [sum of squared gradients]
#pragma once

#include <cmath>
#include <limits>

#include "base/inline.h"

namespace tiffin::learn {

struct AdaGrad {
  static constexpr int kState = 1;
  float alpha;
  float beta;
  float l2;

  TIFFIN_INLINE void Step(float& weight, float* state, float gradient, float) const noexcept {
    gradient += l2 * weight;
    const float sum = state[0] + gradient * gradient;
    state[0] = sum < std::numeric_limits<float>::max() ? sum : std::numeric_limits<float>::max();
    const float rate = beta + std::sqrt(state[0]);
    weight -= rate > 0 ? alpha * gradient / rate : 0.0F;  // squares of tiny gradients are 0
  }
  void Decay(float& weight, float* state, float factor) const noexcept {
    weight *= factor;
    state[0] *= factor;
  }
};

}  // namespace tiffin::learn
