// What an expression gives for some rows.
#pragma once

#include <cstddef>
#include <cstdint>

#include "encode/batch.h"
#include "encode/encoder.h"
#include "rows/buffer.h"

namespace tiffin::learn {

// Of each row 0..n ids with a value each, or one number.
class Values {
 public:
  bool is_number = false;
  Buffer<double> numbers;         // NaN: none
  Buffer<std::uint32_t> offsets;  // row r has the ids [offsets[r], offsets[r + 1])
  Buffer<std::uint64_t> ids;
  Buffer<float> values;  // empty: all are 1
};

// Why a row is none.
enum class Flaw : std::uint8_t { kNone, kInfinite, kManyPairs };

inline constexpr std::size_t kMostPairs = 1 << 16;  // that a cross gives of a row

// Rows [from, to) of the batch.  flaws: one a row, set for those with a number that is not finite, or a cross of more
// than kMostPairs, which gives none then.
Values Evaluate(const Node& node, const Batch& batch, std::size_t from, std::size_t to, Buffer<Flaw>& flaws);

}  // namespace tiffin::learn
