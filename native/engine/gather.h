// All examples of a source at once, for models that look at them together, such as trees.
#pragma once

#include <cstdint>
#include <vector>

#include "base/control.h"
#include "engine/bad_rows.h"
#include "engine/model.h"
#include "source/rows_source.h"

namespace tiffin::learn {

// Examples as one matrix in compressed rows: example i has the features [begins[i], begins[i + 1]).
struct Gathered {
  std::vector<std::int64_t> begins = {0};  // one more than there are examples
  std::vector<std::uint64_t> keys;
  std::vector<float> values;
  std::vector<float> labels;  // NaN: not known
  std::vector<float> weights;  // empty: all are 1
  std::uint64_t bytes = 0;  // of text
  BadRows bad;
};

// Threads parse blocks side by side; the examples are in the source's order.  labels: examples need one, which the
// settings' loss allows.  Throws SystemFault, TooManyBadRows.  control.files counts rows.
Gathered Gather(RowsSource& source, const ModelSettings& settings, bool labels, int threads, std::uint64_t max_bad,
                Control& control);

}  // namespace tiffin::learn
