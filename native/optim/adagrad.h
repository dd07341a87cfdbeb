// AdaGrad: steps shrink with the squares of a weight's past gradients (Duchi, Hazan, Singer, JMLR 2011).
//
// state: [sum of squared gradients]
#pragma once

#include <limits>

#include "base/inline.h"
#include "base/lanes.h"

namespace tiffin::learn {

struct AdaGrad {
  static constexpr int kState = 1;
  float alpha;
  float beta;
  float l2;

  template <typename F>
  TIFFIN_INLINE void Step(F& weight, F* state, F gradient, F) const noexcept {
    gradient += l2 * weight;
    state[0] = Least(state[0] + gradient * gradient, std::numeric_limits<float>::max());
    const F rate = beta + Sqrt(state[0]);
    weight -= rate > 0 ? alpha * gradient / rate : F{};  // squares of tiny gradients are 0
  }
  void Decay(float& weight, float* state, float factor) const noexcept {
    weight *= factor;
    state[0] *= factor;
  }
};

}  // namespace tiffin::learn
