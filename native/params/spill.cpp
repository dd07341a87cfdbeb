#include "params/spill.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace tiffin::learn {
namespace {

constexpr std::size_t kFilterBits = 12;  // for each key, where there is room: one "yes" in a hundred is false
constexpr std::size_t kAhead = 8;         // keys whose filters are asked for before they are needed

}  // namespace

void FetchedRows::Clear() noexcept {
  keys_.Clear();
  places_.Clear();
  seen_.Clear();
  faded_.Clear();
  floats_.Clear();
}

bool FetchedRows::Find(std::uint64_t key, SpilledRow& row) noexcept {
  const auto keys = keys_.span();
  const auto at = std::ranges::lower_bound(keys, Scramble(key), {}, Scramble);
  if (at == keys.end() || *at != key) return false;
  const auto i = static_cast<std::size_t>(at - keys.begin());
  if (places_[i] == kNone) return false;
  row = At(i);
  return true;
}

void FetchedRows::Ask(std::span<const std::uint64_t> keys) {
  Clear();
  keys_.Resize(keys.size());
  places_.Resize(keys.size());
  std::ranges::copy(keys, keys_.data());
  std::fill_n(places_.data(), keys.size(), kNone);
}

void FetchedRows::Add(std::size_t i, const SpilledRow& row, std::size_t row_floats) {
  for (Buffer<std::uint32_t>* const column : {&seen_, &faded_}) column->Reserve(1);
  places_[i] = static_cast<std::uint32_t>(seen_.size());
  seen_.Push(row.seen);
  faded_.Push(row.faded);
  const std::size_t at = floats_.size();
  floats_.Resize(at + row_floats);
  std::memcpy(floats_.data() + at, row.floats, row_floats * sizeof(float));
}

Spill::Spill(std::string directory, std::size_t row_floats, std::size_t filter_bytes)
    : directory_(std::move(directory)), row_floats_(row_floats), filter_bytes_(filter_bytes) {}

void Spill::Fetch(std::span<const std::uint64_t> keys, FetchedRows& found, const Keep& keep) const {
  found.Clear();
  if (segments_.empty()) return;
  found.Ask(keys);
  found.waiting_.Clear();
  found.waiting_.Reserve(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i + kAhead < keys.size()) {
      const std::uint64_t later = Scramble(keys[i + kAhead]);
      for (const Level& level : segments_) level.segment->Prefetch(later);
    }
    if (!Look(i, false, found, keep)) found.waiting_.Push(static_cast<std::uint32_t>(i));
  }
  // All places are named to the disk first, which then reads them side by side.
  for (const std::uint32_t i : found.waiting_.span()) {
    const std::uint64_t scrambled = Scramble(keys[i]);
    for (auto level = segments_.rbegin(); level != segments_.rend(); ++level) {
      if (!level->segment->MayHave(scrambled)) continue;
      level->segment->Advise(scrambled);
      break;
    }
  }
  for (const std::uint32_t i : found.waiting_.span()) Look(i, true, found, keep);
}

bool Spill::Look(std::size_t i, bool wait, FetchedRows& found, const Keep& keep) const {
  const std::uint64_t key = found.keys_[i];
  const std::uint64_t scrambled = Scramble(key);
  SpilledRow row;
  for (auto level = segments_.rbegin(); level != segments_.rend(); ++level) {
    if (!level->segment->MayHave(scrambled)) continue;
    const Segment::Found outcome = level->segment->Find(key, wait, found.read_, row);
    if (outcome == Segment::Found::kUnknown) return false;
    if (outcome == Segment::Found::kAbsent) continue;
    if (keep(row)) found.Add(i, row, row_floats_);
    break;
  }
  return true;
}

std::size_t Spill::RoomForFilter(std::size_t rows) {
  struct Filter {
    Bloom* made;  // nullptr: it is about to be
    std::size_t bytes;
    std::size_t rows;
  };
  std::vector<Filter> filters = {{nullptr, Bloom::SizeFor(rows, kFilterBits), rows}};
  std::size_t used = filters[0].bytes + Segment::FenceBytes(row_floats_, rows);
  for (const Level& level : segments_) {
    Bloom& filter = level.segment->filter();
    filters.push_back({&filter, filter.bytes(), level.segment->size()});
    used += filter.bytes() + level.segment->fence_bytes();
  }
  while (used > filter_bytes_) {
    // Half of the one that is then wrong the least often more, for what that frees.
    Filter* best = nullptr;
    double least = std::numeric_limits<double>::infinity();
    for (Filter& filter : filters) {
      if (!Bloom::CanHalve(filter.bytes)) continue;
      const double more = Bloom::FalseYes(filter.bytes / 2, filter.rows) - Bloom::FalseYes(filter.bytes, filter.rows);
      if (more / static_cast<double>(filter.bytes) >= least) continue;
      best = &filter;
      least = more / static_cast<double>(filter.bytes);
    }
    if (best == nullptr) break;
    best->bytes /= 2;
    used -= best->bytes;
    if (best->made != nullptr) best->made->Halve();
  }
  return filters[0].bytes;
}

void Spill::Add(std::size_t count, const std::function<bool(SpilledRow&)>& next) {
  Segment::Writer writer(directory_, row_floats_, RoomForFilter(count));
  SpilledRow row;
  while (next(row)) writer.Add(row);
  segments_.push_back({0, writer.Finish()});
}

void Spill::AddMerged(int level, std::size_t count, const std::function<void(const Take& take)>& give) {
  Segment::Writer writer(directory_, row_floats_, RoomForFilter(count));
  give([&](const SpilledRow& row) { writer.Add(row); });
  segments_.push_back({level, writer.Finish()});
}

void Spill::Merge(const Keep& keep) {
  for (;;) {
    if (segments_.size() < kMerged) return;
    const std::size_t first = segments_.size() - kMerged;
    if (segments_[first].level != segments_.back().level) return;
    MergeFrom(first, keep);
  }
}

void Spill::Purge(const Keep& keep) {
  if (!segments_.empty()) MergeFrom(0, keep);
}

void Spill::MergeFrom(std::size_t first, const Keep& keep) {
  std::size_t count = 0;
  for (std::size_t i = first; i < segments_.size(); ++i) {
    count += segments_[i].segment->size();
    // Nobody asks it meanwhile.  If the disk is full, all keys are looked for in the file from then on.
    segments_[i].segment->filter() = Bloom();
  }
  Segment::Writer writer(directory_, row_floats_, RoomForFilter(count));
  SpilledRow row;
  for (Cursor cursor(*this, first); cursor.Next(row);) {
    if (keep(row)) writer.Add(row);
  }
  std::unique_ptr<Segment> merged = writer.Finish();
  const int level = segments_[first].level + 1;
  segments_.resize(first);
  segments_.push_back({level, std::move(merged)});
}

Spill::Cursor::Cursor(const Spill& spill, std::size_t first) {
  for (std::size_t i = first; i < spill.segments_.size(); ++i) {
    heads_.push_back({Segment::Cursor(*spill.segments_[i].segment), {}, false});
    Advance(heads_.back());
  }
  given_ = heads_.size();
}

bool Spill::Cursor::Next(SpilledRow& row) {
  if (given_ < heads_.size()) Advance(heads_[given_]);
  given_ = heads_.size();
  std::uint64_t least = 0;
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    if (!heads_[i].is_there) continue;
    const std::uint64_t scrambled = Scramble(heads_[i].row.key);
    if (given_ < heads_.size()) {
      if (scrambled > least) continue;
      // Another version of the same row: the older one is passed over.
      if (scrambled == least) Advance(heads_[given_]);
    }
    least = scrambled;
    given_ = i;
  }
  if (given_ == heads_.size()) return false;
  row = heads_[given_].row;
  return true;
}

}  // namespace tiffin::learn
