// Plain stochastic gradient descent.
#pragma once

#include "base/inline.h"

namespace tiffin::learn {

struct Sgd {
  static constexpr int kState = 0;
  float alpha;
  float l2;

  template <typename F>
  TIFFIN_INLINE void Step(F& weight, F*, F gradient, F) const noexcept {
    weight -= alpha * (gradient + l2 * weight);
  }
  void Decay(float& weight, float*, float factor) const noexcept { weight *= factor; }
};

}  // namespace tiffin::learn
