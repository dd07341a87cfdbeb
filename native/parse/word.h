// Words of text, without a branch for each character: where they end is what a processor cannot guess.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "rows/key.h"

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

// As IdOf(text).  REQUIRES: after the text 16 more bytes may be read.
inline std::uint64_t IdOfWord(std::string_view text) noexcept {
  if (text.size() > kShortWord) return IdOf(text);
  const detail::Piece piece = detail::LoadPadded(text.data(), text.size());
  if (AreDigits(DigitsOf(piece.low, text.size()))) return IdOf(text);
  return detail::HashOf(piece, text.size()) & kIdMask;
}

}  // namespace tiffin::learn
