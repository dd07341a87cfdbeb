// FTRL-proximal: AdaGrad's steps with an L1 that makes weights exactly zero (McMahan et al., KDD 2013, algorithm 1).
//
// state: [z, square root of the sum of squared gradients]; the root is what is needed, so it is what is kept.  Both sides of
// the paper's fraction are multiplied by alpha: that spares a division.  Without an L1 the weight says what z is,
// w = -alpha z / (beta + root + alpha l2), so z is not kept: state: [root].  The step is then
//
//   w' = -(alpha (z + g) - (root' - root) w) / (beta + root' + alpha l2) = w - alpha g / (beta + root' + alpha l2)
#pragma once

#include <cmath>

#include "base/inline.h"
#include "base/lanes.h"

namespace tiffin::learn {

// What both have: how the root grows, and what alpha z is divided by.
struct FtrlRates {
  static constexpr float kMostRoot = 0x1.FFFFFEp63F;  // of a finite sum

  float alpha;
  float least;  // that it is divided by: beta + alpha l2

  template <typename F>
  TIFFIN_INLINE F Root(F root, F gradient) const noexcept {
    return Least(Sqrt(root * root + gradient * gradient), kMostRoot);
  }
  template <typename F>
  TIFFIN_INLINE F Divisor(F root) const noexcept {
    return least + root;
  }
};

struct Ftrl {
  static constexpr int kState = 2;
  FtrlRates rates;
  float l1;

  template <typename F>
  TIFFIN_INLINE void Step(F& weight, F* state, F gradient, F) const noexcept {
    const F root = rates.Root(state[1], gradient);
    const F z = state[0] + gradient - (root - state[1]) / rates.alpha * weight;
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
  template <typename F>
  TIFFIN_INLINE F Weight(F z, F root) const noexcept {
    const F beyond = Abs(z) - l1;
    const F against = z < 0 ? beyond : -beyond;
    return beyond > 0 ? rates.alpha * against / rates.Divisor(root) : F{};
  }
};

struct FtrlWithoutL1 {
  static constexpr int kState = 1;
  FtrlRates rates;

  template <typename F>
  TIFFIN_INLINE void Step(F& weight, F* state, F gradient, F) const noexcept {
    state[0] = rates.Root(state[0], gradient);
    const F divisor = rates.Divisor(state[0]);
    weight -= divisor > 0 ? rates.alpha * gradient / divisor : F{};  // beta and l2 of 0, and no gradient yet that has a square
  }
  // As above: z shrinks by the factor, and so does the weight by less.
  void Decay(float& weight, float* state, float factor) const noexcept {
    const float z = weight * rates.Divisor(state[0]) * factor;  // times alpha
    state[0] *= std::sqrt(factor);
    const float divisor = rates.Divisor(state[0]);
    weight = divisor > 0 ? z / divisor : 0.0F;
  }
};

}  // namespace tiffin::learn
