// How often keys that have no row were seen, in two bytes each, until they are forgotten.
//
// A cell has twelve bits of a key's hash and a count of up to 15, as in Monolith (Liu et al., 2022).  Cells are in parts
// that are filled one after the other; when the last one is full, the first is emptied and is the next.  So what was seen
// lately is counted, in memory that never grows.  One key in some thousand is taken for another one.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "params/pages.h"
#include "params/table.h"

namespace tiffin::learn {

class AdmissionFilter {
 public:
  static constexpr int kMost = 15;  // sightings that can be counted

  // enough: sightings that a key needs.  REQUIRES: 1 <= enough <= kMost.  Throws std::bad_alloc.
  AdmissionFilter(std::size_t bytes, int enough);

  // Counts a sighting of a scrambled key.  True for the one that is enough; then its count begins anew.  Thread-safe.
  bool Admit(std::uint64_t scrambled) noexcept;

  // Whether it is time to forget.
  bool full() const noexcept { return used_.load(std::memory_order_relaxed) > cells_ / 2; }
  // Forgets the oldest part, if it is time.  Nobody else may be at it.
  void Forget();

  // As of Sightings: the cells that are not free, each as 16 bits of what is in it, and above them how many cells after the
  // one before it is, over all parts.  A gap that is too wide is several, with free cells between.  Nobody else may be at
  // it.
  Sightings::Head head() const noexcept { return {0, cells_, newest_, used_.load(std::memory_order_relaxed)}; }
  void ForEachCount(const std::function<void(std::uint32_t count)>& visit) const;
  bool SetHead(const Sightings::Head& head);
  void AddCount(std::uint32_t count);

 private:
  using Cell = std::atomic<std::uint16_t>;  // signature << 4 | count; 0: free
  static constexpr std::size_t kParts = 5;

  struct Place {
    Cell* cell;           // the key's own, or the first free one; nullptr where there is none nearby
    std::uint16_t value;  // 0: it is free
  };
  Place Find(std::size_t part, std::uint64_t scrambled) const noexcept;

  const unsigned enough_;
  const std::size_t cells_;  // of a part
  std::array<Pages, kParts> parts_;
  std::size_t newest_ = 0;
  std::atomic<std::size_t> used_{0};  // cells of the newest part
  std::size_t added_ = 0;             // the cell of all parts that AddCount has come to
};

}  // namespace tiffin::learn
