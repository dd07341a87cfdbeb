// A parameter table of 2^bits rows that never grows: a key's row is its hash, and keys may share one.
//
// A row is `row_floats` floats that begin on a boundary of their own size or of a cache line, whichever is less.  All of
// it begins as zeros, so that memory nobody touches is never there.
//
// Threads may read and write rows at the same time without locks.  Then an update can be lost, which training on sparse
// data bears well (Recht, Re, Wright, Niu: Hogwild!, 2011).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace tiffin::learn {

class FixedTable {
 public:
  static constexpr int kLeastBits = 1;
  static constexpr int kMostBits = 32;

  // REQUIRES: kLeastBits <= bits <= kMostBits; width > 0.  Throws std::bad_alloc.
  // width: floats that a row has to hold; rows are made larger so that they lie well.
  FixedTable(int bits, std::size_t width);

  int bits() const noexcept { return bits_; }
  std::size_t size() const noexcept { return std::size_t{1} << bits_; }
  std::size_t row_floats() const noexcept { return row_floats_; }
  std::size_t bytes() const noexcept { return size() * row_floats_ * sizeof(float); }
  float* row(std::size_t number) noexcept { return data_.get() + number * row_floats_; }
  const float* row(std::size_t number) const noexcept { return data_.get() + number * row_floats_; }
  float* data() noexcept { return data_.get(); }

  // The row of a key: by Fibonacci hashing, so that ids in a row share none (Knuth, TAOCP 3, 6.4).
  static std::uint32_t RowOf(std::uint64_t key, int bits) noexcept {
    return static_cast<std::uint32_t>((key * 0x9E3779B97F4A7C15ULL) >> (64 - bits));
  }

 private:
  struct Unmap {
    std::size_t bytes;
    void operator()(float* memory) const noexcept;
  };

  int bits_;
  std::size_t row_floats_;
  std::unique_ptr<float[], Unmap> data_;
};

}  // namespace tiffin::learn
