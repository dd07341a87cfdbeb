// FTRL-proximal: AdaGrad's steps with an L1 that makes weights exactly zero (McMahan et al., KDD 2013, algorithm 1).
//
// state: [z, square root of the sum of squared gradients]; the root is what is needed, so it is what is kept.
#pragma once

#include <cmath>

#include "base/inline.h"
#include "base/lanes.h"

namespace tiffin::learn {

struct Ftrl {
  static constexpr int kState = 2;
  float alpha;
  float beta;
  float l1;
  float l2;

  template <typename F>
  TIFFIN_INLINE void Step(F& weight, F* state, F gradient, F) const noexcept {
    const F root = Least(Sqrt(state[1] * state[1] + gradient * gradient), kMostRoot);
    const F z = state[0] + gradient - (root - state[1]) / alpha * weight;
    state[0] = z;
    state[1] = root;
    weight = Weight(z, root);
  }
  // Of the sum of squares as of z; the weight follows from the two.
  void Decay(float& weight, float* state, float factor) const noexcept {
    state[0] *= factor;
    state[1] *= std::sqrt(factor);
    weight = Weight(state[0], state[1]);
  }

 private:
  static constexpr float kMostRoot = 0x1.FFFFFEp63F;  // of a finite sum

  template <typename F>
  TIFFIN_INLINE F Weight(F z, F root) const noexcept {
    const F beyond = Abs(z) - l1;
    const F against = z < 0 ? beyond : -beyond;
    return beyond > 0 ? against / ((beta + root) / alpha + l2) : F{};
  }
};

}  // namespace tiffin::learn
