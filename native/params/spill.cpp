#include "params/spill.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace tiffin::learn {
namespace {

constexpr std::size_t kBloomBits = 12;  // for each key, where there is room: one "yes" in a hundred is false

}  // namespace

void FetchedRows::Clear() noexcept {
  keys_.Clear();
  seen_.Clear();
  faded_.Clear();
  floats_.Clear();
}

bool FetchedRows::Find(std::uint64_t key, SpilledRow& row) noexcept {
  const auto keys = keys_.span();
  const auto at = std::ranges::lower_bound(keys, Scramble(key), {}, Scramble);
  if (at == keys.end() || *at != key) return false;
  row = At(static_cast<std::size_t>(at - keys.begin()));
  return true;
}

void FetchedRows::Add(const SpilledRow& row, std::size_t row_floats) {
  for (Buffer<std::uint32_t>* const column : {&seen_, &faded_}) column->Reserve(1);
  keys_.Reserve(1);
  keys_.Push(row.key);
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
  // First all places are named to the disk, which then reads them side by side.
  for (const std::uint64_t key : keys) {
    const std::uint64_t scrambled = Scramble(key);
    for (auto level = segments_.rbegin(); level != segments_.rend(); ++level) {
      if (!level->segment->MayHave(scrambled)) continue;
      level->segment->Advise(scrambled);
      break;
    }
  }
  SpilledRow row;
  for (const std::uint64_t key : keys) {
    const std::uint64_t scrambled = Scramble(key);
    for (auto level = segments_.rbegin(); level != segments_.rend(); ++level) {
      if (!level->segment->MayHave(scrambled) || !level->segment->Find(key, found.read_, row)) continue;
      if (keep(row)) found.Add(row, row_floats_);
      break;
    }
  }
}

std::size_t Spill::FilterBytes(std::size_t keys) const noexcept {
  std::size_t used = 0;
  for (const Level& level : segments_) used += level.segment->bytes();
  return std::min(keys * kBloomBits / 8, filter_bytes_ - std::min(used, filter_bytes_));
}

void Spill::Add(std::size_t count, const std::function<bool(SpilledRow&)>& next) {
  Segment::Writer writer(directory_, row_floats_, FilterBytes(count));
  SpilledRow row;
  while (next(row)) writer.Add(row);
  segments_.push_back({0, writer.Finish()});
}

void Spill::AddMerged(int level, std::size_t count, const std::function<void(const Take& take)>& give) {
  Segment::Writer writer(directory_, row_floats_, FilterBytes(count));
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
  std::size_t freed = 0;
  for (std::size_t i = first; i < segments_.size(); ++i) {
    count += segments_[i].segment->size();
    freed += segments_[i].segment->bytes();
  }
  Segment::Writer writer(directory_, row_floats_, std::min(count * kBloomBits / 8, FilterBytes(count) + freed));
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
