// Sparse parameters: a row of floats for each key, read as copies and changed by gradients.
//
// In memory a row is [value * width, (state * width) * states].  One that is all zeros was never changed, and stands for
// the first values of its place; so a table takes no memory for what nobody learned from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "optim/optimizer.h"
#include "params/fixed_table.h"

namespace tiffin::learn {

class LocalTable {
 public:
  struct Settings {
    std::size_t width;
    OptimizerSettings optimizer;
    float first = 0;  // values begin between -first and first, over the root of the width
    std::uint64_t seed = 0;
  };

  // Throws std::bad_alloc.
  LocalTable(int bits, const Settings& settings);

  std::size_t width() const noexcept { return settings_.width; }
  std::size_t states() const noexcept { return states_; }
  int bits() const noexcept { return table_.bits(); }

  // Copies the rows of keys (keys.size() x width), in any order.  unseen: whether rows that were never changed come as
  // they begin, else as zeros.
  void Pull(std::span<const std::uint64_t> keys, bool unseen, std::span<float> values) const;

  // One step of the optimiser for each key, by its gradient (keys.size() x width).  The same for any number of threads.
  // Throws std::invalid_argument unless keys are ascending, each once.
  void Push(std::span<const std::uint64_t> keys, std::span<const float> gradients);

  // The numbers of all rows that were changed, ascending.
  std::vector<std::uint32_t> Changed() const;
  // Values (rows x width) and states (rows x states x width) of some rows, out and in.
  // Throw std::invalid_argument for a number that the table does not have.
  void Read(std::span<const std::uint32_t> rows, std::span<float> values, std::span<float> states) const;
  void Write(std::span<const std::uint32_t> rows, std::span<const float> values, std::span<const float> states);

 private:
  std::size_t floats() const noexcept { return settings_.width * (1 + states_); }
  bool IsChanged(const float* row) const noexcept;
  void Begin(std::uint32_t number, float* values) const noexcept;
  void CheckRows(std::span<const std::uint32_t> rows) const;

  const Settings settings_;
  const std::size_t states_;
  FixedTable table_;
};

}  // namespace tiffin::learn
