// Memory that is asked for before it is needed.
#pragma once

#include <cstddef>

#include "base/inline.h"

namespace tiffin {

inline constexpr std::size_t kLineFloats = 16;  // of a cache line
inline constexpr std::size_t kLineBytes = kLineFloats * sizeof(float);

// Has the cache line of a place on its way.  The empty statement says that this does something: without it GCC (12) takes
// a function that only asks for memory for one without effects, and drops its calls.
TIFFIN_INLINE void Prefetch(const void* place) noexcept {
  __builtin_prefetch(place);
  asm volatile("");
}

// The same of all lines of so many floats.
TIFFIN_INLINE void PrefetchFloats(const float* row, std::size_t floats) noexcept {
  for (std::size_t i = 0; i < floats; i += kLineFloats) Prefetch(row + i);
}

}  // namespace tiffin
