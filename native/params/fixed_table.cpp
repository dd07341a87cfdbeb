#include "params/fixed_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/prefetch.h"
#include "batch/threads.h"

namespace tiffin::learn {
namespace {

constexpr std::size_t kRowsOfAWorker = 4096;   // at least, where threads look through the table
constexpr std::size_t kWindowBytes = 8 << 20;  // looked through before its rows are visited: the cache has them then
constexpr std::size_t kAhead = 16;             // rows that are asked for before they are needed

// Bit i: whether anything but zeros is in the i-th row of a cache line.
std::uint32_t UsedInLine(const float* line, std::size_t row_floats) noexcept {
  std::uint32_t used = 0;
  if (row_floats == 1) {
    for (std::size_t i = 0; i < kLineFloats; ++i) used |= std::uint32_t{line[i] != 0} << i;
    return used;
  }
  std::uint64_t words[kLineFloats / 2];
  std::memcpy(words, line, sizeof words);
  const int shift = std::countr_zero(row_floats / 2);
  for (std::size_t i = 0; i < kLineFloats / 2; ++i) used |= std::uint32_t{words[i] != 0} << (i >> shift);
  return used;
}

// The same of a row that has lines of its own.
bool IsUsed(const float* row, std::size_t floats) noexcept {
  for (std::size_t i = 0; i < floats; i += kLineFloats) {
    if (UsedInLine(row + i, kLineFloats) != 0) return true;
  }
  return false;
}

}  // namespace

class FixedTable::View final : public RowView {
 public:
  explicit View(FixedTable& table) : table_(table) {}

  void Open(std::span<const std::uint64_t> keys, std::uint32_t, Purpose) override {
    rows_.Resize(keys.size());
    float* const first = table_.row(0);
    const std::size_t floats = table_.row_floats();
    const int bits = table_.bits();
    for (std::size_t i = 0; i < keys.size(); ++i) rows_[i] = first + RowOf(keys[i], bits) * floats;
  }
  void Close() noexcept override {}

 private:
  FixedTable& table_;
};

FixedTable::FixedTable(int bits, std::size_t width, Fade fade)
    : Table(PaddedFloats(width)),
      bits_(bits),
      fade_(std::move(fade)),
      pages_((std::size_t{1} << bits) * row_floats() * sizeof(float)) {}

std::unique_ptr<RowView> FixedTable::NewView() { return std::make_unique<View>(*this); }

void FixedTable::FindUsed(std::size_t begin, std::size_t end, Buffer<std::uint32_t>& found) const {
  found.Clear();
  if (row_floats() > kLineFloats) {
    for (std::size_t number = begin; number < end; ++number) {
      if (!IsUsed(row(number), row_floats())) continue;
      found.Reserve(1);
      found.Push(static_cast<std::uint32_t>(number));
    }
    return;
  }
  // Rows that a small table lacks of a line are zeros.
  const std::size_t of_a_line = kLineFloats / row_floats();
  for (std::size_t first = begin; first < end; first += of_a_line) {
    const std::uint32_t used = UsedInLine(row(first), row_floats());
    if (used == 0) continue;
    // All are written down, and the next one over those that are not used: which are is what a processor cannot guess.
    found.Reserve(of_a_line);
    std::uint32_t* const to = found.data() + found.size();
    std::size_t count = 0;
    for (std::size_t i = 0; i < of_a_line; ++i) {
      to[count] = static_cast<std::uint32_t>(first + i);
      count += (used >> i) & 1;
    }
    found.Resize(found.size() + count);
  }
}

std::size_t FixedTable::WindowRows() const {
  return std::min(size(), std::bit_floor(kWindowBytes / (row_floats() * sizeof(float)) + 1));
}

std::size_t FixedTable::PartsOf(std::size_t rows) {
  return std::bit_floor(static_cast<std::size_t>(WorkerCount(0, rows / kRowsOfAWorker)));
}

template <typename Work>
void FixedTable::InParts(std::size_t parts, std::size_t begin, std::size_t end, Work work) const {
  const std::size_t rows = (end - begin) / parts;
  OnWorkers(static_cast<int>(parts), [&](int worker) {
    const auto part = static_cast<std::size_t>(worker);
    work(part, begin + part * rows, begin + (part + 1) * rows);
  });
}

void FixedTable::EndPass() {
  if (!fade_) return;
  const std::size_t window = WindowRows();
  std::vector<Buffer<std::uint32_t>> used(PartsOf(window));
  for (std::size_t first = 0; first < size(); first += window) {
    InParts(used.size(), first, first + window, [&](std::size_t part, std::size_t begin, std::size_t end) {
      FindUsed(begin, end, used[part]);
      for (const std::uint32_t number : used[part].span()) fade_(row(number));
    });
  }
}

void FixedTable::ForEach(const Visit& visit) const {
  const std::size_t window = WindowRows();
  std::vector<Buffer<std::uint32_t>> used(PartsOf(window));
  for (std::size_t first = 0; first < size(); first += window) {
    InParts(used.size(), first, first + window,
            [&](std::size_t part, std::size_t begin, std::size_t end) { FindUsed(begin, end, used[part]); });
    for (const auto& part : used) {
      for (std::size_t i = 0; i < part.size(); ++i) {
        if (i + kAhead < part.size()) Prefetch(row(part[i + kAhead]));
        visit(part[i], row(part[i]), 0);
      }
    }
  }
}

float* FixedTable::Place(std::uint64_t number, std::uint32_t) {
  if (number >= size()) {
    throw std::invalid_argument("row " + std::to_string(number) + " of a table of " + std::to_string(size()));
  }
  return row(number);
}

}  // namespace tiffin::learn
