#include "params/fixed_table.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/prefetch.h"
#include "batch/threads.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tiffin::learn {
namespace {

constexpr std::size_t kVisited = 256;  // rows that are visited together
constexpr std::size_t kAtOnce = 64;  // floats that are looked at together, a bit for each
constexpr std::size_t kAhead = 1024;  // floats after these, which memory is asked for

// Bit i: whether the i-th float of a cache line is not +0.
std::uint64_t UsedFloats(const float* line) noexcept {
#if defined(__SSE2__)
  const auto zeros = [&](std::size_t at) {
    return _mm_cmpeq_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(line + at)), _mm_setzero_si128());
  };
  const __m128i all = _mm_packs_epi16(_mm_packs_epi32(zeros(0), zeros(4)), _mm_packs_epi32(zeros(8), zeros(12)));
  return static_cast<std::uint64_t>(_mm_movemask_epi8(all)) ^ 0xFFFFU;
#else
  std::uint32_t words[kLineFloats];
  std::memcpy(words, line, sizeof words);
  std::uint64_t used = 0;
  for (std::size_t i = 0; i < kLineFloats; ++i) used |= std::uint64_t{words[i] != 0} << i;
  return used;
#endif
}

#if defined(__x86_64__)
// The rows of keys, eight at a time.  REQUIRES: `floats` is a power of two, so that bits of the hash say where a row begins.
__attribute__((target("avx512f,avx512dq"))) void FindRowsByEight(std::span<const std::uint64_t> keys, int bits,
                                                                 std::size_t floats, float* first, float** rows) {
  const int shift = 64 - bits - std::countr_zero(floats);
  const std::uint64_t mask = ~(floats - 1);
  for (std::size_t i = 0; i < keys.size(); ++i) rows[i] = first + ((FixedTable::HashOf(keys[i]) >> shift) & mask);
}
#endif

}  // namespace

class FixedTable::View final : public RowView {
 public:
  explicit View(FixedTable& table) : table_(table) {}

  void Open(std::span<const std::uint64_t> keys, std::uint32_t, Purpose) override {
    table_.Find(keys, rows_);
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

bool FixedTable::Find(std::span<const std::uint64_t> keys, Buffer<float*>& rows) {
  rows.Resize(keys.size());
#if defined(__x86_64__)
  static const bool by_eight = __builtin_cpu_supports("avx512dq");
  if (by_eight && std::has_single_bit(row_floats())) {
    FindRowsByEight(keys, bits_, row_floats(), row(0), rows.data());
    return true;
  }
#endif
  for (std::size_t i = 0; i < keys.size(); ++i) rows[i] = row(RowOf(keys[i], bits_));
  return true;
}

template <typename VisitNumber>
void FixedTable::ForEachUsedIn(std::size_t part, VisitNumber visit) const {
  const std::size_t begin = part * part_rows();
  const std::size_t end = begin + part_rows();
  if (row_floats() > kLineFloats) {
    for (std::size_t number = begin; number < end; ++number) {
      std::uint64_t used = 0;
      for (std::size_t at = 0; at < row_floats(); at += kLineFloats) used |= UsedFloats(row(number) + at);
      if (used != 0) visit(number);
    }
    return;
  }
  // Many rows at once: which lines hold any cannot be guessed.  What a small table lacks of them is zeros.
  const int shift = std::countr_zero(row_floats());
  const std::uint64_t firsts = ~std::uint64_t{0} / ((std::uint64_t{1} << row_floats()) - 1);  // the first float of each
  for (std::size_t first = begin; first < end; first += kAtOnce / row_floats()) {
    std::uint64_t used = 0;
    PrefetchFloats(row(first) + kAhead, kAtOnce);
    for (std::size_t at = 0; at < kAtOnce; at += kLineFloats) used |= UsedFloats(row(first) + at) << at;
    for (int i = 0; i < shift; ++i) used |= used >> (1 << i);
    for (used &= firsts; used != 0; used &= used - 1) {
      visit(first + (static_cast<std::size_t>(std::countr_zero(used)) >> shift));
    }
  }
}

void FixedTable::EndPass() {
  if (!fade_) return;
  std::atomic<std::size_t> next{0};
  OnWorkers(WorkerCount(0, parts()), [&](int) {
    for (std::size_t part; (part = next.fetch_add(1)) < parts();) {
      ForEachUsedIn(part, [&](std::size_t number) { fade_(row(number)); });
    }
  });
}

void FixedTable::VisitPart(std::size_t part, const VisitSome& visit) const {
  std::array<NamedRow, kVisited> some;
  std::size_t count = 0;
  ForEachUsedIn(part, [&](std::size_t number) {
    some[count++] = {number, row(number), 0};
    if (count == some.size()) visit({some.data(), std::exchange(count, 0)});
  });
  if (count > 0) visit({some.data(), count});
}

float* FixedTable::Place(std::uint64_t number, std::uint32_t) {
  if (number >= size()) {
    throw std::invalid_argument("row " + std::to_string(number) + " of a table of " + std::to_string(size()));
  }
  return row(number);
}

}  // namespace tiffin::learn
