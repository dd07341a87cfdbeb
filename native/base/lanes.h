// Floats that go through arithmetic side by side, and a single one by the same code.
//
// A Lanes<n> is a vector of the compiler's own (GCC and Clang): operators work lane by lane, and a choice by a comparison
// takes from each side what it is true for.  The bits are those of one lane after the other.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "base/inline.h"

namespace tiffin {

namespace detail {

template <int kCount>
struct LanesOf {
  using Type __attribute__((vector_size(kCount * sizeof(float)))) = float;
};
template <>
struct LanesOf<1> {
  using Type = float;
};

}  // namespace detail

// kCount: a power of two.
template <int kCount>
using Lanes = typename detail::LanesOf<kCount>::Type;

template <typename F>
inline constexpr int kLanesOf = sizeof(F) / sizeof(float);

template <typename F>
TIFFIN_INLINE F LoadLanes(const float* from) noexcept {
  F lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}
template <typename F>
TIFFIN_INLINE void StoreLanes(float* to, const F& lanes) noexcept {
  std::memcpy(to, &lanes, sizeof lanes);
}
// The same number in all lanes.
template <typename F>
TIFFIN_INLINE F AllLanes(float number) noexcept {
  return F{} + number;
}
template <typename F>
TIFFIN_INLINE F Sqrt(const F& lanes) noexcept {
  if constexpr (std::is_same_v<F, float>) {
    return __builtin_sqrtf(lanes);
  } else {
    F roots = {};
    for (int i = 0; i < kLanesOf<F>; ++i) roots[i] = __builtin_sqrtf(lanes[i]);
    return roots;
  }
}
// One after the other.
template <typename F>
TIFFIN_INLINE float SumOf(const F& lanes) noexcept {
  if constexpr (std::is_same_v<F, float>) {
    return lanes;
  } else {
    float sum = 0;
    for (int i = 0; i < kLanesOf<F>; ++i) sum += lanes[i];
    return sum;
  }
}
// -0 stays what it is.
template <typename F>
TIFFIN_INLINE F Abs(const F& lanes) noexcept {
  return lanes < 0 ? -lanes : lanes;
}
// The bound, too, in place of NaN.
template <typename F>
TIFFIN_INLINE F Least(const F& lanes, float bound) noexcept {
  return lanes < bound ? lanes : AllLanes<F>(bound);
}

// Calls f(F{}, at) for all of `size` floats in parts of as many as F has lanes, from `at` on: large ones first.
template <typename Visit>
TIFFIN_INLINE void ForEachPart(int size, Visit f) {
  int at = 0;
  for (; at + 16 <= size; at += 16) f(Lanes<16>{}, at);
  for (; at + 8 <= size; at += 8) f(Lanes<8>{}, at);
  for (; at + 4 <= size; at += 4) f(Lanes<4>{}, at);
  for (; at + 2 <= size; at += 2) f(Lanes<2>{}, at);
  for (; at < size; ++at) f(Lanes<1>{}, at);
}

namespace detail {

template <int kCount>
struct WordsOf {
  using Type __attribute__((vector_size(kCount * sizeof(std::uint64_t)))) = std::uint64_t;
};

// Each word where the one so many places further on was.
template <int kPlaces, int... kAt, typename Words>
TIFFIN_INLINE Words Rotated(const Words& words, std::integer_sequence<int, kAt...>) noexcept {
  constexpr int kCount = sizeof...(kAt);
#ifdef __clang__
  return __builtin_shufflevector(words, words, (kAt + kPlaces) % kCount...);
#else
  return __builtin_shuffle(words, Words{(kAt + kPlaces) % kCount...});
#endif
}

}  // namespace detail

// Whether 4 or 8 pointers are all different.
template <int kCount, typename T>
TIFFIN_INLINE bool AreDistinct(T* const* pointers) noexcept {
  static_assert(sizeof(T*) == sizeof(std::uint64_t));
  using Words = typename detail::WordsOf<kCount>::Type;
  constexpr std::make_integer_sequence<int, kCount> kAll;
  Words words;
  std::memcpy(&words, pointers, sizeof words);
  // Each beside those up to half of all places further on, so every pair is looked at.
  auto same = (words == detail::Rotated<1>(words, kAll)) | (words == detail::Rotated<2>(words, kAll));
  if constexpr (kCount == 8) {
    same |= (words == detail::Rotated<3>(words, kAll)) | (words == detail::Rotated<4>(words, kAll));
  }
  std::int64_t any = 0;
  for (int i = 0; i < kCount; ++i) any |= same[i];
  return any == 0;
}

}  // namespace tiffin
