#include "params/segment.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
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

std::size_t Segment::FenceOf(std::uint64_t scrambled) const noexcept {
  const auto after = std::ranges::upper_bound(fences_, scrambled);
  return after == fences_.begin() ? 0 : static_cast<std::size_t>(after - fences_.begin()) - 1;
}

void Segment::Advise([[maybe_unused]] std::uint64_t scrambled) const noexcept {
#if defined(POSIX_FADV_WILLNEED)
  const std::size_t bytes = fence_entries() * entry_bytes();
  posix_fadvise(file_.get(), static_cast<off_t>(FenceOf(scrambled) * bytes), static_cast<off_t>(bytes), POSIX_FADV_WILLNEED);
#endif
}

std::size_t Segment::Read(std::size_t entry, std::size_t count, Buffer<std::byte>& buffer) const {
  count = std::min(count, size_ - entry);
  buffer.Resize(count * entry_bytes());
  std::size_t got = 0;
  const int outcome =
      ReadAt(file_.get(), std::span(buffer.data(), buffer.size()), std::uint64_t{entry} * entry_bytes(), got);
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

bool Segment::Find(std::uint64_t key, Buffer<std::byte>& buffer, SpilledRow& row) const {
  const std::size_t count = Read(FenceOf(Scramble(key)) * fence_entries(), fence_entries(), buffer);
  for (std::size_t i = 0; i < count; ++i) {
    row = RowAt(buffer.data() + i * entry_bytes());
    if (row.key == key) return true;
  }
  return false;
}

Segment::Writer::Writer(const std::string& directory, std::size_t row_floats, std::size_t bloom_bytes)
    : segment_(new Segment(row_floats, directory)) {
  segment_->bloom_ = Bloom(bloom_bytes);
  buffer_.Reserve(kBufferBytes + segment_->entry_bytes());
}

void Segment::Writer::Add(const SpilledRow& row) {
  const std::uint64_t scrambled = Scramble(row.key);
  if (segment_->size_++ % segment_->fence_entries() == 0) segment_->fences_.push_back(scrambled);
  segment_->bloom_.Add(scrambled);
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
    count_ = segment_->Read(next_, std::max<std::size_t>(kBufferBytes / segment_->entry_bytes(), 1), buffer_);
    next_ += count_;
    at_ = 0;
  }
  row = segment_->RowAt(buffer_.data() + at_++ * segment_->entry_bytes());
  return true;
}

}  // namespace tiffin::learn
