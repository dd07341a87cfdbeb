// FTRL-proximal: AdaGrad's steps with an L1 that makes weights exactly zero (McMahan et al., KDD 2013, algorithm 1).
//
// state: [z, square root of the sum of squared gradients]; the root is what is needed, so it is what is kept.
#pragma once

#include <cmath>

#include "base/inline.h"

namespace tiffin::learn {

struct Ftrl {
  static constexpr int kState = 2;
  float alpha;
  float beta;
  float l1;
  float l2;

  TIFFIN_INLINE void Step(float& weight, float* state, float gradient, float) const noexcept {
    const float exact = std::sqrt(state[1] * state[1] + gradient * gradient);
    const float root = exact < kMostRoot ? exact : kMostRoot;
    const float z = state[0] + gradient - (root - state[1]) / alpha * weight;
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

  TIFFIN_INLINE float Weight(float z, float root) const noexcept {
    const float beyond = std::fabs(z) - l1;
    return beyond > 0 ? -std::copysign(beyond, z) / ((beta + root) / alpha + l2) : 0.0F;
  }
};

}  // namespace tiffin::learn
