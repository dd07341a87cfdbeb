// Rows of columns that somebody lent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "encode/arrow.h"
#include "encode/column.h"

namespace tiffin::learn {

// The columns do not fit what is asked of them.  known: the names there are, where one is missing.
struct ColumnFault {
  std::string what;
  std::string column;
  std::vector<std::string> known = {};
};

// A batch of Arrow: a struct array, whose children are the columns.
class Batch {
 public:
  // wanted: the columns that are read, by name.  Throws ColumnFault if one is missing, or `array` is no struct.
  // schema: of the array; not needed afterwards.
  Batch(const ArrowSchema& schema, Lent<ArrowArray> array, const std::vector<std::string>& wanted);

  std::size_t size() const noexcept { return static_cast<std::size_t>(array_->length); }
  const Column& column(std::size_t wanted) const noexcept { return columns_[wanted]; }
  // Columns begin with so many rows that are not of the batch.
  std::size_t offset() const noexcept { return static_cast<std::size_t>(array_->offset); }

  std::size_t file = 0;         // of the source's files
  std::uint64_t first_row = 0;  // of the file, from 0
  // Rows whose reader could not make out a value, ascending, and what it says.
  std::vector<std::pair<std::size_t, std::string>> faults;

 private:
  Lent<ArrowArray> array_;
  std::vector<Column> columns_;
};

}  // namespace tiffin::learn
