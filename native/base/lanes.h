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

template <typename T, int kCount>
struct VectorOf {
  using Type __attribute__((vector_size(kCount * sizeof(T)))) = T;
};
template <>
struct VectorOf<float, 1> {
  using Type = float;
};

}  // namespace detail

// kCount: a power of two.
template <int kCount>
using Lanes = typename detail::VectorOf<float, kCount>::Type;

template <typename F>
inline constexpr int kLanesOf = sizeof(F) / sizeof(float);

// Lanes of a processor's vector: of more, the compiler makes several, and shuffles those slowly.
#ifdef __AVX__
constexpr int kVectorLanes = 8;
#else
constexpr int kVectorLanes = 4;
#endif

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

namespace detail {

// Pairs of floats, as many as F has half of its lanes.
template <typename F>
using PairsIn = typename VectorOf<std::int64_t, kLanesOf<F> / 2>::Type;

// In each lane the one of two vectors that choose(lane) says, counted on from the first vector to the second.  What it
// says is a constant, so no engine has code for it that another one could be given.
template <typename F, typename Choose, int... kLane>
TIFFIN_INLINE F Chosen(const F& a, const F& b, Choose choose, std::integer_sequence<int, kLane...>) noexcept {
#ifdef __clang__
  return __builtin_shufflevector(a, b, std::integral_constant<int, choose(kLane)>::value...);
#else
  return __builtin_shuffle(
      a, b, typename VectorOf<std::int32_t, sizeof...(kLane)>::Type{std::integral_constant<int, choose(kLane)>::value...});
#endif
}

// Processors shuffle four lanes at a time, the first two of them from one vector and the others from another.
constexpr int FirstAt(int lane, int lanes) noexcept { return lane / 4 * 4 + lane % 2 * 2 + lane / 2 % 2 * lanes; }
constexpr int LowAt(int lane, int lanes) noexcept { return lane / 4 * 4 + lane / 2 % 2 + lane % 2 * lanes; }

// Which pair is in two lanes of the lower vector; in those of the upper one is that two further on.
constexpr int PairOf(int at) noexcept { return at / 2 * 4 + at % 2; }

template <typename F>
TIFFIN_INLINE F GatherPairs(float* const* places) noexcept {
  PairsIn<F> pairs = {};
  for (int at = 0; at < kLanesOf<F> / 2; ++at) {
    std::int64_t pair;
    std::memcpy(&pair, places[PairOf(at)], sizeof pair);
    pairs[at] = pair;
  }
  F lanes;
  std::memcpy(&lanes, &pairs, sizeof lanes);
  return lanes;
}
template <typename F>
TIFFIN_INLINE void ScatterPairs(const F& lanes, float* const* places) noexcept {
  PairsIn<F> pairs;
  std::memcpy(&pairs, &lanes, sizeof pairs);
  for (int at = 0; at < kLanesOf<F> / 2; ++at) {
    const std::int64_t pair = pairs[at];
    std::memcpy(places[PairOf(at)], &pair, sizeof pair);
  }
}

}  // namespace detail

// The two floats at each place, and back.  REQUIRES: F has at least four lanes.
template <typename F>
TIFFIN_INLINE void LoadPairs(float* const* places, F& firsts, F& seconds) noexcept {
  constexpr int kLanes = kLanesOf<F>;
  constexpr std::make_integer_sequence<int, kLanes> kAll;
  const F low = detail::GatherPairs<F>(places);
  const F high = detail::GatherPairs<F>(places + 2);
  firsts = detail::Chosen(low, high, [](int lane) { return detail::FirstAt(lane, kLanes); }, kAll);
  seconds = detail::Chosen(low, high, [](int lane) { return detail::FirstAt(lane, kLanes) + 1; }, kAll);
}
template <typename F>
TIFFIN_INLINE void StorePairs(const F& firsts, const F& seconds, float* const* places) noexcept {
  constexpr int kLanes = kLanesOf<F>;
  constexpr std::make_integer_sequence<int, kLanes> kAll;
  const F low = detail::Chosen(firsts, seconds, [](int lane) { return detail::LowAt(lane, kLanes); }, kAll);
  const F high = detail::Chosen(firsts, seconds, [](int lane) { return detail::LowAt(lane, kLanes) + 2; }, kAll);
  detail::ScatterPairs(low, places);
  detail::ScatterPairs(high, places + 2);
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

using Quad = VectorOf<std::uint32_t, 4>::Type;

// The lower halves of four pointers.
template <typename T>
TIFFIN_INLINE Quad LowerHalves(T* const* pointers) noexcept {
  static_assert(sizeof(T*) == 2 * sizeof(std::uint32_t));
  Quad quads[2];
  std::memcpy(&quads[0], pointers, sizeof quads[0]);
  std::memcpy(&quads[1], pointers + 2, sizeof quads[1]);
  return Chosen(quads[0], quads[1], [](int lane) { return 2 * lane; }, std::make_integer_sequence<int, 4>{});
}
// Each word where the one so many places further on was.
template <int kPlaces>
TIFFIN_INLINE Quad Rotated(const Quad& words) noexcept {
  return Chosen(words, words, [](int lane) { return (lane + kPlaces) % 4; }, std::make_integer_sequence<int, 4>{});
}
// Not 0 where a word is beside one of the same: each is looked at beside those up to half of all places further on.
TIFFIN_INLINE auto SameIn(const Quad& words) noexcept {
  return (words == Rotated<1>(words)) | (words == Rotated<2>(words));
}
TIFFIN_INLINE auto SameIn(const Quad& a, const Quad& b) noexcept {
  return (a == b) | (a == Rotated<1>(b)) | (a == Rotated<2>(b)) | (a == Rotated<3>(b));
}

}  // namespace detail

// Whether 4 or 8 pointers are all different.  Those that are so only in their upper halves, which is rare, are taken for
// the same.
template <int kCount, typename T>
TIFFIN_INLINE bool AreDistinct(T* const* pointers) noexcept {
  static_assert(kCount == 4 || kCount == 8);
  const detail::Quad first = detail::LowerHalves(pointers);
  auto same = detail::SameIn(first);
  if constexpr (kCount == 8) {
    const detail::Quad second = detail::LowerHalves(pointers + 4);
    same |= detail::SameIn(second) | detail::SameIn(first, second);
  }
  detail::VectorOf<std::int64_t, 2>::Type halves;
  std::memcpy(&halves, &same, sizeof halves);
  return (halves[0] | halves[1]) == 0;
}

}  // namespace tiffin
