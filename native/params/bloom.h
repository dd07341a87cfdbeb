// Whether a key may be in a set: no false "no", and few false "yes" (Bloom, 1970).
//
// All bits of a key are in one word, so that a question costs one look at memory; words are in the order of scrambled
// keys.  Made once; then thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "params/key_index.h"

namespace tiffin::learn {

class Bloom {
 public:
  Bloom() = default;
  explicit Bloom(std::size_t bytes) : words_(std::max<std::size_t>(bytes / sizeof(std::uint64_t), 1)) {}

  std::size_t bytes() const noexcept { return words_.size() * sizeof(std::uint64_t); }
  void Add(std::uint64_t scrambled) noexcept { words_[PlaceOf(scrambled, words_.size())] |= Bits(scrambled); }
  bool MayHave(std::uint64_t scrambled) const noexcept {
    const std::uint64_t bits = Bits(scrambled);
    return (words_[PlaceOf(scrambled, words_.size())] & bits) == bits;
  }

 private:
  // Four of the 64, by the lower bits: the word follows from the upper ones.
  static std::uint64_t Bits(std::uint64_t scrambled) noexcept {
    std::uint64_t bits = 0;
    for (int i = 0; i < 4; ++i) bits |= std::uint64_t{1} << ((scrambled >> (6 * i)) & 63);
    return bits;
  }

  std::vector<std::uint64_t> words_;
};

}  // namespace tiffin::learn
