// The body of a `.dir` object: which files a directory holds.
//
//   manifest := "[" [ entry ( ", " entry )* ] "]"      sorted by relpath, by code point
//   entry    := {"md5": "<32 hex>", "relpath": "<path>"}
//
// The object's id is the MD5 of these bytes, so the writer keeps every blank: ", " and ": " between
// tokens, printable ASCII only, \uXXXX (surrogate pairs beyond the BMP) for the rest, no newline at the end.
#pragma once

#include <string>
#include <string_view>

#include "table/table.h"

namespace tiffin {

// Throws std::invalid_argument for a row without id or a path that is not UTF-8.
std::string WriteManifest(const Table& table);
// The MD5 of what WriteManifest gives, which is never held as a whole.  Throws as that does.
Digest ManifestId(const Table& table);

// Takes any JSON of that shape: keys in any order, unknown keys skipped, any white space.  Throws
// std::invalid_argument naming the byte offset for anything else, and for paths that would leave the directory.
Table ReadManifest(std::string_view body);

}  // namespace tiffin
