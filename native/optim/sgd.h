// Plain stochastic gradient descent.
#pragma once

#include "base/inline.h"

namespace tiffin::learn {

struct Sgd {
  static constexpr int kState = 0;
  float alpha;
  float l2;

  TIFFIN_INLINE void Step(float& weight, float*, float gradient, float) const noexcept {
    weight -= alpha * (gradient + l2 * weight);
  }
  void Decay(float& weight, float*, float factor) const noexcept { weight *= factor; }
};

}  // namespace tiffin::learn
