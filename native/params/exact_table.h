// A parameter table in which each key has a row of its own: it grows, forgets, and keeps on disk what memory has no room for.
//
// Rows are in slabs that never move.  Threads find rows, and give new keys rows, side by side (KeyIndex).  Between two
// views a thread may be alone (Gate) to grow the index, to take out rows that were not seen for long, or to write the
// rows that were not seen for longest to disk (Spill), from where they come back when their key is met again.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "params/admission.h"
#include "params/gate.h"
#include "params/key_index.h"
#include "params/pages.h"
#include "params/spill.h"
#include "params/table.h"

namespace tiffin::learn {

struct ExactSettings {
  int admit = 1;              // how often a key is seen until it has a row; at most AdmissionFilter::kMost
  std::int32_t ttl = 0;       // examples, at most 2^30; a row that so many did not have leaves, at the latest after a quarter more; 0: none does
  std::size_t memory = 0;     // bytes for rows, index and filters; 0: as many as there are
  std::string spill = ".";    // directory for rows that `memory` has no room for
};

class ExactTable final : public Table, private Sightings {
 public:
  // width: floats that a row has to hold.  Throws std::bad_alloc.
  ExactTable(std::size_t width, const ExactSettings& settings, Fade fade = nullptr);

  // Of keys with a row in memory.
  std::size_t size() const noexcept { return index_.capacity() - static_cast<std::size_t>(room_.load()); }
  // How many rows memory has room for; 0: as many as there are.
  std::size_t most_rows() const noexcept { return most_rows_; }

  std::size_t most_open() const noexcept override;
  std::unique_ptr<RowView> NewView() override;
  std::uint32_t Begin(std::size_t examples) override;
  void EndPass() override;
  // Ascending by Scramble(key).
  void VisitPart(std::size_t part, const VisitSome& visit) const override;
  float* Place(std::uint64_t key, std::uint32_t age) override;
  void Fill(const Table& rows, std::size_t count) override;
  Sightings* sightings() noexcept override { return settings_.admit > 1 || settings_.ttl > 0 ? this : nullptr; }

 private:
  class View;

  // ---- Sightings
  Head head() const override;
  void ForEachCount(const std::function<void(std::uint32_t)>& visit) const override;
  bool SetHead(const Head& head) override;
  void AddCount(std::uint32_t count) override;

  float* RowAt(std::uint32_t row) const noexcept {
    return slabs_[row >> slab_bits_].as<float>() + (row & ((std::uint32_t{1} << slab_bits_) - 1)) * row_floats();
  }
  // ---- while others may be inside the gate
  // Room for so many rows more; false where there is none.
  bool Reserve(std::size_t rows) noexcept;
  // A row of zeros.  REQUIRES: it was reserved.
  std::uint32_t TakeRow() noexcept;
  // Whether a row, seen last then, was too old when rows were last looked through.
  bool IsExpired(std::uint32_t seen) const noexcept {
    const auto age = static_cast<std::int32_t>(expired_.load(std::memory_order_relaxed) - seen);
    return settings_.ttl > 0 && age > settings_.ttl;
  }
  // A row from disk as it would be, had it been in memory.
  void CatchUp(const SpilledRow& row) const;
  bool NeedsLook() const noexcept;

  // ---- alone
  // As Reserve; makes room.  False: others have reserved so much that it has to wait for them.  Throws std::bad_alloc,
  // SystemFault.
  bool MakeRoom(std::size_t rows);
  void Grow(std::size_t keys);
  void Evict(std::size_t rows);
  void Expire();
  void SettleRows();

  const ExactSettings settings_;
  const Fade fade_;
  const int slab_bits_;  // a slab has 2^slab_bits rows
  const std::size_t most_rows_;

  Gate gate_;
  KeyIndex index_;
  std::vector<Pages> slabs_;
  std::optional<AdmissionFilter> admission_;
  std::optional<Spill> spill_;

  // Row numbers: those that were given back, and all from fresh_ on, are free.  Number 0 is the row of keys that have none.
  std::vector<std::uint32_t> freed_;
  std::uint32_t fresh_ = 1;
  std::atomic<std::size_t> taken_{0};     // rows since SettleRows: first the freed ones, from the end, then fresh ones
  std::atomic<std::int64_t> room_;        // keys that the index has room for, without those reserved
  std::atomic<std::uint32_t> clock_{0};   // examples learned from, modulo 2^32
  std::atomic<std::uint32_t> expired_{0};  // the clock when rows were last looked through
  std::uint32_t purged_ = 0;              // the same for rows on disk
  std::uint32_t faded_ = 0;               // passes that have ended
};

}  // namespace tiffin::learn
