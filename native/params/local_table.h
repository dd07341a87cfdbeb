// Sparse parameters: a row of floats for each key, read as copies and changed by gradients.
//
// In memory a row is [value * width, (state * width) * states].  One that is all zeros was never changed, and stands for
// its first values; so a table takes no memory for what nobody learned from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>

#include "optim/optimizer.h"
#include "params/new_table.h"

namespace tiffin::learn {

class LocalTable {
 public:
  struct Settings {
    std::size_t width;
    OptimizerSettings optimizer;
    float first = 0;  // values begin between -first and first, over the root of the width
    std::uint64_t seed = 0;
    float decay = 1.0F;  // what values and states are multiplied by at the end of each pass
  };

  // Throws std::bad_alloc.
  LocalTable(const TableSettings& table, const Settings& settings);

  std::size_t width() const noexcept { return settings_.width; }
  std::size_t states() const noexcept { return states_; }
  // Whether rows are named by keys, of which each has its own, or by number.
  bool is_exact() const noexcept { return kind_.is_exact; }

  // Copies the rows of keys (keys.size() x width), in any order.  unseen: whether rows that were never changed come as
  // they begin, else as zeros; where keys are admitted by how often they come, those without a row are always zeros.
  // Throws std::bad_alloc, SystemFault.
  void Pull(std::span<const std::uint64_t> keys, bool unseen, std::span<float> values);

  // One step of the optimiser for each key, by its gradient (keys.size() x width).  The same for any number of threads.
  // examples: that the gradients are of.  Throws std::invalid_argument unless keys are ascending, each once;
  // std::bad_alloc, SystemFault.
  void Push(std::span<const std::uint64_t> keys, std::span<const float> gradients, std::size_t examples);

  // A pass of learning is over.  Throws SystemFault.
  void EndPass() { table_->EndPass(); }

  // Of a part of the table, as Table::VisitPart: all rows that were changed, and where keys are counted all that there are.
  // name: the key or number of a row.  values (width), states (states x width).  Throws SystemFault.
  using Visit = std::function<void(std::uint64_t name, std::span<const float> values, std::span<const float> states,
                                   std::uint32_t age)>;
  std::size_t parts() const noexcept { return table_->parts(); }
  void ForEachIn(std::size_t part, const Visit& visit) const;
  // As of a Table.
  void Fill(const Table& rows, std::size_t count) { table_->Fill(rows, count); }
  // Another one of this layout in its place.
  void set_table(std::unique_ptr<Table> table) noexcept { table_ = std::move(table); }
  const TableSettings& table_settings() const noexcept { return kind_; }
  // As of a Table.
  Sightings* sightings() const noexcept { return table_->sightings(); }

 private:
  std::size_t floats() const noexcept { return settings_.width * (1 + states_); }
  bool IsNew(const float* row) const noexcept;
  std::uint64_t NameOf(std::uint64_t key) const noexcept {
    return kind_.is_exact ? key : FixedTable::RowOf(key, kind_.bits);
  }
  void Begin(std::uint64_t name, float* values) const noexcept;
  // Calls work(first, view) for so many keys at a time as a view should hold, from `first` on.
  void InPieces(std::span<const std::uint64_t> keys, std::uint32_t now, RowView::Purpose purpose,
                const std::function<void(std::size_t first, const RowView& view)>& work);

  const TableSettings kind_;
  const Settings settings_;
  const std::size_t states_;
  std::unique_ptr<Table> table_;
};

}  // namespace tiffin::learn
