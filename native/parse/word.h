// Words of text, without a branch for each character: where they end is what a processor cannot guess.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "rows/key.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tiffin::learn {

inline constexpr std::size_t kShortWord = 16;
// For the 8 bytes of a word of memory.
inline constexpr std::uint64_t kZeros = 0x3030303030303030ULL;            // '0'
inline constexpr std::uint64_t kSevenBitsFrom10 = 0x7676767676767676ULL;  // 10 and this are 128
inline constexpr std::uint64_t kEighthBits = 0x8080808080808080ULL;

// The first 8 bytes of text as digits, without their '0'; what is after its end is 0.
inline std::uint64_t DigitsOf(std::uint64_t bytes, std::size_t size) noexcept {
  return bytes ^ (kZeros & detail::kMasks[size].low);
}

// Whether they are digits.  (What a byte carries over into the next one changes nothing: then it is none itself.)
inline bool AreDigits(std::uint64_t digits) noexcept {
  return (((digits + kSevenBitsFrom10) | digits) & kEighthBits) == 0;
}

// The number that up to 8 digits are; 0 of none.  False for anything else.  REQUIRES: after the text 8 more bytes may be
// read.
inline bool WholeOfWord(std::string_view text, std::uint64_t& number) noexcept {
  if (text.size() > 8) return false;
  const std::uint64_t bytes = detail::LoadWord(text.data()) & detail::kMasks[text.size()].low;
  std::uint64_t digits = DigitsOf(bytes, text.size());
  if (!AreDigits(digits)) return false;
  const std::size_t half = 32 - 4 * text.size();
  digits = digits << half << half;  // zeros before them
  // Two neighbours become one number: of 2, 4 and then 8 digits.
  digits = (digits * 10 + (digits >> 8)) & 0x00FF00FF00FF00FFULL;
  digits = (digits * 100 + (digits >> 16)) & 0x0000FFFF0000FFFFULL;
  number = (digits * 10000 + (digits >> 32)) & 0xFFFFFFFFULL;
  return true;
}

// As IdOf(text), of digits.  REQUIRES: as of WholeOfWord; text is not empty.
inline std::uint64_t IdOfDigits(std::string_view text) noexcept {
  std::uint64_t number;
  return text[0] != '0' && WholeOfWord(text, number) ? number : IdOf(text);
}

// Whether text is one piece, and not empty.
inline bool IsShort(std::string_view text) noexcept { return text.size() - 1 < kShortWord; }

// As IdOf(text).  REQUIRES: it is short, and after it 16 more bytes may be read.
inline std::uint64_t IdOfShort(std::string_view text) noexcept {
#if defined(__SSE2__)
  // The vector registers have room for what is the same for all words.
  const __m128i mask = _mm_load_si128(reinterpret_cast<const __m128i*>(&detail::kMasks[text.size()]));
  const __m128i bytes = _mm_and_si128(mask, _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data())));
  // 0 to 9 become the lowest ten of signed bytes.
  const __m128i moved = _mm_add_epi8(bytes, _mm_set1_epi8(static_cast<char>(-128 - '0')));
  const __m128i others = _mm_andnot_si128(_mm_cmplt_epi8(moved, _mm_set1_epi8(-128 + 10)), mask);
  if (_mm_movemask_epi8(others) == 0) return IdOfDigits(text);
  const __m128i hidden = _mm_xor_si128(bytes, _mm_set_epi64x(static_cast<std::int64_t>(detail::kSecret[0]),
                                                             static_cast<std::int64_t>(detail::kSecret[1])));
  const auto low = static_cast<std::uint64_t>(_mm_cvtsi128_si64(hidden));
  const auto high = static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(hidden, hidden)));
  return detail::Finish(detail::Fold(low, high), text.size()) & kIdMask;
#else
  const detail::Piece piece = detail::LoadPadded(text.data(), text.size());
  if (AreDigits(DigitsOf(piece.low, text.size()))) return IdOfDigits(text);
  return detail::HashOf(piece, text.size()) & kIdMask;
#endif
}

// The same of any text.
inline std::uint64_t IdOfWord(std::string_view text) noexcept { return IsShort(text) ? IdOfShort(text) : IdOf(text); }

}  // namespace tiffin::learn
