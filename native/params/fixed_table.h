// A parameter table of 2^bits rows that never grows: a key's row is its hash, and keys may share one.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "params/pages.h"
#include "params/table.h"

namespace tiffin::learn {

class FixedTable final : public Table {
 public:
  static constexpr int kLeastBits = 1;
  static constexpr int kMostBits = 32;

  // REQUIRES: kLeastBits <= bits <= kMostBits; width > 0.  Throws std::bad_alloc.
  // width: floats that a row has to hold; rows are made larger so that they lie well.
  FixedTable(int bits, std::size_t width, Fade fade = nullptr);

  int bits() const noexcept { return bits_; }
  std::size_t size() const noexcept { return std::size_t{1} << bits_; }
  float* row(std::size_t number) noexcept { return pages_.as<float>() + number * row_floats(); }
  const float* row(std::size_t number) const noexcept { return pages_.as<float>() + number * row_floats(); }

  std::unique_ptr<RowView> NewView() override;
  bool Find(std::span<const std::uint64_t> keys, Buffer<float*>& rows) override;
  std::uint32_t Begin(std::size_t) override { return 0; }
  void EndPass() override;
  std::size_t parts() const noexcept override { return size() / part_rows(); }
  void VisitPart(std::size_t part, const VisitSome& visit) const override;
  float* Place(std::uint64_t number, std::uint32_t) override;

  // The row of a key: by Fibonacci hashing, so that ids in a row share none (Knuth, TAOCP 3, 6.4).
  static std::uint32_t RowOf(std::uint64_t key, int bits) noexcept {
    return static_cast<std::uint32_t>(HashOf(key) >> (64 - bits));
  }
  // Its highest bits are the row.
  static std::uint64_t HashOf(std::uint64_t key) noexcept { return key * 0x9E3779B97F4A7C15ULL; }

 private:
  class View;

  static constexpr std::size_t kPartBytes = 1 << 20;

  std::size_t part_rows() const noexcept {
    return std::min(size(), std::bit_floor(kPartBytes / (row_floats() * sizeof(float)) + 1));  // a power of two, as size()
  }
  // Calls visit(number) for the rows of a part that hold anything, in ascending order.
  template <typename VisitNumber>
  void ForEachUsedIn(std::size_t part, VisitNumber visit) const;

  const int bits_;
  const Fade fade_;
  Pages pages_;
};

}  // namespace tiffin::learn
