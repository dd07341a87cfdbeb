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

// A word that ends before any of ' ', '\t', ':', '|' and the end of the line, and what it stands for.
class Word {
 public:
  // REQUIRES: after `end` 16 more bytes may be read.
  Word(const char* at, const char* end) noexcept {
    const auto most = static_cast<std::size_t>(end - at);
    std::size_t size = 0;
#if defined(__SSE2__)
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const auto is = [&](char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); };
    const __m128i ends = _mm_or_si128(_mm_or_si128(is(' '), is('\t')), _mm_or_si128(is(':'), is('|')));
    const auto stops = static_cast<unsigned>(_mm_movemask_epi8(ends));
    size = stops == 0 ? kShortWord : static_cast<std::size_t>(std::countr_zero(stops));
    if (size < kShortWord || most <= kShortWord) {
      size = size < most ? size : most;
      // 0 to 9 become the lowest ten of signed bytes.
      const __m128i moved = _mm_add_epi8(bytes, _mm_set1_epi8(static_cast<char>(-128 - '0')));
      const auto digits = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmplt_epi8(moved, _mm_set1_epi8(-128 + 10))));
      const unsigned whole = (1U << size) - 1;
      text_ = {at, size};
      id_ = (digits & whole) == whole ? IdOf(text_) : HashShort(text_) & kIdMask;
      return;
    }
#endif
    while (size < most && !EndsWord(at[size])) ++size;
    text_ = {at, size};
    id_ = IdOf(text_);
  }

  std::string_view text() const noexcept { return text_; }
  // As IdOf(text()).
  std::uint64_t id() const noexcept { return id_; }

 private:
  static bool EndsWord(char c) noexcept { return c == ' ' || c == '\t' || c == ':' || c == '|'; }

  std::string_view text_;
  std::uint64_t id_;
};

}  // namespace tiffin::learn
