// The examples of one block as bytes: what a cache keeps instead of text.
//
//   chunk   := head lengths keys values lines weights labels faults messages    each filled up with zeros to 8 bytes,
//                                                                               the whole to 64
//   lengths := nothing, u8 or u32 for each row          nothing: all rows have head.length features
//   keys    := u32 or u64 for each feature              u32: none is larger
//   values  := nothing or f32 for each feature          nothing: all are 1
//   lines   := nothing or u32 for each row              nothing: row r is line r of its block
//   weights := nothing or f32 for each row              nothing: all are 1
//   labels  := a bit or f32 for each row and task       a bit: whether the label is head.labels[0] or [1]
//   faults  := {line u32, column u32, message u32}      message: where its text begins in `messages`
//   messages := text that ends with a zero byte, one after the other
//
// Numbers are little-endian.  Cutting what is 1 or equal halves most data, and what is left is read where it lies.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "parse/text.h"
#include "rows/buffer.h"
#include "rows/rows.h"

namespace tiffin::learn {

inline constexpr std::size_t kChunkAlign = 64;

// Makes `chunk` the form of these rows and faults.
void PackChunk(const Rows& rows, std::span<const Fault> faults, Buffer<char>& chunk);

// Fills rows and faults, which are empty; messages, 64-bit keys and values stay where they are in `chunk`.  False, and anything in them, where
// it is no chunk: no bytes whatever make it read past their end.  REQUIRES: it begins on a boundary of 8 bytes.
bool UnpackChunk(std::span<const char> chunk, Rows& rows, std::vector<Fault>& faults);

}  // namespace tiffin::learn
