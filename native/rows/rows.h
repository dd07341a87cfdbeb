// Examples as columns: what parsers make and kernels read.
//
// Row r has the features [offsets[r], offsets[r + 1]) of `keys` and `values`.  Most features of wide sparse data are
// there or not, so values are kept only once one of them is not 1, and weights likewise.  Of several tasks a row has a
// label for each, side by side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "rows/buffer.h"

namespace tiffin::learn {

class Rows {
 public:
  Rows() { Clear(); }

  std::size_t size() const noexcept { return lines.size(); }
  std::size_t tasks() const noexcept { return tasks_; }
  std::size_t features() const noexcept { return keys.size(); }
  bool has_values() const noexcept { return has_values_; }
  bool has_weights() const noexcept { return has_weights_; }

  void Clear() {
    offsets.Clear();
    offsets.Reserve(1);
    offsets.Push(0);
    keys.Clear();
    values.Clear();
    labels.Clear();
    lines.Clear();
    weights.Clear();
    has_values_ = has_weights_ = false;
    tasks_ = 1;
  }
  // REQUIRES: there are no rows yet.
  void SetTasks(std::size_t tasks) noexcept { tasks_ = tasks; }
  // For as many rows and features more.
  void Reserve(std::size_t rows, std::size_t features) {
    offsets.Reserve(rows);
    labels.Reserve(rows * tasks_);
    lines.Reserve(rows);
    keys.Reserve(features);
  }

  // So many rows and features, to be filled in column by column.
  void Resize(std::size_t rows, std::size_t features, bool with_values, bool with_weights, std::size_t tasks = 1) {
    tasks_ = tasks;
    offsets.Resize(rows + 1);
    labels.Resize(rows * tasks);
    lines.Resize(rows);
    keys.Resize(features);
    values.Resize(with_values ? features : 0);
    weights.Resize(with_weights ? rows : 0);
    has_values_ = with_values;
    has_weights_ = with_weights;
  }

  // ---- one row after the other.  REQUIRES: room was reserved.

  void Push(std::uint64_t key) noexcept {
    keys.Push(key);
    if (has_values()) PushValue(1.0F);
  }
  void Push(std::uint64_t key, float value) {
    if (value != 1.0F && !has_values()) BeginValues();
    keys.Push(key);
    if (has_values()) PushValue(value);
  }
  void EndRow(float label, float weight = 1.0F) { EndRow(std::span<const float>(&label, 1), weight); }
  void EndRow(std::span<const float> its_labels, float weight) {  // its line is set by whoever knows it
    if (weight != 1.0F && !has_weights()) BeginWeights();
    if (has_weights()) PushWeight(weight);
    for (const float label : its_labels) labels.Push(label);
    lines.Push(0);
    offsets.Push(static_cast<std::uint32_t>(keys.size()));
  }
  // Multiplies the weight of a row.
  void Weigh(std::size_t row, float factor) {
    if (!has_weights()) BeginWeights();
    weights[row] *= factor;
  }
  // Takes rows out.  REQUIRES: ascending.
  void Remove(std::span<const std::size_t> gone) {
    if (gone.empty()) return;
    keys.Own();
    values.Own();
    std::size_t to = gone[0];
    std::uint32_t end = offsets[to];
    std::size_t next = 0;
    for (std::size_t row = gone[0]; row < size(); ++row) {
      if (next < gone.size() && gone[next] == row) {
        ++next;
        continue;
      }
      for (std::uint32_t i = offsets[row]; i < offsets[row + 1]; ++i, ++end) {
        keys[end] = keys[i];
        if (has_values_) values[end] = values[i];
      }
      for (std::size_t task = 0; task < tasks_; ++task) labels[to * tasks_ + task] = labels[row * tasks_ + task];
      lines[to] = lines[row];
      if (has_weights_) weights[to] = weights[row];
      offsets[++to] = end;
    }
    offsets.Shrink(to + 1);
    labels.Shrink(to * tasks_);
    lines.Shrink(to);
    keys.Shrink(end);
    if (has_values_) values.Shrink(end);
    if (has_weights_) weights.Shrink(to);
  }
  std::span<const float> LabelsOf(std::size_t row) const noexcept { return labels.span().subspan(row * tasks_, tasks_); }
  // Forgets the features since the last EndRow.
  void DropRow() noexcept {
    keys.Shrink(offsets.back());
    if (has_values()) values.Shrink(offsets.back());
  }

  Buffer<std::uint32_t> offsets;
  // May be borrowed from whom the rows come from.
  Buffer<std::uint64_t> keys;
  Buffer<float> values;   // unless all are 1
  Buffer<float> labels;   // NaN: not known
  Buffer<std::uint32_t> lines;  // of the block, from 0: where the row came from
  Buffer<float> weights;  // unless all are 1

 private:
  void PushValue(float value) {
    values.Reserve(1);
    values.Push(value);
  }
  void PushWeight(float weight) {
    weights.Reserve(1);
    weights.Push(weight);
  }
  void BeginValues() {
    has_values_ = true;
    values.Resize(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) values[i] = 1.0F;
  }
  void BeginWeights() {
    has_weights_ = true;
    weights.Resize(size());
    for (std::size_t i = 0; i < size(); ++i) weights[i] = 1.0F;
  }

  bool has_values_ = false;
  bool has_weights_ = false;
  std::size_t tasks_ = 1;
};

}  // namespace tiffin::learn
