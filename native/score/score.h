// Score terms: what a model says about an example, from the rows of its features.
//
// A row of the table, for one feature:
//   [weight, state, state, seen]                        the linear term; `seen` is 0 until the latent values are there
//   [value * size, state * size ...]                    FM: once.  FFM: once for each field, from FfmFirst on
// Each optimiser's states follow the values they belong to, so that one look at memory brings both.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/inline.h"
#include "base/prefetch.h"

namespace tiffin::learn {

enum class ScoreKind : unsigned char { kLinear, kFm, kFfm };

inline constexpr std::size_t kLinearFloats = 4;
inline constexpr std::size_t kSeen = 3;

// Where the vectors of an FFM begin, each of so many floats with its states: they are visited one by one, and no more of
// them than there must be is to lie across two cache lines.
TIFFIN_INLINE std::size_t FfmFirst(std::size_t stride) noexcept {
  const std::size_t power = stride & (~stride + 1);  // the largest that divides it
  return power < kLinearFloats ? kLinearFloats : power > kLineFloats ? kLineFloats : power;
}

// One example, with the rows of its features wherever they are: in the table, or in a copy of a part of it.
struct Example {
  float* const* rows;          // as many as there are features
  const float* values;         // nullptr: all are 1
  const std::uint32_t* fields;  // nullptr unless the score needs them
  std::size_t size;

  TIFFIN_INLINE float value(std::size_t i) const noexcept { return values == nullptr ? 1.0F : values[i]; }
};

}  // namespace tiffin::learn
