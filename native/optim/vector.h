// Weights side by side, each with its states after all of them: [weight * size, (state * size) * states].
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

namespace tiffin::learn {

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
  ForEachWeight(optimizer, gradients.size(), weights,
                [&](std::size_t i, float& weight, float* state) { optimizer.Step(weight, state, gradients[i], 1.0F); });
}

template <typename Optimizer>
void DecayEach(const Optimizer& optimizer, std::size_t size, float factor, float* weights) {
  ForEachWeight(optimizer, size, weights,
                [&](std::size_t, float& weight, float* state) { optimizer.Decay(weight, state, factor); });
}

}  // namespace tiffin::learn
