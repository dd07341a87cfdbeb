// Which row a key has: open addressing with linear probing, four slots to a cache line.
//
// A key's home follows its scrambled value from the first slot to the last, so the index is in the order of scrambled
// keys but for the keys of one run of used slots, and it grows, is thinned out and written to disk in one sweep.
//
// Find and Insert may be called by many threads at once; all else needs to be alone.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <thread>
#include <vector>

#include "params/pages.h"

namespace tiffin::learn {

// Another number for each key, scattered over all 64 bits: the finaliser of SplitMix64 (Steele, Lea, Flood, 2014).
inline std::uint64_t Scramble(std::uint64_t key) noexcept {
  key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9ULL;
  key = (key ^ (key >> 27)) * 0x94D049BB133111EBULL;
  return key ^ (key >> 31);
}

// Where a scrambled key is among `count` places that divide all such numbers evenly.
inline std::size_t PlaceOf(std::uint64_t scrambled, std::size_t count) noexcept {
  return static_cast<std::size_t>((static_cast<unsigned __int128>(scrambled) * count) >> 64);
}

class KeyIndex {
 public:
  static constexpr std::uint32_t kNoRow = 0;

  struct Entry {
    std::uint64_t key;
    std::uint32_t row;
    std::uint32_t seen;
  };

  struct Slot {
    std::atomic<std::uint64_t> key;
    std::atomic<std::uint32_t> row;   // kNoRow: the slot is free; kClaimed: its key and row are about to be there
    std::atomic<std::uint32_t> seen;  // whatever the owner of the index counts
  };

  // Throws std::bad_alloc.
  explicit KeyIndex(std::size_t slots) : count_(slots), pages_((slots + kTail) * sizeof(Slot)) {}

  std::size_t slots() const noexcept { return count_; }
  // How many keys it should have at most.
  std::size_t capacity() const noexcept { return CapacityOf(count_); }
  static std::size_t CapacityOf(std::size_t slots) noexcept { return slots / 4 * 3; }
  static std::size_t SlotsFor(std::size_t keys) noexcept { return (keys + 2) / 3 * 4; }
  static constexpr double kBytesPerKey = 16.0 * 4 / 3;

  Slot* Home(std::uint64_t key) const noexcept { return begin() + PlaceOf(Scramble(key), count_); }

  // The slot of a key, looked for from its home on; nullptr where there is none.
  Slot* Find(Slot* home, std::uint64_t key) const noexcept {
    for (Slot* slot = home; slot != end(); ++slot) {
      const std::uint32_t row = Settled(*slot);
      if (row == kNoRow) return nullptr;
      if (slot->key.load(std::memory_order_relaxed) == key) return slot;
    }
    return nullptr;
  }

  // The same; a key that has none gets one, with the row that take_row() gives, which others see from then on.
  // take_row: noexcept.  REQUIRES: fewer keys than capacity().  Throws std::bad_alloc where hashes are against all odds.
  template <typename TakeRow>
  Slot* Insert(std::uint64_t key, std::uint32_t seen, TakeRow take_row) {
    for (Slot* slot = Home(key); slot != end(); ++slot) {
      std::uint32_t row = kNoRow;
      if (slot->row.load(std::memory_order_relaxed) == kNoRow &&
          slot->row.compare_exchange_strong(row, kClaimed, std::memory_order_acquire)) {
        slot->key.store(key, std::memory_order_relaxed);
        slot->seen.store(seen, std::memory_order_relaxed);
        slot->row.store(take_row(), std::memory_order_release);
        return slot;
      }
      Settled(*slot);
      if (slot->key.load(std::memory_order_relaxed) == key) return slot;
    }
    throw std::bad_alloc();
  }

  // ---- alone

  // Gives all entries in the order of their scrambled keys.
  class Cursor {
   public:
    explicit Cursor(const KeyIndex& index) : index_(&index), slot_(index.begin()) {}
    bool Next(Entry& entry) {
      while (at_ == run_.size()) {
        if (slot_ == index_->end()) return false;
        slot_ = index_->ReadRun(slot_, run_);
        at_ = 0;
      }
      entry = run_[at_++];
      return true;
    }

   private:
    const KeyIndex* index_;
    const Slot* slot_;
    std::vector<Entry> run_;
    std::size_t at_ = 0;
  };

  // All entries move to an index of more slots.  Throws std::bad_alloc, and is as it was.
  void Grow(std::size_t slots) {
    KeyIndex grown(slots);
    Slot* next = grown.begin();
    Entry entry;
    for (Cursor cursor(*this); cursor.Next(entry);) next = grown.PutFrom(next, entry);
    *this = std::move(grown);
  }

  // Takes out the entries for which keep(entry) is false; it is asked in the order of their scrambled keys.
  template <typename Keep>
  void Retain(Keep keep) {
    std::vector<Entry> run;
    Slot* next = begin();
    for (Slot* slot = begin(); slot != end();) {
      Slot* const after = const_cast<Slot*>(ReadRun(slot, run));
      std::fill_n(reinterpret_cast<std::byte*>(slot), static_cast<std::size_t>(after - slot) * sizeof(Slot), std::byte{0});
      // The homes of these keys are in this run, so what is left of them fits into it again.
      for (const Entry& entry : run) {
        if (keep(entry)) next = PutFrom(next, entry);
      }
      slot = after;
    }
  }

 private:
  static constexpr std::uint32_t kClaimed = 0xFFFFFFFF;
  // Slots beyond the last home.  At three quarters of the capacity the longest run among 10^9 keys has about 550 slots.
  static constexpr std::size_t kTail = 4096;

  Slot* begin() const noexcept { return pages_.as<Slot>(); }
  Slot* end() const noexcept { return begin() + count_ + kTail; }

  // The row in a slot, waited for while another thread is about to put it there.
  static std::uint32_t Settled(const Slot& slot) noexcept {
    for (;;) {
      const std::uint32_t row = slot.row.load(std::memory_order_acquire);
      if (row != kClaimed) return row;
      std::this_thread::yield();
    }
  }

  // The entries of the first run of used slots from here on, in order; gives the slot after it.
  const Slot* ReadRun(const Slot* slot, std::vector<Entry>& run) const {
    run.clear();
    while (slot != end() && slot->row.load(std::memory_order_relaxed) == kNoRow) ++slot;
    for (; slot != end() && slot->row.load(std::memory_order_relaxed) != kNoRow; ++slot) {
      run.push_back({slot->key.load(std::memory_order_relaxed), slot->row.load(std::memory_order_relaxed),
                     slot->seen.load(std::memory_order_relaxed)});
    }
    std::ranges::sort(run, {}, [](const Entry& entry) { return Scramble(entry.key); });
    return slot;
  }

  // Puts an entry into its home or the first slot from `next` on, whichever is later; gives the slot after it.
  Slot* PutFrom(Slot* next, const Entry& entry) {
    Slot* const slot = std::max(next, Home(entry.key));
    if (slot == end()) throw std::bad_alloc();
    slot->key.store(entry.key, std::memory_order_relaxed);
    slot->row.store(entry.row, std::memory_order_relaxed);
    slot->seen.store(entry.seen, std::memory_order_relaxed);
    return slot + 1;
  }

  std::size_t count_;
  Pages pages_;
};

}  // namespace tiffin::learn
