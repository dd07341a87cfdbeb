// The keys of a batch by small numbers: whoever keeps a row for each key of a batch finds it by such a number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "rows/buffer.h"

namespace tiffin::learn {

// Thread-compatible: one a thread, which keeps its memory between batches.
class Localiser {
 public:
  // unique: each key once, ascending.  index: of each key, where it is in `unique`.  Both are overwritten.
  // REQUIRES: fewer than 2^32 keys.
  void Run(std::span<const std::uint64_t> keys, Buffer<std::uint64_t>& unique, Buffer<std::uint32_t>& index);

 private:
  struct Entry {
    std::uint64_t key;
    std::uint32_t place;  // among the keys as they were first seen
  };

  void Number(std::span<const std::uint64_t> keys, Buffer<std::uint64_t>& unique, Buffer<std::uint32_t>& index);
  void Grow(const Buffer<std::uint64_t>& unique);
  void Sort(const Buffer<std::uint64_t>& unique);

  int bits_ = 10;
  Buffer<std::uint32_t> slots_;  // open addressing; 0: free, else one more than the key's place
  Buffer<Entry> entries_;
  Buffer<Entry> other_;
  Buffer<std::uint32_t> ranks_;
};

}  // namespace tiffin::learn
