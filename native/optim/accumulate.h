// No optimiser but a buffer: gradients are added up beside their weights, for whoever applies them later.
//
// state: [sum of gradients]
#pragma once

#include "base/inline.h"

namespace tiffin::learn {

struct Accumulate {
  static constexpr int kState = 1;

  template <typename F>
  TIFFIN_INLINE void Step(F&, F* state, F gradient, F) const noexcept {
    state[0] += gradient;
  }
  void Decay(float& weight, float* state, float factor) const noexcept {
    weight *= factor;
    state[0] *= factor;
  }
};

}  // namespace tiffin::learn
