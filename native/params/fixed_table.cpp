#include "params/fixed_table.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/prefetch.h"
#include "base/turns.h"
#include "batch/threads.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tiffin::learn {
namespace {

constexpr std::size_t kWindowBytes = 1 << 20;  // looked through before its rows are visited: the cache has them then
constexpr std::size_t kAhead = 16;             // rows that are asked for before they are needed

// Bit i: whether the i-th float of a cache line is not +0.
std::uint32_t UsedFloats(const float* line) noexcept {
#if defined(__SSE2__)
  const auto zeros = [&](std::size_t at) {
    return _mm_cmpeq_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(line + at)), _mm_setzero_si128());
  };
  const __m128i all = _mm_packs_epi16(_mm_packs_epi32(zeros(0), zeros(4)), _mm_packs_epi32(zeros(8), zeros(12)));
  return static_cast<std::uint32_t>(_mm_movemask_epi8(all)) ^ 0xFFFFU;
#else
  std::uint32_t words[kLineFloats];
  std::memcpy(words, line, sizeof words);
  std::uint32_t used = 0;
  for (std::size_t i = 0; i < kLineFloats; ++i) used |= std::uint32_t{words[i] != 0} << i;
  return used;
#endif
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
  // A row has several lines, or a line has several rows; what a small table lacks of a line is zeros.
  const std::size_t lines = std::max<std::size_t>(row_floats() / kLineFloats, 1);
  const std::size_t rows = std::max<std::size_t>(kLineFloats / row_floats(), 1);
  const int shift = std::countr_zero(kLineFloats / rows);
  std::uint32_t first_floats = 0;  // of each row of a line
  for (std::size_t i = 0; i < rows; ++i) first_floats |= std::uint32_t{1} << (i << shift);
  for (std::size_t first = begin; first < end; first += rows) {
    std::uint32_t used = 0;
    for (std::size_t i = 0; i < lines; ++i) used |= UsedFloats(row(first) + i * kLineFloats);
    if (used == 0) continue;
    for (int i = 0; i < shift; ++i) used |= used >> (1 << i);
    for (used &= first_floats; used != 0; used &= used - 1) {
      found.Push(static_cast<std::uint32_t>(first) + static_cast<std::uint32_t>(std::countr_zero(used) >> shift));
    }
  }
}

template <typename Work>
void FixedTable::InWindows(Work work) const {
  const std::size_t rows = std::min(size(), std::bit_floor(kWindowBytes / (row_floats() * sizeof(float)) + 1));
  const std::size_t windows = size() / rows;  // both are powers of two
  std::atomic<std::size_t> next{0};
  OnWorkers(WorkerCount(0, windows), [&](int) {
    Buffer<std::uint32_t> used;
    used.Reserve(rows);  // now: once it has a number, others may wait for this thread
    for (std::size_t number; (number = next.fetch_add(1)) < windows;) {
      FindUsed(number * rows, (number + 1) * rows, used);
      if (!work(number, used.span())) return;
    }
  });
}

void FixedTable::EndPass() {
  if (!fade_) return;
  InWindows([&](std::size_t, std::span<const std::uint32_t> used) {
    for (const std::uint32_t number : used) fade_(row(number));
    return true;
  });
}

void FixedTable::ForEach(const Visit& visit) const {
  Turns turns(0);
  InWindows([&](std::size_t window, std::span<const std::uint32_t> used) {
    if (!turns.Wait(window)) return false;
    try {
      for (std::size_t i = 0; i < used.size(); ++i) {
        if (i + kAhead < used.size()) Prefetch(row(used[i + kAhead]));
        visit(used[i], row(used[i]), 0);
      }
    } catch (...) {  // rethrown: the others only learn that there is nothing to wait for
      turns.GiveUp();
      throw;
    }
    turns.Done();
    return true;
  });
}

float* FixedTable::Place(std::uint64_t number, std::uint32_t) {
  if (number >= size()) {
    throw std::invalid_argument("row " + std::to_string(number) + " of a table of " + std::to_string(size()));
  }
  return row(number);
}

}  // namespace tiffin::learn
