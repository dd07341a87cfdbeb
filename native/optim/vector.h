// Weights side by side, each with its states after all of them: [weight * size, (state * size) * states].
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

#include "base/inline.h"
#include "base/lanes.h"

namespace tiffin::learn {

// A part of such a vector, as many weights as F has lanes, with their states.
template <typename F, typename Optimizer>
struct VectorPart {
  static constexpr int kState = Optimizer::kState;

  F weights;
  F states[kState > 0 ? kState : 1];

  // from: the first of the weights.  size: of the whole vector.
  TIFFIN_INLINE VectorPart(const float* from, int size) noexcept : weights(LoadLanes<F>(from)) {
    for (int s = 0; s < kState; ++s) states[s] = LoadLanes<F>(from + (s + 1) * size);
  }
  TIFFIN_INLINE void Step(const Optimizer& optimizer, const F& gradients, float value) noexcept {
    optimizer.Step(weights, states, gradients, AllLanes<F>(value));
  }
  TIFFIN_INLINE void Store(float* to, int size) const noexcept {
    StoreLanes(to, weights);
    for (int s = 0; s < kState; ++s) StoreLanes(to + (s + 1) * size, states[s]);
  }
};

// Calls f(i, weight, state) with each of them; what it changes is put back.
template <typename Optimizer, typename F>
void ForEachWeight(const Optimizer&, std::size_t size, float* weights, F f) {
  constexpr auto states = std::size_t{std::remove_cvref_t<Optimizer>::kState};
  float state[states + 1];
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t s = 0; s < states; ++s) state[s] = weights[(s + 1) * size + i];
    f(i, weights[i], state);
    for (std::size_t s = 0; s < states; ++s) weights[(s + 1) * size + i] = state[s];
  }
}

template <typename Optimizer>
void StepEach(const Optimizer& optimizer, std::span<const float> gradients, float* weights) {
  const auto size = static_cast<int>(gradients.size());
  ForEachPart(size, [&]<typename F>(F, int at) TIFFIN_INLINE_LAMBDA {
    VectorPart<F, Optimizer> part(weights + at, size);
    part.Step(optimizer, LoadLanes<F>(gradients.data() + at), 1.0F);
    part.Store(weights + at, size);
  });
}

template <typename Optimizer>
void DecayEach(const Optimizer& optimizer, std::size_t size, float factor, float* weights) {
  ForEachWeight(optimizer, size, weights,
                [&](std::size_t, float& weight, float* state) { optimizer.Decay(weight, state, factor); });
}

}  // namespace tiffin::learn
