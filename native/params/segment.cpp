#include "params/segment.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <ranges>
#include <span>
#include <utility>

#include "files/fault.h"

namespace tiffin::learn {
namespace {

constexpr std::size_t kBufferBytes = 1 << 20;

Descriptor OpenNameless(const std::string& directory) {
  const std::string path = directory + '/' + TempName();
  Descriptor file = OpenAt(AT_FDCWD, path.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
  if (!file || unlink(path.c_str()) != 0) throw SystemFault(errno, directory);
  return file;
}

}  // namespace

Segment::Segment(std::size_t row_floats, std::string directory)
    : row_floats_(row_floats), directory_(std::move(directory)), file_(OpenNameless(directory_)) {}

// Scrambled keys are scattered evenly, so that a place can be guessed, and is looked for from there on in growing steps
// (interpolation search: Perl, Itai, Avni, 1978).
std::size_t Segment::FenceOf(std::uint64_t scrambled) const noexcept {
  std::size_t begin = PlaceOf(scrambled, fences_.size());
  std::size_t end = begin + 1;
  for (std::size_t step = 1; begin > 0 && fences_[begin] > scrambled; step *= 2) {
    end = begin;
    begin -= std::min(begin, step);
  }
  for (std::size_t step = 1; end < fences_.size() && fences_[end] <= scrambled; step *= 2) {
    begin = end;
    end = std::min(end + step, fences_.size());
  }
  const auto first = fences_.begin() + static_cast<std::ptrdiff_t>(begin);
  const auto after = std::upper_bound(first, fences_.begin() + static_cast<std::ptrdiff_t>(end), scrambled);
  return after == fences_.begin() ? 0 : static_cast<std::size_t>(after - fences_.begin()) - 1;
}

void Segment::Advise([[maybe_unused]] std::uint64_t scrambled) const noexcept {
#if defined(POSIX_FADV_WILLNEED)
  const std::size_t bytes = fence_entries() * entry_bytes();
  posix_fadvise(file_.get(), static_cast<off_t>(FenceOf(scrambled) * bytes), static_cast<off_t>(bytes), POSIX_FADV_WILLNEED);
#endif
}

std::size_t Segment::Read(std::size_t entry, std::size_t count, bool wait, Buffer<std::byte>& buffer) const {
  count = std::min(count, size_ - entry);
  buffer.Resize(count * entry_bytes());
  const std::span into(buffer.data(), buffer.size());
  const std::uint64_t offset = std::uint64_t{entry} * entry_bytes();
  if (!wait) return ReadIfThere(file_.get(), into, offset) ? count : 0;
  std::size_t got = 0;
  const int outcome = ReadAt(file_.get(), into, offset, got);
  if (outcome != kOk) throw SystemFault(outcome, directory_);
  if (got != buffer.size()) throw SystemFault(EIO, directory_);  // somebody cut it off
  return count;
}

SpilledRow Segment::RowAt(std::byte* entry) const noexcept {
  SpilledRow row;
  std::memcpy(&row.key, entry, 8);
  std::memcpy(&row.seen, entry + 8, 4);
  std::memcpy(&row.faded, entry + 12, 4);
  row.floats = reinterpret_cast<float*>(entry + kHeader);
  return row;
}

Segment::Found Segment::Find(std::uint64_t key, bool wait, Buffer<std::byte>& buffer, SpilledRow& row) const {
  const std::uint64_t scrambled = Scramble(key);
  const std::size_t fence = FenceOf(scrambled);
  const std::size_t begin = fence * fence_entries();
  const std::size_t count = std::min(fence_entries(), size_ - begin);
  const std::uint64_t low = fences_[fence];
  const std::uint64_t high = fence + 1 < fences_.size() ? fences_[fence + 1] : std::numeric_limits<std::uint64_t>::max();
  // Four deviations around the likely place; all of them where it is not among these.
  const double share = static_cast<double>(scrambled - std::min(low, scrambled)) / (static_cast<double>(high - low) + 1);
  const auto likely = static_cast<std::size_t>(share * static_cast<double>(count));
  const auto around = static_cast<std::size_t>(2 * std::sqrt(static_cast<double>(count))) + 1;
  const std::size_t first = likely - std::min(likely, around);
  const std::size_t last = std::min(likely + around, count);
  std::size_t got = Read(begin + first, last - first, wait, buffer);
  if (got == 0) return Found::kUnknown;
  const bool is_within = (first == 0 || ScrambledAt(buffer, 0) <= scrambled) &&
                         (last == count || ScrambledAt(buffer, got - 1) >= scrambled);
  if (!is_within) got = Read(begin, count, wait, buffer);
  if (got == 0) return Found::kUnknown;
  const auto entries = std::views::iota(std::size_t{0}, got);
  const auto at = std::ranges::lower_bound(entries, scrambled, {}, [&](std::size_t i) { return ScrambledAt(buffer, i); });
  if (at == entries.end() || ScrambledAt(buffer, *at) != scrambled) return Found::kAbsent;
  row = RowAt(buffer.data() + *at * entry_bytes());
  return Found::kThere;
}

std::uint64_t Segment::ScrambledAt(const Buffer<std::byte>& buffer, std::size_t i) const noexcept {
  std::uint64_t key;
  std::memcpy(&key, buffer.data() + i * entry_bytes(), sizeof(key));
  return Scramble(key);
}

Segment::Writer::Writer(const std::string& directory, std::size_t row_floats, std::size_t filter_bytes)
    : segment_(new Segment(row_floats, directory)) {
  segment_->filter_ = Bloom(filter_bytes);
  buffer_.Reserve(kBufferBytes + segment_->entry_bytes());
}

void Segment::Writer::Add(const SpilledRow& row) {
  const std::uint64_t scrambled = Scramble(row.key);
  if (segment_->size_++ % segment_->fence_entries() == 0) segment_->fences_.push_back(scrambled);
  segment_->filter_.Add(scrambled);
  const std::size_t at = buffer_.size();
  buffer_.Resize(at + segment_->entry_bytes());
  std::memcpy(buffer_.data() + at, &row.key, 8);
  std::memcpy(buffer_.data() + at + 8, &row.seen, 4);
  std::memcpy(buffer_.data() + at + 12, &row.faded, 4);
  std::memcpy(buffer_.data() + at + kHeader, row.floats, segment_->row_floats_ * sizeof(float));
  if (buffer_.size() >= kBufferBytes) Flush();
}

void Segment::Writer::Flush() {
  const int outcome = WriteAll(segment_->file_.get(), std::span(buffer_.data(), buffer_.size()));
  if (outcome != kOk) throw SystemFault(outcome, segment_->directory_);
  buffer_.Clear();
}

std::unique_ptr<Segment> Segment::Writer::Finish() {
  Flush();
  segment_->fences_.shrink_to_fit();
  return std::move(segment_);
}

bool Segment::Cursor::Next(SpilledRow& row) {
  if (at_ == count_) {
    if (next_ == segment_->size()) return false;
    count_ = segment_->Read(next_, std::max<std::size_t>(kBufferBytes / segment_->entry_bytes(), 1), true, buffer_);
    next_ += count_;
    at_ = 0;
  }
  row = segment_->RowAt(buffer_.data() + at_++ * segment_->entry_bytes());
  return true;
}

}  // namespace tiffin::learn
