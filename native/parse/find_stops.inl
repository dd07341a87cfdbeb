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
std::uint64_t StopsIn(const char* at, const StopCharacters& characters) {
  std::uint64_t found = 0;
#if defined(__AVX512BW__)
  const __m512i bytes = _mm512_loadu_si512(at);
  for (const char c : characters) found |= _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(c));
#elif defined(__SSE2__)
  for (std::size_t i = 0; i < kStopWindow; i += sizeof(__m128i)) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + i));
    __m128i are = _mm_setzero_si128();
    for (const char c : characters) are = _mm_or_si128(are, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
    found |= static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(are))) << i;
  }
#else
  for (std::size_t i = 0; i < kStopWindow; ++i) {
    bool is = false;
    for (const char c : characters) is = is || at[i] == c;
    found |= static_cast<std::uint64_t>(is) << i;
  }
#endif
  return found;
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

std::size_t FindStops(const char* at, std::size_t windows, const StopCharacters& characters, std::uint32_t* places) {
  const StopCharacters wanted = characters;  // what is written could be them, for all a compiler knows
  std::size_t count = 0;
  for (std::size_t i = 0; i < windows * kStopWindow; i += kStopWindow) {
    count += WritePlaces(StopsIn(at + i, wanted), static_cast<std::uint32_t>(i), places + count);
  }
  return count;
}

}  // namespace tiffin::learn::ENGINE
