// Field-aware factorisation machines (Juan, Zhuang, Chin, Lin, RecSys 2016): each feature has a latent vector for each
// field that it may meet, and a pair of features adds the product of the two that are meant for each other.
#pragma once

#include "score/score.h"

namespace tiffin::learn {

// Where a row has the latent vector for a field.  states: floats of state for each value.
static inline std::size_t FfmOffset(std::uint32_t field, int size, int states) noexcept {
  return kLinearFloats + static_cast<std::size_t>(field) * static_cast<std::size_t>(size * (1 + states));
}

template <int kSize>
static float FfmScore(const Example& example, int size, int states) noexcept {
  const int width = kSize > 0 ? kSize : size;
  float sums[kSize > 0 ? kSize : 1] = {};
  for (std::size_t i = 0; i < example.size; ++i) {
    const float* const row = example.rows[i];
    const std::size_t own = FfmOffset(example.fields[i], width, states);
    for (std::size_t j = i + 1; j < example.size; ++j) {
      const float* const one = row + FfmOffset(example.fields[j], width, states);
      const float* const other = example.rows[j] + own;
      const float scale = example.value(i) * example.value(j);
      for (int f = 0; f < width; ++f) sums[kSize > 0 ? f : 0] += one[f] * other[f] * scale;
    }
  }
  float total = 0;
  for (const float sum : sums) total += sum;
  return total;
}

template <int kSize, typename Optimizer>
static void UpdateFfm(const Example& example, int size, float slope, const Optimizer& optimizer) noexcept {
  constexpr int kState = Optimizer::kState;
  const int width = kSize > 0 ? kSize : size;
  // Copies first: the compiler cannot know that the two vectors are not the same memory.  When they are, as keys that
  // share a row may have it, the second step counts.
  constexpr int kPiece = kSize > 0 ? kSize : 1;
  const auto load = [&](const float* from, int piece, float (&values)[(1 + kState) * kPiece]) {
    for (int s = 0; s <= kState; ++s) {
      for (int f = 0; f < kPiece; ++f) values[s * kPiece + f] = from[s * width + piece + f];
    }
  };
  const auto step = [&](float* to, int piece, float (&values)[(1 + kState) * kPiece], const float* gradients) {
    for (int f = 0; f < kPiece; ++f) {
      float state[kState > 0 ? kState : 1];
      for (int s = 0; s < kState; ++s) state[s] = values[(s + 1) * kPiece + f];
      optimizer.Step(values[f], state, gradients[f], 1.0F);
      for (int s = 0; s < kState; ++s) values[(s + 1) * kPiece + f] = state[s];
    }
    for (int s = 0; s <= kState; ++s) {
      for (int f = 0; f < kPiece; ++f) to[s * width + piece + f] = values[s * kPiece + f];
    }
  };
  for (std::size_t i = 0; i < example.size; ++i) {
    const std::size_t own = FfmOffset(example.fields[i], width, kState);
    for (std::size_t j = i + 1; j < example.size; ++j) {
      float* const one = example.rows[i] + FfmOffset(example.fields[j], width, kState);
      float* const other = example.rows[j] + own;
      const float scale = slope * example.value(i) * example.value(j);
      for (int piece = 0; piece < width; piece += kPiece) {
        float ones[(1 + kState) * kPiece];
        float others[(1 + kState) * kPiece];
        load(one, piece, ones);
        load(other, piece, others);
        float to_one[kPiece];
        float to_other[kPiece];
        for (int f = 0; f < kPiece; ++f) {
          to_one[f] = scale * others[f];
          to_other[f] = scale * ones[f];
        }
        step(one, piece, ones, to_one);
        step(other, piece, others, to_other);
      }
    }
  }
}

}  // namespace tiffin::learn
