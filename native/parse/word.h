// Words of text, without a branch for each character: where they end is what a processor cannot guess.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "rows/key.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tiffin::learn {

inline constexpr std::size_t kShortWord = 16;
inline constexpr std::size_t kStopsAhead = 64;  // bytes that are looked at together

// Where any of some characters are in a line.  They are found for 64 bytes together, so that the next one is known before
// what is between two of them was looked at (Langdale, Lemire, VLDB Journal 2019, on JSON).
template <char... kStops>
class Stops {
 public:
  // REQUIRES: after `end` 64 more bytes may be read.
  Stops(const char* at, const char* end) noexcept : window_(at), end_(end), left_(StopsIn(at)) {}

  // The first one after those that it gave, or the end.
  const char* Next() noexcept {
    while (left_ == 0) {
      if (end_ - window_ <= static_cast<std::ptrdiff_t>(kStopsAhead)) return end_;
      window_ += kStopsAhead;
      left_ = StopsIn(window_);
    }
    const char* const stop = window_ + std::countr_zero(left_);
    left_ &= left_ - 1;
    return stop < end_ ? stop : end_;
  }

 private:
  // Bit i: whether the i-th byte is one.
  static std::uint64_t StopsIn(const char* at) noexcept {
    std::uint64_t found = 0;
#if defined(__SSE2__)
    for (std::size_t i = 0; i < kStopsAhead; i += 16) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + i));
      __m128i are = _mm_setzero_si128();
      ((are = _mm_or_si128(are, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(kStops)))), ...);
      found |= static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(are))) << i;
    }
#else
    for (std::size_t i = 0; i < kStopsAhead; ++i) {
      found |= static_cast<std::uint64_t>(((at[i] == kStops) || ...)) << i;
    }
#endif
    return found;
  }

  const char* window_;
  const char* const end_;
  std::uint64_t left_;  // of the window
};

// As IdOf(text).  REQUIRES: after the text 16 more bytes may be read.
inline std::uint64_t IdOfWord(std::string_view text) noexcept {
#if defined(__SSE2__)
  if (text.size() <= kShortWord) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data()));
    // 0 to 9 become the lowest ten of signed bytes.
    const __m128i moved = _mm_add_epi8(bytes, _mm_set1_epi8(static_cast<char>(-128 - '0')));
    const auto digits = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmplt_epi8(moved, _mm_set1_epi8(-128 + 10))));
    const unsigned whole = (1U << text.size()) - 1;
    if ((digits & whole) != whole) return HashShort(text) & kIdMask;
  }
#endif
  return IdOf(text);
}

}  // namespace tiffin::learn
