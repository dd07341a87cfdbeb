#include "params/exact_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <new>
#include <thread>
#include <utility>

#include "base/prefetch.h"

namespace tiffin::learn {
namespace {

constexpr std::size_t kSlabBytes = 32 << 20;
constexpr std::size_t kFirstSlots = 1 << 12;
constexpr std::size_t kAdmissionBytes = 64 << 20;  // where memory is not bounded; untouched pages are not there
constexpr std::size_t kLeastAdmissionBytes = 1 << 18;
constexpr std::size_t kViews = 16;                 // that find room in bounded memory side by side
constexpr std::size_t kLookedUp = 32;              // keys whose slots are asked for side by side

// Rows have numbers of 32 bits; less by what the index rounds up.
constexpr std::size_t kMostRows = 0xFFFFFFF0;

// Ages have 31 bits.  The oldest row on disk has at most the most that `ttl` may be, so much, and a quarter of `ttl` more.
constexpr std::uint32_t kPurgedEvery = std::uint32_t{1} << 29;  // examples

// How the memory is divided: a quarter for the filters of what is on disk, ...
constexpr std::size_t kFilterShare = 4;
// ... a sixteenth for the admission of keys, if that is asked for, and the rest for rows and their index.
constexpr std::size_t kAdmissionShare = 16;

std::size_t MostRows(const ExactSettings& settings, std::size_t row_bytes) {
  if (settings.memory == 0) return 0;
  std::size_t rest = settings.memory - settings.memory / kFilterShare;
  if (settings.admit > 1) rest -= settings.memory / kAdmissionShare;
  // A quarter of the numbers may be free ones, which are listed.
  const double each = static_cast<double>(row_bytes) + KeyIndex::kBytesPerKey + sizeof(std::uint32_t) / 4.0;
  return std::clamp<std::size_t>(static_cast<std::size_t>(static_cast<double>(rest) / each), 1, kMostRows);
}

int SlabBits(std::size_t row_bytes) {
  return std::bit_width(std::max<std::size_t>(kSlabBytes / row_bytes, 1)) - 1;
}

// Ages in steps that grow with them, eight from one power of two to the next.
constexpr std::size_t kAges = 256;
std::size_t AgeOf(std::uint32_t examples) noexcept {
  if (examples < 8) return examples;
  const int shift = std::bit_width(examples) - 4;
  return static_cast<std::size_t>(shift + 1) * 8 + ((examples >> shift) & 7);
}

// Picks so many of the oldest; asked again in the same order, it picks the same ones.  Of the youngest age that leaves it
// picks evenly from first to last: what stays is then spread over the index as evenly as before.
class Oldest {
 public:
  Oldest(const std::array<std::size_t, kAges>& counts, std::size_t wanted) : least_(kAges), wanted_(wanted) {
    while (least_ > 0 && wanted_ >= counts[least_ - 1]) wanted_ -= counts[--least_];
    if (least_ > 0) among_ = counts[least_ - 1];
  }
  bool Picks(std::uint32_t examples) noexcept {
    const std::size_t age = AgeOf(examples);
    if (age >= least_) return true;
    if (age + 1 != least_) return false;
    sum_ += wanted_;
    if (sum_ < among_) return false;
    sum_ -= among_;
    return true;
  }

 private:
  std::size_t least_;      // all from this age on are picked
  std::size_t wanted_;     // and so many of the age below it,
  std::size_t among_ = 0;  // of which there are so many
  std::size_t sum_ = 0;
};

}  // namespace

// ---- views

class ExactTable::View final : public RowView {
 public:
  explicit View(ExactTable& table) : table_(table) { absent_ = table.RowAt(KeyIndex::kNoRow); }
  ~View() override { Close(); }

  void Open(std::span<const std::uint64_t> keys, std::uint32_t now, Purpose purpose) override {
    rows_.Resize(keys.size());
    if (purpose == Purpose::kScore) {
      Enter();
      Look(keys, now, false);
      if (table_.spill_ && !missing_.empty()) Copy(keys);
      return;
    }
    if (table_.admission_ && table_.admission_->full()) table_.gate_.Alone([&] { table_.admission_->Forget(); });
    Enter();
    Look(keys, now, true);
    if (missing_.empty()) return;
    if (table_.Reserve(missing_.size())) {
      reserved_ = missing_.size();
    } else {
      Close();
      MakeRoom(keys.size());
      Enter();
      Look(keys, now, true);  // some rows may have left
    }
    GiveRows(keys, now);
    GiveBack();
  }

  void Close() noexcept override {
    GiveBack();
    if (std::exchange(inside_, false)) table_.gate_.Leave();
  }

 private:
  void Enter() {
    table_.gate_.Enter();
    inside_ = true;
  }

  void MakeRoom(std::size_t rows) {
    for (;;) {
      bool is_made = false;
      table_.gate_.Alone([&] { is_made = table_.MakeRoom(rows); });
      if (is_made) break;
      std::this_thread::yield();
    }
    reserved_ = rows;
  }

  void GiveBack() noexcept { table_.room_.fetch_add(static_cast<std::int64_t>(std::exchange(reserved_, 0))); }

  // Finds what is in memory, and which keys are not.
  void Look(std::span<const std::uint64_t> keys, std::uint32_t now, bool is_seen) {
    missing_.Clear();
    missing_.Reserve(keys.size());
    const KeyIndex& index = table_.index_;
    std::array<KeyIndex::Slot*, kLookedUp> homes;
    for (std::size_t begin = 0; begin < keys.size(); begin += kLookedUp) {
      const std::size_t count = std::min(kLookedUp, keys.size() - begin);
      for (std::size_t i = 0; i < count; ++i) {
        homes[i] = index.Home(keys[begin + i]);
        Prefetch(homes[i]);
      }
      for (std::size_t i = 0; i < count; ++i) {
        KeyIndex::Slot* const slot = index.Find(homes[i], keys[begin + i]);
        if (slot == nullptr) {
          missing_.Push(static_cast<std::uint32_t>(begin + i));
          rows_[begin + i] = absent_;
          continue;
        }
        rows_[begin + i] = table_.RowAt(slot->row.load(std::memory_order_relaxed));
        if (is_seen && slot->seen.load(std::memory_order_relaxed) != now) slot->seen.store(now, std::memory_order_relaxed);
      }
    }
    has_absent_ = !missing_.empty();
  }

  // Reads those of the missing rows that are on disk.
  void Fetch(std::span<const std::uint64_t> keys) {
    fetched_.Clear();
    if (!table_.spill_ || table_.spill_->segments() == 0) return;
    wanted_.clear();
    for (const std::uint32_t i : missing_.span()) wanted_.push_back(keys[i]);
    std::ranges::sort(wanted_, {}, Scramble);
    wanted_.erase(std::unique(wanted_.begin(), wanted_.end()), wanted_.end());
    table_.spill_->Fetch(wanted_, fetched_, [&](const SpilledRow& row) { return !table_.IsExpired(row.seen); });
    fetched_.ForEach([&](const SpilledRow& row) { table_.CatchUp(row); });
  }

  // Lets missing keys show to rows that were read from disk: nobody writes to them.
  void Copy(std::span<const std::uint64_t> keys) {
    Fetch(keys);
    SpilledRow row;
    for (const std::uint32_t i : missing_.span()) {
      if (fetched_.Find(keys[i], row)) rows_[i] = row.floats;
    }
  }

  // Gives missing keys the rows that they have on disk, or new ones if they are admitted.
  void GiveRows(std::span<const std::uint64_t> keys, std::uint32_t now) {
    Fetch(keys);
    has_absent_ = false;
    SpilledRow row;
    for (const std::uint32_t i : missing_.span()) {
      const std::uint64_t key = keys[i];
      const KeyIndex::Slot* const slot = table_.index_.Find(table_.index_.Home(key), key);
      if (slot != nullptr) {  // since it was seen earlier in these keys, or by another thread
        rows_[i] = table_.RowAt(slot->row.load(std::memory_order_relaxed));
      } else if (fetched_.Find(key, row)) {
        rows_[i] = Insert(key, now, &row);
      } else if (!table_.admission_ || table_.admission_->Admit(Scramble(key))) {
        rows_[i] = Insert(key, now, nullptr);
      } else {
        has_absent_ = true;
      }
    }
  }

  float* Insert(std::uint64_t key, std::uint32_t now, const SpilledRow* fetched) {
    const KeyIndex::Slot* const slot = table_.index_.Insert(key, now, [&]() noexcept {
      --reserved_;
      const std::uint32_t number = table_.TakeRow();
      if (fetched != nullptr) std::memcpy(table_.RowAt(number), fetched->floats, table_.row_floats() * sizeof(float));
      return number;
    });
    return table_.RowAt(slot->row.load(std::memory_order_relaxed));
  }

  ExactTable& table_;
  bool inside_ = false;
  Buffer<std::uint32_t> missing_;  // which keys have no row in memory
  std::vector<std::uint64_t> wanted_;
  FetchedRows fetched_;
  std::size_t reserved_ = 0;  // rows that this view may still take
};

std::unique_ptr<RowView> ExactTable::NewView() { return std::make_unique<View>(*this); }

// ---- the table

ExactTable::ExactTable(std::size_t width, const ExactSettings& settings, Fade fade)
    : Table(PaddedFloats(width)),
      settings_(settings),
      fade_(std::move(fade)),
      slab_bits_(SlabBits(row_floats() * sizeof(float))),
      most_rows_(MostRows(settings, row_floats() * sizeof(float))),
      index_(kFirstSlots),
      room_(0) {
  if (settings.memory > 0) {
    spill_.emplace(settings.spill, row_floats(), settings.memory / kFilterShare);
    if (most_rows_ < index_.capacity()) index_ = KeyIndex(KeyIndex::SlotsFor(most_rows_));
  }
  if (settings.admit > 1) {
    const std::size_t share = std::max(settings.memory / kAdmissionShare, kLeastAdmissionBytes);
    admission_.emplace(settings.memory > 0 ? share : kAdmissionBytes, settings.admit);
  }
  Grow(index_.capacity());
}

bool ExactTable::Reserve(std::size_t rows) noexcept {
  const auto wanted = static_cast<std::int64_t>(rows);
  if (room_.fetch_sub(wanted) >= wanted) return true;
  room_.fetch_add(wanted);
  return false;
}

std::uint32_t ExactTable::TakeRow() noexcept {
  const std::size_t taken = taken_.fetch_add(1, std::memory_order_relaxed);
  if (taken >= freed_.size()) return fresh_ + static_cast<std::uint32_t>(taken - freed_.size());
  const std::uint32_t row = freed_[freed_.size() - 1 - taken];
  std::memset(RowAt(row), 0, row_floats() * sizeof(float));
  return row;
}

void ExactTable::CatchUp(const SpilledRow& row) const {
  if (!fade_) return;
  for (std::uint32_t pass = row.faded; pass < faded_; ++pass) fade_(row.floats);
}

std::size_t ExactTable::most_open() const noexcept {
  return most_rows_ == 0 ? Table::most_open() : std::max<std::size_t>(most_rows_ / kViews, 1);
}

std::uint32_t ExactTable::Begin(std::size_t examples) {
  if (NeedsLook()) {
    gate_.Alone([&] {
      if (NeedsLook()) Expire();  // else another thread was here
    });
  }
  return clock_.fetch_add(static_cast<std::uint32_t>(examples), std::memory_order_relaxed);
}

bool ExactTable::NeedsLook() const noexcept {
  return settings_.ttl > 0 && clock_.load(std::memory_order_relaxed) - expired_.load(std::memory_order_relaxed) >
                                  static_cast<std::uint32_t>(std::max(settings_.ttl / 4, 1));
}

// ---- alone

bool ExactTable::MakeRoom(std::size_t rows) {
  if (Reserve(rows)) return true;
  SettleRows();
  const std::size_t used = fresh_ - 1 - freed_.size();
  const std::size_t reserved = index_.capacity() - used - static_cast<std::size_t>(room_.load());
  const std::size_t wanted = used + reserved + rows;
  if (most_rows_ == 0 || wanted <= most_rows_) {
    std::size_t keys = std::max(2 * index_.capacity(), wanted);
    if (most_rows_ > 0) keys = std::min(keys, most_rows_);
    Grow(keys);
  } else {
    if (rows > most_rows_) throw std::bad_alloc();
    if (reserved + rows > most_rows_) return false;
    if (index_.capacity() < most_rows_) Grow(most_rows_);
    Evict(std::min(used, std::max(wanted - most_rows_, most_rows_ / 4)));
  }
  return Reserve(rows);
}

// The index has room for so many keys at least, and the slabs for as many rows as it has.
void ExactTable::Grow(std::size_t keys) {
  if (keys > kMostRows) throw std::bad_alloc();
  const std::size_t before = slabs_.empty() ? 0 : index_.capacity();  // at first there is room for none
  const std::size_t slots = std::max(KeyIndex::SlotsFor(keys), index_.slots());
  const std::size_t slabs = (KeyIndex::CapacityOf(slots) >> slab_bits_) + 1;
  while (slabs_.size() < slabs) slabs_.emplace_back((row_floats() * sizeof(float)) << slab_bits_);
  if (slots > index_.slots()) index_.Grow(slots);
  room_.fetch_add(static_cast<std::int64_t>(index_.capacity() - before));
}

void ExactTable::Evict(std::size_t rows) {
  const std::uint32_t now = clock_.load(std::memory_order_relaxed);
  std::array<std::size_t, kAges> counts{};
  KeyIndex::Entry entry;
  for (KeyIndex::Cursor cursor(index_); cursor.Next(entry);) ++counts[AgeOf(now - entry.seen)];
  // First all is written; only then anything is taken out, so that a full disk changes nothing.
  Oldest leaving(counts, rows);
  KeyIndex::Cursor cursor(index_);
  spill_->Add(rows, [&](SpilledRow& row) {
    while (cursor.Next(entry)) {
      if (!leaving.Picks(now - entry.seen)) continue;
      row = {entry.key, entry.seen, faded_, RowAt(entry.row)};
      return true;
    }
    return false;
  });
  const std::size_t before = freed_.size();
  Oldest left(counts, rows);
  index_.Retain([&](const KeyIndex::Entry& each) {
    if (!left.Picks(now - each.seen)) return true;
    freed_.push_back(each.row);
    return false;
  });
  room_.fetch_add(static_cast<std::int64_t>(freed_.size() - before));
  spill_->Merge([&](const SpilledRow& row) { return !IsExpired(row.seen); });
}

// Takes out the rows that were not seen for long enough.
void ExactTable::Expire() {
  SettleRows();
  expired_.store(clock_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  const std::size_t before = freed_.size();
  index_.Retain([&](const KeyIndex::Entry& entry) {
    if (!IsExpired(entry.seen)) return true;
    freed_.push_back(entry.row);
    return false;
  });
  room_.fetch_add(static_cast<std::int64_t>(freed_.size() - before));
  if (spill_ && expired_ - purged_ > kPurgedEvery) {
    spill_->Purge([&](const SpilledRow& row) { return !IsExpired(row.seen); });
    purged_ = expired_;
  }
}

void ExactTable::SettleRows() {
  const std::size_t taken = taken_.exchange(0, std::memory_order_relaxed);
  const std::size_t freed = std::min(taken, freed_.size());
  freed_.resize(freed_.size() - freed);
  fresh_ += static_cast<std::uint32_t>(taken - freed);
}

void ExactTable::EndPass() {
  if (fade_) {
    KeyIndex::Entry entry;
    for (KeyIndex::Cursor cursor(index_); cursor.Next(entry);) fade_(RowAt(entry.row));
    ++faded_;
  }
  if (settings_.ttl > 0) Expire();
}

void ExactTable::VisitPart(std::size_t, const VisitSome& visit_some) const {
  const auto visit = [&](std::uint64_t key, const float* row, std::uint32_t age) {
    const NamedRow one{key, row, age};
    visit_some({&one, 1});
  };
  const std::uint32_t now = clock_.load(std::memory_order_relaxed);
  KeyIndex::Cursor cursor(index_);
  KeyIndex::Entry entry;
  bool is_there = cursor.Next(entry);
  if (spill_) {
    SpilledRow row;
    for (Spill::Cursor spilled(*spill_); spilled.Next(row);) {
      while (is_there && Scramble(entry.key) < Scramble(row.key)) {
        visit(entry.key, RowAt(entry.row), now - entry.seen);
        is_there = cursor.Next(entry);
      }
      // What is in memory, too, is newer there.
      if ((is_there && entry.key == row.key) || IsExpired(row.seen)) continue;
      CatchUp(row);
      visit(row.key, row.floats, now - row.seen);
    }
  }
  for (; is_there; is_there = cursor.Next(entry)) visit(entry.key, RowAt(entry.row), now - entry.seen);
}

float* ExactTable::Place(std::uint64_t key, std::uint32_t age) {
  if (!Reserve(1)) MakeRoom(1);
  const KeyIndex::Slot* const slot =
      index_.Insert(key, clock_.load(std::memory_order_relaxed) - age, [&]() noexcept { return TakeRow(); });
  return RowAt(slot->row.load(std::memory_order_relaxed));
}

void ExactTable::Fill(const Table& rows, std::size_t count) {
  if (most_rows_ == 0 || count <= most_rows_) {
    // Keys come in the order of the index: if it grew on the way, all that are there would crowd its begin.
    if (count > index_.capacity()) Grow(count);
    return Table::Fill(rows, count);
  }
  int level = 0;  // as if they had been evicted, and merged
  std::size_t size = std::max<std::size_t>(most_rows_ / 4, 1);
  for (; size <= count / Spill::kMerged; size *= Spill::kMerged) ++level;
  const std::uint32_t now = clock_.load(std::memory_order_relaxed);
  spill_->AddMerged(level, count, [&](const Spill::Take& take) {
    rows.ForEach([&](std::uint64_t key, const float* row, std::uint32_t age) {
      take({key, now - age, faded_, const_cast<float*>(row)});
    });
  });
}

// ---- what it counts

Sightings::Head ExactTable::head() const {
  Head head = admission_ ? admission_->head() : Head{};
  head.unlooked = clock_.load(std::memory_order_relaxed) - expired_.load(std::memory_order_relaxed);
  return head;
}

void ExactTable::ForEachCount(const std::function<void(std::uint32_t)>& visit) const {
  if (admission_) admission_->ForEachCount(visit);
}

bool ExactTable::SetHead(const Head& head) {
  expired_.store(clock_.load(std::memory_order_relaxed) - head.unlooked, std::memory_order_relaxed);
  purged_ = expired_;
  return admission_ && admission_->SetHead(head);
}

void ExactTable::AddCount(std::uint32_t count) { admission_->AddCount(count); }

}  // namespace tiffin::learn
