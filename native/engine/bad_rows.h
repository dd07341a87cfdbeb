// Lines that are no examples, and examples that a model cannot take.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/model.h"
#include "parse/text.h"
#include "rows/rows.h"
#include "source/source.h"

namespace tiffin::learn {

// A line that is no example, or none for this loss.
struct BadRow {
  std::size_t file;
  std::uint64_t line;    // from 1
  std::size_t column;    // from 1; 0: the whole line
  std::string what;
};

// The pass ended: there were more bad rows than allowed.
struct TooManyBadRows {
  BadRow first;
};

// How many there are, and the first of them in order.
struct BadRows {
  std::size_t count = 0;
  std::vector<BadRow> first;

  // Throws TooManyBadRows once there are more than `most`.
  void Add(BadRows&& other, std::uint64_t most);
};

// What is wrong in a block; rows that the model cannot take are taken out.  labels: rows need one.
BadRows TakeBad(const ModelSettings& settings, const Block& block, const std::vector<Fault>& faults, bool labels,
                Rows& rows);

}  // namespace tiffin::learn
