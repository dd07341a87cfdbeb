// Where any of a few characters are in a text, found for 64 bytes together, so that the next one is known before what is
// between two of them was looked at (Langdale, Lemire, VLDB Journal 2019, on JSON).  Built once for each kind of
// processor and chosen when the program runs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tiffin::learn {

inline constexpr std::size_t kStopWindow = 64;  // bytes that are looked at together
inline constexpr std::size_t kMostStops = 4;    // different characters

using StopCharacters = std::array<char, kMostStops>;

// Writes the offsets of the characters in [at, at + windows * kStopWindow), ascending, and returns how many there are.
// REQUIRES: places has room for (windows + 1) * kStopWindow.
using StopFinder = std::size_t (*)(const char* at, std::size_t windows, const StopCharacters& characters,
                                   std::uint32_t* places);

// The best for this processor.  Thread-safe.
StopFinder ChosenStopFinder() noexcept;
// By name: "base", "avx2", "avx512"; nullptr where this processor cannot run it.
StopFinder FindStopFinder(const char* name) noexcept;

namespace base {
std::size_t FindStops(const char* at, std::size_t windows, const StopCharacters& characters, std::uint32_t* places);
}
#if defined(__x86_64__)
namespace avx2 {
std::size_t FindStops(const char* at, std::size_t windows, const StopCharacters& characters, std::uint32_t* places);
}
namespace avx512 {
std::size_t FindStops(const char* at, std::size_t windows, const StopCharacters& characters, std::uint32_t* places);
}
#endif

}  // namespace tiffin::learn
