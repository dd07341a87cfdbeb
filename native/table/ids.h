// A set of object ids: what is named, out of any number of listings.
//
// Thread-compatible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <unordered_set>
#include <vector>

#include "hash/md5.h"
#include "table/table.h"

namespace tiffin {

class Ids {
 public:
  std::size_t size() const noexcept { return ids_.size(); }
  bool Has(const Digest& id) const { return ids_.contains(id); }
  void Add(const Digest& id) { ids_.insert(id); }
  void Discard(const Digest& id) { ids_.erase(id); }

  // All of them, in no order.
  std::vector<Digest> All() const { return {ids_.begin(), ids_.end()}; }

  // The rows of a table whose ids are in the set, or are not; a row without id is in neither.
  std::vector<std::size_t> Rows(const Table& table, bool in) const {
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < table.size(); ++row) {
      if (table.has_id(row) && Has(table.digests[row]) == in) rows.push_back(row);
    }
    return rows;
  }

 private:
  // An id is a hash already.
  struct Folded {
    std::size_t operator()(const Digest& id) const noexcept {
      std::uint64_t halves[2];
      std::memcpy(halves, id.data(), sizeof halves);
      return static_cast<std::size_t>(halves[0] ^ halves[1]);
    }
  };
  std::unordered_set<Digest, Folded> ids_;
};

}  // namespace tiffin
