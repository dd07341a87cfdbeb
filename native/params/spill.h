// Rows that memory has no room for, on disk: segments, of which the newest that has a key counts.
//
// Segments of one level are merged into one of the next when there are kMerged of them, so that a key is looked for in
// few, and each row is written a few times (a log-structured merge tree: O'Neil, Cheng, Gawlick, O'Neil, 1996).  Of each
// segment a filter is in memory.  All filters together have a bounded size; with more rows they are less sharp, those of
// large segments before those of small ones, which are asked as often (Monkey: Dayan, Athanassoulis, Idreos, 2017).  That
// costs reads of the disk and never a row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "params/segment.h"

namespace tiffin::learn {

// Rows found on disk; used again and again.
class FetchedRows {
 public:
  void Clear() noexcept;
  std::size_t size() const noexcept { return seen_.size(); }
  // The row of a key; false where it was not found.
  bool Find(std::uint64_t key, SpilledRow& row) noexcept;
  template <typename Visit>
  void ForEach(Visit visit) {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (places_[i] != kNone) visit(At(i));
    }
  }

 private:
  friend class Spill;
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  void Ask(std::span<const std::uint64_t> keys);
  void Add(std::size_t i, const SpilledRow& row, std::size_t row_floats);
  SpilledRow At(std::size_t i) noexcept {
    const std::uint32_t place = places_[i];
    return {keys_[i], seen_[place], faded_[place], floats_.data() + place * (floats_.size() / size())};
  }

  Buffer<std::uint64_t> keys_;    // that were asked for, by scrambled key
  Buffer<std::uint32_t> places_;  // of their rows in the following
  Buffer<std::uint32_t> seen_;
  Buffer<std::uint32_t> faded_;
  Buffer<float> floats_;
  Buffer<std::uint32_t> waiting_;  // keys that the disk has to be waited for
  Buffer<std::byte> read_;
};

class Spill {
 public:
  using Keep = std::function<bool(const SpilledRow&)>;

  // filter_bytes: of memory for all filters.
  Spill(std::string directory, std::size_t row_floats, std::size_t filter_bytes);

  std::size_t segments() const noexcept { return segments_.size(); }
  // Looks for keys, ascending as scrambled; rows for which `keep` is false are not there.  Thread-safe, but for the
  // functions below.  Throws SystemFault.
  void Fetch(std::span<const std::uint64_t> keys, FetchedRows& found, const Keep& keep) const;

  // Adds `count` rows at most, which `next` gives one after the other, ascending by scrambled key.  Throws SystemFault,
  // and has added nothing.
  void Add(std::size_t count, const std::function<bool(SpilledRow&)>& next);
  // Adds rows as a segment of some level, the first one there is: give(take) calls take(row) for `count` of them at most,
  // ascending by scrambled key.  Throws what it throws, SystemFault, and has added nothing.
  using Take = std::function<void(const SpilledRow&)>;
  void AddMerged(int level, std::size_t count, const std::function<void(const Take& take)>& give);
  // Merges segments where there are enough; rows for which `keep` is false are left out.  Throws SystemFault, and has lost
  // nothing.
  void Merge(const Keep& keep);
  // The same with all segments, however few there are.
  void Purge(const Keep& keep);

  class Cursor;

  static constexpr std::size_t kMerged = 4;  // segments of one level

 private:
  struct Level {
    int level;
    std::unique_ptr<Segment> segment;
  };

  // The newest row of the i-th key.  False: without waiting for the disk it is not known whether there is one.
  bool Look(std::size_t i, bool wait, FetchedRows& found, const Keep& keep) const;
  // All segments from one on become one.
  void MergeFrom(std::size_t first, const Keep& keep);
  // How large a filter of a segment of so many rows may be; others become smaller for it.
  std::size_t RoomForFilter(std::size_t rows);

  const std::string directory_;
  const std::size_t row_floats_;
  const std::size_t filter_bytes_;
  std::vector<Level> segments_;  // the oldest first; levels never rise from one to the next
};

// The rows of some segments in the order of scrambled keys, each key once: from the newest segment that has it.
class Spill::Cursor {
 public:
  // All segments from one on.
  explicit Cursor(const Spill& spill, std::size_t first = 0);
  // floats: until the next one.  Throws SystemFault.
  bool Next(SpilledRow& row);

 private:
  struct Head {
    Segment::Cursor cursor;
    SpilledRow row;
    bool is_there;
  };
  void Advance(Head& head) { head.is_there = head.cursor.Next(head.row); }

  std::vector<Head> heads_;  // the oldest first
  std::size_t given_ = 0;    // the head whose row was given last; heads_.size(): none
};

}  // namespace tiffin::learn
