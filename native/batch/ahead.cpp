#include "batch/ahead.h"

#include <algorithm>

#include "batch/posix.h"
#include "batch/threads.h"

namespace tiffin {

ReadAhead::ReadAhead(int source, std::uint64_t offset, std::uint64_t size, int copy, std::size_t padding)
    : source_(source), copy_(copy), offset_(offset), size_(size) {
  for (Piece& piece : pieces_) piece.bytes = std::make_unique_for_overwrite<std::byte[]>(kChunk + padding);
  thread_ = BeginThread([this] { Work(); });
}

ReadAhead::~ReadAhead() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

int ReadAhead::Next(std::span<std::byte>& chunk) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return filled_ > given_ || ended_; });
  chunk = {};
  if (filled_ == given_) return outcome_;
  const Piece& piece = pieces_[given_++ % kChunks];
  changed_.notify_one();
  chunk = {piece.bytes.get(), piece.size};
  return kOk;
}

void ReadAhead::Work() {
  for (;;) {
    Piece* piece;
    {
      std::unique_lock lock(mutex_);
      // One piece is in use by the other side.
      changed_.wait(lock, [&] { return stop_ || filled_ - given_ < kChunks - 1; });
      if (stop_) return;
      piece = &pieces_[filled_ % kChunks];
    }
    const int outcome = Fill(*piece);
    const std::lock_guard lock(mutex_);
    outcome_ = outcome;
    ended_ = outcome != kOk || piece->size == 0 || offset_ == size_;
    if (outcome == kOk && piece->size > 0) ++filled_;
    changed_.notify_one();
    if (ended_) return;
  }
}

int ReadAhead::Fill(Piece& piece) {
  const std::span<std::byte> room(piece.bytes.get(), std::min<std::uint64_t>(kChunk, size_ - offset_));
  std::size_t got;
  piece.size = 0;
  if (const int outcome = ReadAt(source_, room, offset_, got); outcome != kOk) return outcome;
  if (got < room.size()) return kOk;
  if (copy_ >= 0) {
    if (const int outcome = WriteAll(copy_, room); outcome != kOk) return outcome;
  }
  piece.size = got;
  offset_ += got;
  return kOk;
}

}  // namespace tiffin
