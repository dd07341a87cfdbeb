// Keys of names, eight at a time.  Hashing one alone is a chain of two long products; a processor with wide vectors makes
// eight of them side by side.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tiffin::learn {

inline constexpr std::size_t kNamesAtOnce = 8;

// Writes the keys, in the field, of the names between some places of a text: each goes from after the place before its own,
// for the first one ends[-1], to its own.  Stops before eight of which one is empty, longer than 16 bytes, or a whole
// number; returns how many it has done.  REQUIRES: kNamesAtOnce - 1 further ends may be read, and after all of these 17 more
// bytes of the text.
using NameKeyer = std::size_t (*)(const char* text, const std::uint32_t* ends, std::size_t count, std::uint32_t field,
                                  std::uint64_t* keys);

// nullptr where this processor has no such vectors.  Thread-safe.
NameKeyer ChosenNameKeyer() noexcept;

#if defined(__x86_64__)
namespace avx512 {
std::size_t KeysOfNames(const char* text, const std::uint32_t* ends, std::size_t count, std::uint32_t field,
                        std::uint64_t* keys);
}
#endif

}  // namespace tiffin::learn
