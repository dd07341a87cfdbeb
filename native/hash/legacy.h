// The ids of DVC 2: MD5 of a file whose text has its CRLFs as LFs.
//
// A file is taken in pieces of kLegacyPiece bytes, each judged by itself: it is text if its first 512 bytes have no
// NUL and at most 30 % of them are none of printable ASCII, \n, \r, \t, \f, \b.  A CRLF across two pieces stays.
#pragma once

#include <cstddef>
#include <span>

#include "hash/md5.h"

namespace tiffin {

inline constexpr std::size_t kLegacyPiece = std::size_t{1} << 20;

bool IsLegacyText(std::span<const std::byte> piece) noexcept;
// Gives one piece to `md5`.  REQUIRES: pieces come in order, all but the last kLegacyPiece long.
void UpdateLegacy(Md5& md5, std::span<const std::byte> piece) noexcept;

}  // namespace tiffin
