// How far a pass is: enough to go on with it, in this process or another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>

#include "engine/bad_rows.h"
#include "engine/totals.h"

namespace tiffin::learn {

// Which blocks are learned from.  Threads finish them nearly in order.
class Cursor {
 public:
  Cursor() = default;
  Cursor(std::uint64_t first, std::set<std::uint64_t> beyond) : first_(first), beyond_(std::move(beyond)) {}

  bool Has(std::uint64_t block) const { return block < first_ || beyond_.contains(block); }
  void Add(std::uint64_t block) {
    if (Has(block)) return;
    beyond_.insert(block);
    for (; beyond_.erase(first_) != 0; ++first_) {
    }
  }
  // All blocks before this one are, and of the others those in `beyond`.
  std::uint64_t first() const noexcept { return first_; }
  const std::set<std::uint64_t>& beyond() const noexcept { return beyond_; }

 private:
  std::uint64_t first_ = 0;
  std::set<std::uint64_t> beyond_;
};

struct PassState {
  Totals totals;
  Cursor cursor;
  BadRows bad;
  bool has_ended = false;  // whether the table knows that all blocks are done
};

}  // namespace tiffin::learn
