// A table as a file: the columns one after the other, little-endian, checksummed.
//
//   file    := header columns
//   header  := "TIFFINDX" version:u32 (=1) zero:u32 rows:u64 blob_bytes:u64 checksum:u64 (of rows, blob_bytes, columns)
//   columns := offsets:u64[rows + 1] sizes:i64[rows] mtimes_ns:i64[rows] ctimes_ns:i64[rows] inodes:u64[rows]
//              devices:u64[rows] digests:u8[16][rows] modes:u32[rows] flags:u8[rows] blob:u8[blob_bytes]
//
// docs/formats/index-file.md says what the fields mean.
#pragma once

#include <cstdint>
#include <string>

#include "table/table.h"

namespace tiffin {

// Writes to a temporary name beside `path`, then renames.  A row touched at or after `now_ns` (a time of the file
// system clock taken before the rows' stats were) is marked racy; on another device than `path`, whose clock may
// differ, two seconds earlier.  Returns the inode of the file.  Throws SystemFault.
std::uint64_t SaveTable(const Table& table, const std::string& path, std::int64_t now_ns);

// Throws SystemFault, or std::invalid_argument where the file is not ours, of another version, cut off or damaged.
Table LoadTable(const std::string& path);

}  // namespace tiffin
