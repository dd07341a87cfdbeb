// Examples on their way into a cache, and out of it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "chunks/chunk_file.h"
#include "source/rows_source.h"

namespace tiffin::learn {

// A chunk is not what was written.
struct ChunkDamaged {};

// Text that is parsed, and kept as it goes by.  REQUIRES: Parse is given empty rows.
class KeepingRows final : public RowsSource {
 public:
  KeepingRows(RowsSource& from, ChunkWriter& writer) : from_(from), writer_(writer) {}

  bool Next(Block& block, const std::atomic<bool>& stop) override { return from_.Next(block, stop); }
  void Parse(const Block& block, Rows& rows, std::vector<Fault>& faults) const override {
    from_.Parse(block, rows, faults);
    writer_.Add(block, rows, faults);
  }

 private:
  RowsSource& from_;
  ChunkWriter& writer_;
};

// The same blocks from a cache: in the same order, with the same lines and the same faults.  Only their text is not
// there, but for its size.  REQUIRES: Parse is given empty rows.
class ChunkRows final : public RowsSource {
 public:
  explicit ChunkRows(const ChunkFile& file) : file_(file) {}

  bool Next(Block& block, const std::atomic<bool>&) override {
    block.number = next_.fetch_add(1, std::memory_order_relaxed);
    if (block.number >= file_.size()) return false;
    if (block.number + kAhead < file_.size()) file_.Expect(block.number + kAhead);
    const ChunkEntry& entry = file_.entry(block.number);
    block.file = entry.file;
    block.first_line = entry.first_line;
    block.size = entry.text;
    return true;
  }
  // Throws ChunkDamaged.
  void Parse(const Block& block, Rows& rows, std::vector<Fault>& faults) const override {
    if (!file_.Read(block.number, rows, faults)) throw ChunkDamaged{};
  }

 private:
  static constexpr std::size_t kAhead = 4;  // blocks that the disk is asked for early

  const ChunkFile& file_;
  std::atomic<std::uint64_t> next_{0};
};

}  // namespace tiffin::learn
