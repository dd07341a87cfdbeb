#include "hash/legacy.h"

#include <algorithm>
#include <cstring>

namespace tiffin {
namespace {

constexpr std::size_t kJudged = 512;

bool IsTextByte(std::byte byte) noexcept {
  const auto value = std::to_integer<unsigned>(byte);
  return (value >= 32 && value < 127) || value == '\n' || value == '\r' || value == '\t' || value == '\f' ||
         value == '\b';
}

}  // namespace

bool IsLegacyText(std::span<const std::byte> piece) noexcept {
  const std::span<const std::byte> start = piece.first(std::min(piece.size(), kJudged));
  if (std::ranges::find(start, std::byte{0}) != start.end()) return false;
  const auto others = static_cast<std::size_t>(std::ranges::count_if(start, [](std::byte b) { return !IsTextByte(b); }));
  return others * 10 <= start.size() * 3;
}

void UpdateLegacy(Md5& md5, std::span<const std::byte> piece) noexcept {
  if (!IsLegacyText(piece)) {
    md5.Update(piece);
    return;
  }
  std::size_t from = 0;
  for (std::size_t at = 0; at + 1 < piece.size(); ++at) {
    const void* found = std::memchr(piece.data() + at, '\r', piece.size() - 1 - at);
    if (found == nullptr) break;
    at = static_cast<std::size_t>(static_cast<const std::byte*>(found) - piece.data());
    if (piece[at + 1] != std::byte{'\n'}) continue;
    md5.Update(piece.subspan(from, at - from));
    from = at + 1;
  }
  md5.Update(piece.subspan(from));
}

}  // namespace tiffin
