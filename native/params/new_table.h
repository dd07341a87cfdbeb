// Tables by their settings.
#pragma once

#include <cstddef>
#include <memory>

#include "params/exact_table.h"
#include "params/fixed_table.h"

namespace tiffin::learn {

// Where the rows of features are kept.
struct TableSettings {
  bool is_exact = false;
  int bits = 0;           // of a fixed table
  ExactSettings exact{};  // of an exact one
};

// width: floats that a row has to hold.  Throws std::bad_alloc.
std::unique_ptr<Table> NewTable(std::size_t width, const TableSettings& settings, Fade fade = nullptr);

}  // namespace tiffin::learn
