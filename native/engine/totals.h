// What a pass over data came to.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/score_counts.h"

namespace tiffin::learn {

struct Totals {
  std::uint64_t rows = 0;
  std::uint64_t features = 0;
  std::uint64_t bytes = 0;  // of text
  std::uint64_t bad_rows = 0;
  double weight = 0;
  double loss = 0;     // weighted sum
  ScoreCounts counts;  // for the logistic loss
  // Seconds of all threads.
  double read_s = 0;
  double parse_s = 0;
  double learn_s = 0;
  double wait_s = 0;  // for their turn

  void Add(const Totals& other) noexcept;
};

}  // namespace tiffin::learn
