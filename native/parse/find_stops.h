// Where any of a few characters are in a text, found for 64 bytes together, so that the next one is known before what is
// between two of them was looked at (Langdale, Lemire, VLDB Journal 2019, on JSON).  Built once for each kind of
// processor and chosen when the program runs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tiffin::learn {

inline constexpr std::size_t kStopWindow = 64;  // bytes that are looked at together
inline constexpr std::size_t kMostOthers = 4;   // characters beside the plain one

// What to find: the plain character, which is most of them, and others.
struct StopCharacters {
  char plain;
  std::array<char, kMostOthers> others;
};

// What was found.
template <std::size_t kWindows>
struct StopPlaces {
  std::uint32_t places[(kWindows + 1) * kStopWindow];    // ascending
  std::uint64_t others[kWindows + 2];                    // bit i: whether the i-th is not the plain one
};

// Writes the offsets of the characters in [at, at + windows * kStopWindow) into `places`, ascending, and which of them are
// others into `others`; returns how many there are.  REQUIRES: `places` and `others` have room as those of a StopPlaces,
// and the first windows + 2 of `others` are 0.
using StopFinder = std::size_t (*)(const char* at, std::size_t windows, const StopCharacters& characters,
                                   std::uint32_t* places, std::uint64_t* others);

// The best for this processor.  Thread-safe.
StopFinder ChosenStopFinder() noexcept;
// By name: "base", "avx2", "avx512"; nullptr where this processor cannot run it.
StopFinder FindStopFinder(const char* name) noexcept;

namespace base {
std::size_t FindStops(const char* at, std::size_t windows, const StopCharacters& characters, std::uint32_t* places,
                      std::uint64_t* others);
}
#if defined(__x86_64__)
namespace avx2 {
std::size_t FindStops(const char* at, std::size_t windows, const StopCharacters& characters, std::uint32_t* places,
                      std::uint64_t* others);
}
namespace avx512 {
std::size_t FindStops(const char* at, std::size_t windows, const StopCharacters& characters, std::uint32_t* places,
                      std::uint64_t* others);
}
#endif

}  // namespace tiffin::learn
