// Lines in bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tiffin::learn {

inline std::uint64_t CountLines(std::string_view bytes) noexcept {
  constexpr std::size_t kPart = 240;  // whose line ends a byte can count, so that many bytes are compared at once
  std::uint64_t lines = 0;
  std::size_t at = 0;
  for (; bytes.size() - at >= kPart; at += kPart) {
    std::uint8_t part = 0;
    for (std::size_t i = 0; i < kPart; ++i) part = static_cast<std::uint8_t>(part + (bytes[at + i] == '\n'));
    lines += part;
  }
  for (; at < bytes.size(); ++at) lines += bytes[at] == '\n';
  return lines;
}

// How many bytes there are up to and with the last line end; 0: there is none.
inline std::size_t WholeLines(std::string_view bytes) noexcept {
  const std::size_t last = bytes.rfind('\n');
  return last == bytes.npos ? 0 : last + 1;
}

}  // namespace tiffin::learn
