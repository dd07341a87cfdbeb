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

// Rows [from, to) of the batch.  infinite: set for rows with a number that is not finite, one flag a row.
Values Evaluate(const Node& node, const Batch& batch, std::size_t from, std::size_t to, Buffer<bool>& infinite);

}  // namespace tiffin::learn
