// Many MD5 states advanced together, for callers that bring the messages piece by piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "hash/md5.h"

namespace tiffin::md5 {

inline constexpr std::size_t kBlockBytes = 64;
// Room that Pad may need after the end of a message.
inline constexpr std::size_t kPadding = 72;

// A message's state, and the whole blocks to run it through next: `blocks` at data, then `tail_blocks` at tail.
struct Run {
  std::uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  const std::byte* data = nullptr;
  std::size_t blocks = 0;
  const std::byte* tail = nullptr;
  std::size_t tail_blocks = 0;
};

// Runs every state through its blocks, as many abreast as the engine has lanes; `blocks` and `tail_blocks` end as 0.
// Thread-safe for distinct runs.
void Advance(std::span<Run> runs) noexcept;

// Ends a message of `size` bytes whose last piece is the `filled` bytes at `piece`: writes the padding after them,
// which takes up to kPadding bytes.  Returns the blocks the piece then has.  REQUIRES: all before the piece was
// whole blocks.
std::size_t Pad(std::byte* piece, std::size_t filled, std::uint64_t size) noexcept;

Digest DigestOf(const Run& run) noexcept;

}  // namespace tiffin::md5
