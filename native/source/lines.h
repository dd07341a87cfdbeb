// Lines in bytes.
#pragma once

#include <cstring>
#include <string_view>

namespace tiffin::learn {

inline std::uint64_t CountLines(std::string_view bytes) noexcept {
  std::uint64_t lines = 0;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at < end) {
    const void* const found = std::memchr(at, '\n', static_cast<std::size_t>(end - at));
    if (found == nullptr) break;
    ++lines;
    at = static_cast<const char*>(found) + 1;
  }
  return lines;
}

// How many bytes there are up to and with the last line end; 0: there is none.
inline std::size_t WholeLines(std::string_view bytes) noexcept {
  const std::size_t last = bytes.rfind('\n');
  return last == bytes.npos ? 0 : last + 1;
}

}  // namespace tiffin::learn
