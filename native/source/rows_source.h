// Where examples come from, block by block: text that is parsed, or arrays that are there already.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "parse/text_column.h"
#include "parse/text.h"
#include "rows/rows.h"
#include "source/source.h"

namespace tiffin::learn {

class RowsSource {
 public:
  virtual ~RowsSource() = default;
  // As of a BlockSource.
  virtual bool Next(Block& block, const std::atomic<bool>& stop) = 0;
  // Appends the examples of a block, which may go on lying in the source (Buffer::Borrow).  Thread-safe.
  virtual void Parse(const Block& block, Rows& rows, std::vector<Fault>& faults) const = 0;
  // The value of the column to compare predictions by, one for each row that Parse made of the block and nobody has
  // taken out since; "" where there is none.  They live as long as the block does.  Thread-safe.
  virtual void ColumnOf(const Block&, const Rows& rows, std::vector<std::string_view>& values) const {
    values.assign(rows.size(), {});
  }
};

// Text in a format.
class TextRows final : public RowsSource {
 public:
  TextRows(BlockSource& source, Parser parser, std::optional<TextColumn> column = {})
      : source_(source), parser_(parser), column_(std::move(column)) {}

  bool Next(Block& block, const std::atomic<bool>& stop) override { return source_.Next(block, stop); }
  void Parse(const Block& block, Rows& rows, std::vector<Fault>& faults) const override {
    parser_(block.text(), rows, faults);
  }
  void ColumnOf(const Block& block, const Rows& rows, std::vector<std::string_view>& values) const override {
    if (!column_) return RowsSource::ColumnOf(block, rows, values);
    column_->In(block.text(), rows, values);
  }

 private:
  BlockSource& source_;
  Parser parser_;
  std::optional<TextColumn> column_;
};

// A sparse matrix in compressed rows: example i has the features [begins[i], begins[i + 1]) of `keys` and `values`.
// Lines of such a block are examples.
class MatrixRows final : public RowsSource {
 public:
  struct Matrix {
    std::span<const std::int64_t> begins;  // one more than there are examples
    std::span<const std::uint64_t> keys;
    std::span<const float> values;  // empty: all are 1
    std::span<const float> labels;  // empty: there are none; of several tasks those of a row side by side
    std::span<const float> weights;  // empty: all are 1
  };

  // Throws std::invalid_argument where the arrays do not fit together.
  explicit MatrixRows(const Matrix& matrix);

  bool Next(Block& block, const std::atomic<bool>&) override {
    block.number = next_.fetch_add(1, std::memory_order_relaxed);
    block.first_line = block.number * kRows;
    block.size = 0;
    return block.first_line < size();
  }
  void Parse(const Block& block, Rows& rows, std::vector<Fault>& faults) const override;

 private:
  static constexpr std::size_t kRows = 4096;

  std::size_t size() const { return matrix_.begins.size() - 1; }
  std::size_t tasks() const { return matrix_.labels.empty() ? 1 : matrix_.labels.size() / size(); }

  Matrix matrix_;
  std::atomic<std::uint64_t> next_{0};
};

}  // namespace tiffin::learn
