// Whether a key may be in a set: no false "no", and few false "yes" (Bloom, 1970).
//
// All bits of a key are in one word, so that a question costs one look at memory; words are in the order of scrambled
// keys, so that a filter of half the size follows from it.  Made once; then thread-safe.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/prefetch.h"
#include "params/key_index.h"

namespace tiffin::learn {

class Bloom {
 public:
  // Says yes to all.
  Bloom() = default;
  // bytes: of SizeFor.
  explicit Bloom(std::size_t bytes) : words_(bytes / sizeof(std::uint64_t)) {}

  // Of a filter of some `bits` for each key.
  static std::size_t SizeFor(std::size_t keys, std::size_t bits) noexcept {
    return std::max<std::size_t>((keys * bits + kUnit * 8 - 1) / (kUnit * 8), 1) * kUnit;
  }
  // Whether a filter of this size can have half of it.
  static bool CanHalve(std::size_t bytes) noexcept { return bytes > sizeof(std::uint64_t) && bytes % (2 * sizeof(std::uint64_t)) == 0; }
  // How much of what is not in a set of so many keys it says yes to.
  static double FalseYes(std::size_t bytes, std::size_t keys) noexcept {
    if (bytes == 0) return 1;
    const double set = 1 - std::exp(-static_cast<double>(kBits * keys) / (static_cast<double>(bytes) * 8));
    return std::pow(set, kBits);
  }

  std::size_t bytes() const noexcept { return words_.size() * sizeof(std::uint64_t); }
  void Add(std::uint64_t scrambled) noexcept { words_[PlaceOf(scrambled, words_.size())] |= Bits(scrambled); }
  bool MayHave(std::uint64_t scrambled) const noexcept {
    if (words_.empty()) return true;
    const std::uint64_t bits = Bits(scrambled);
    return (words_[PlaceOf(scrambled, words_.size())] & bits) == bits;
  }
  void Prefetch(std::uint64_t scrambled) const noexcept {
    if (!words_.empty()) tiffin::Prefetch(&words_[PlaceOf(scrambled, words_.size())]);
  }
  // Becomes as if it had been made of half the size.  REQUIRES: CanHalve(bytes()).
  void Halve() {
    for (std::size_t i = 0; i < words_.size() / 2; ++i) words_[i] = words_[2 * i] | words_[2 * i + 1];
    words_.resize(words_.size() / 2);
    words_.shrink_to_fit();
  }

 private:
  static constexpr int kBits = 4;             // of the 64 of a word
  static constexpr std::size_t kUnit = 1024;  // bytes: it can be halved seven times

  // By the lower bits: the word follows from the upper ones.
  static std::uint64_t Bits(std::uint64_t scrambled) noexcept {
    std::uint64_t bits = 0;
    for (int i = 0; i < kBits; ++i) bits |= std::uint64_t{1} << ((scrambled >> (6 * i)) & 63);
    return bits;
  }

  std::vector<std::uint64_t> words_;
};

}  // namespace tiffin::learn
