// One engine of find_stops.h: ENGINE is its name.

#include <bit>
#include <cstring>

#include "parse/find_stops.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace tiffin::learn::ENGINE {
namespace {

// Bit i: whether the i-th byte of a window is one of the characters.
struct Found {
  std::uint64_t plain;
  std::uint64_t others;
};

Found StopsIn(const char* at, const StopCharacters& characters) {
  Found found{};
#if defined(__AVX512BW__)
  const __m512i bytes = _mm512_loadu_si512(at);
  found.plain = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(characters.plain));
  for (const char c : characters.others) found.others |= _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(c));
#elif defined(__SSE2__)
  for (std::size_t i = 0; i < kStopWindow; i += sizeof(__m128i)) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + i));
    const auto bits = [&](__m128i are) {
      return static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(are))) << i;
    };
    __m128i others = _mm_setzero_si128();
    for (const char c : characters.others) others = _mm_or_si128(others, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
    found.plain |= bits(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(characters.plain)));
    found.others |= bits(others);
  }
#else
  for (std::size_t i = 0; i < kStopWindow; ++i) {
    bool is_other = false;
    for (const char c : characters.others) is_other = is_other || at[i] == c;
    found.plain |= static_cast<std::uint64_t>(at[i] == characters.plain) << i;
    found.others |= static_cast<std::uint64_t>(is_other) << i;
  }
#endif
  return found;
}

// Of the bits of `all`, one after the other, whether they are in `some`, too.
std::uint64_t RanksOf(std::uint64_t some, std::uint64_t all) {
#if defined(__BMI2__)
  return _pext_u64(some, all);
#else
  std::uint64_t ranks = 0;
  for (; some != 0; some &= some - 1) {
    const std::uint64_t before = all & ((some & (~some + 1)) - 1);
    ranks |= std::uint64_t{1} << std::popcount(before);
  }
  return ranks;
#endif
}

// Sets bits from a place on.  REQUIRES: those are 0.
void WriteBits(std::uint64_t bits, std::size_t place, std::uint64_t* words) {
  std::uint64_t* const word = words + place / 64;
  const std::size_t shift = place % 64;
  word[0] |= bits << shift;
  word[1] |= bits >> 1 >> (63 - shift);  // in two steps, as one by 64 would be none
}

// Writes the places of the bits that are set, counted from `first`; returns how many they are.
std::size_t WritePlaces(std::uint64_t bits, std::uint32_t first, std::uint32_t* places) {
#if defined(__AVX512VBMI2__)
  // All at once; more than 16 are rare.
  alignas(64) static constexpr auto kBytes = [] {
    std::array<char, 64> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i);
    return bytes;
  }();
  const auto count = static_cast<std::size_t>(std::popcount(bits));
  const __m512i found = _mm512_maskz_compress_epi8(bits, _mm512_load_si512(kBytes.data()));
  const auto write = [&](std::size_t at, __m128i bytes) {
    const __m512i words = _mm512_add_epi32(_mm512_set1_epi32(static_cast<int>(first)), _mm512_cvtepu8_epi32(bytes));
    _mm512_storeu_si512(places + at, words);
  };
  write(0, _mm512_castsi512_si128(found));
  if (count > 16) {
    write(16, _mm512_extracti32x4_epi32(found, 1));
    write(32, _mm512_extracti32x4_epi32(found, 2));
    write(48, _mm512_extracti32x4_epi32(found, 3));
  }
  return count;
#elif defined(__POPCNT__)
  // Twelve whether there are as many or not: how often a loop goes round cannot be guessed.
  const auto count = static_cast<std::size_t>(std::popcount(bits));
  std::size_t at = 0;
  const auto write_some = [&](std::size_t end) {
    for (; at < end; ++at, bits &= bits - 1) {
      places[at] = first + static_cast<std::uint32_t>(std::countr_zero(bits | std::uint64_t{1} << 63));
    }
  };
  write_some(12);
  if (count > 12) write_some(count);
  return count;
#else
  std::size_t count = 0;
  for (; bits != 0; bits &= bits - 1) places[count++] = first + static_cast<std::uint32_t>(std::countr_zero(bits));
  return count;
#endif
}

}  // namespace

std::size_t FindStops(const char* at, std::size_t windows, const StopCharacters& characters, std::uint32_t* places,
                      std::uint64_t* others) {
  const StopCharacters wanted = characters;  // what is written could be them, for all a compiler knows
  std::size_t count = 0;
  for (std::size_t i = 0; i < windows * kStopWindow; i += kStopWindow) {
    const Found found = StopsIn(at + i, wanted);
    const std::uint64_t all = found.plain | found.others;
    WriteBits(RanksOf(found.others, all), count, others);
    count += WritePlaces(all, static_cast<std::uint32_t>(i), places + count);
  }
  return count;
}

}  // namespace tiffin::learn::ENGINE
