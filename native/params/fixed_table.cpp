#include "params/fixed_table.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/prefetch.h"
#include "batch/threads.h"

namespace tiffin::learn {
namespace {

constexpr std::size_t kRowsOfAWorker = 4096;  // at least, where threads look through the table
constexpr std::size_t kAhead = 16;            // rows that are asked for before they are needed

// Whether anything but zeros is in the row.
bool IsUsed(const float* row, std::size_t floats) {
  if (floats == 1) return *row != 0;
  std::uint64_t any = 0;
  for (std::size_t i = 0; i < floats; i += 2) {
    std::uint64_t two;
    std::memcpy(&two, row + i, sizeof two);
    any |= two;
  }
  return any != 0;
}

// Calls look(worker, begin, end) with parts of the rows, side by side.
template <typename Look>
void InParts(std::size_t rows, int workers, Look look) {
  const auto parts = static_cast<std::size_t>(workers);
  OnWorkers(workers, [&](int worker) {
    const auto part = static_cast<std::size_t>(worker);
    look(part, rows * part / parts, rows * (part + 1) / parts);
  });
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

int FixedTable::Workers() const { return WorkerCount(0, size() / kRowsOfAWorker + 1); }

template <typename Look>
void FixedTable::ForEachUsed(int workers, Look look) const {
  // Most rows of a large table are zeros, and many a cache line with them.
  const std::size_t of_a_line = std::min(size(), std::max<std::size_t>(kLineFloats / row_floats(), 1));
  InParts(size() / of_a_line, workers, [&](std::size_t part, std::size_t begin, std::size_t end) {
    for (std::size_t first = begin * of_a_line; first < end * of_a_line; first += of_a_line) {
      if (!IsUsed(row(first), of_a_line * row_floats())) continue;
      for (std::size_t number = first; number < first + of_a_line; ++number) {
        if (IsUsed(row(number), row_floats())) look(part, number);
      }
    }
  });
}

void FixedTable::EndPass() {
  if (fade_) ForEachUsed(Workers(), [&](std::size_t, std::size_t number) { fade_(row(number)); });
}

void FixedTable::ForEach(const Visit& visit) const {
  const int workers = Workers();
  std::vector<std::vector<std::uint32_t>> used(static_cast<std::size_t>(workers));
  ForEachUsed(workers, [&](std::size_t part, std::size_t number) { used[part].push_back(static_cast<std::uint32_t>(number)); });
  for (const auto& part : used) {
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (i + kAhead < part.size()) Prefetch(row(part[i + kAhead]));
      visit(part[i], row(part[i]), 0);
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
