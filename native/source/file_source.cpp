#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "files/fault.h"
#include "source/lines.h"
#include "source/source.h"

namespace tiffin::learn {
namespace {

constexpr auto kPatience = std::chrono::milliseconds(100);

std::span<std::byte> Room(Buffer<char>& bytes, std::size_t from, std::size_t size) {
  bytes.Resize(from + size + Block::kPadding);
  return std::as_writable_bytes(std::span(bytes.data() + from, size));
}

}  // namespace

FileSource::FileSource(std::vector<std::string> paths, std::size_t block_bytes)
    : paths_(std::move(paths)), block_bytes_(block_bytes) {}

bool FileSource::Next(Block& block, const std::atomic<bool>&) {
  const std::scoped_lock lock(mutex_);
  for (; file_ < paths_.size(); ++file_, offset_ = line_ = 0, open_ = {}, rest_.Clear()) {
    const std::string& path = paths_[file_];
    if (!open_) {
      open_ = OpenAt(AT_FDCWD, path.c_str(), O_RDONLY | O_NOCTTY | O_NONBLOCK);
      if (!open_) throw SystemFault(errno, path);
      Stat stat;
      if (const int outcome = StatOf(open_.get(), stat); outcome != kOk) throw SystemFault(outcome, path);
      if (!IsRegular(stat)) throw SystemFault(S_ISDIR(stat.mode) ? EISDIR : EINVAL, path);
    }
    std::size_t size = rest_.size();
    for (;;) {
      const std::span<std::byte> room = Room(block.bytes, size, block_bytes_);
      if (size == rest_.size() && size > 0) std::memcpy(block.bytes.data(), rest_.data(), size);
      std::size_t got = 0;
      if (const int outcome = ReadAt(open_.get(), room, offset_, got); outcome != kOk) throw SystemFault(outcome, path);
      offset_ += got;
      const std::string_view fresh(block.bytes.data() + size, got);
      const std::size_t whole = got < room.size() ? got : WholeLines(fresh);  // a file may end without a line end
      if (got == room.size() && whole == 0) {
        size += got;  // a line longer than a block
        if (size > Block::kMostLine) {
          file_ = paths_.size();  // whoever asks next gets no part of it
          throw SystemFault(EMSGSIZE, path);
        }
        rest_.Clear();
        continue;
      }
      block.size = size + whole;
      rest_.Clear();
      rest_.Reserve(got - whole);
      for (const char c : fresh.substr(whole)) rest_.Push(c);
      break;
    }
    if (block.size == 0) continue;
    block.number = number_++;
    block.file = file_;
    block.first_line = line_;
    line_ += CountLines(block.text());
    return true;
  }
  return false;
}

FedSource::FedSource(std::size_t most_blocks, std::size_t block_bytes)
    : most_blocks_(most_blocks), block_bytes_(block_bytes), next_cut_(block_bytes) {}

bool FedSource::Feed(std::string_view bytes) {
  pending_.Reserve(bytes.size());
  const std::size_t before = pending_.size();
  pending_.Resize(before + bytes.size());
  std::memcpy(pending_.data() + before, bytes.data(), bytes.size());
  fed_ += bytes.size();
  std::size_t done = 0;
  for (; fed_ >= next_cut_; next_cut_ += block_bytes_) {
    const std::size_t end = pending_.size() - static_cast<std::size_t>(fed_ - next_cut_);
    const std::size_t whole = WholeLines({pending_.data() + done, end - done});
    if (whole == 0 && end - done > Block::kMostLine) throw SystemFault(EMSGSIZE, "");
    if (whole > 0 && !Enqueue(done, whole)) return false;
    done += whole;
  }
  std::memmove(pending_.data(), pending_.data() + done, pending_.size() - done);
  pending_.Shrink(pending_.size() - done);
  return true;
}

bool FedSource::EndFile() {
  const bool open = pending_.empty() || Enqueue(0, pending_.size());
  pending_.Clear();
  fed_ = 0;
  next_cut_ = block_bytes_;
  ++file_;
  line_ = 0;
  return open;
}

void FedSource::End() {
  const std::scoped_lock lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void FedSource::Fail() {
  const std::scoped_lock lock(mutex_);
  ended_ = failed_ = true;
  changed_.notify_all();
}

void FedSource::Close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  queue_.clear();
  changed_.notify_all();
}

// Some whole lines of what is pending.
bool FedSource::Enqueue(std::size_t begin, std::size_t size) {
  Block block;
  const std::span<std::byte> room = Room(block.bytes, 0, size);
  std::ranges::copy(std::as_bytes(pending_.span().subspan(begin, size)), room.begin());
  block.size = size;
  block.number = number_++;
  block.file = file_;
  block.first_line = line_;
  line_ += CountLines(block.text());
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return closed_ || queue_.size() < most_blocks_; });
  if (closed_) return false;
  queue_.push_back(std::move(block));
  changed_.notify_all();
  return true;
}

bool FedSource::Next(Block& block, const std::atomic<bool>& stop) {
  std::unique_lock lock(mutex_);
  const auto settled = [&] { return closed_ || ended_ || !queue_.empty(); };
  // Whoever feeds may itself wait for ever.
  while (!changed_.wait_for(lock, kPatience, settled)) {
    if (stop.load(std::memory_order_relaxed)) return false;
  }
  if (queue_.empty()) {
    if (failed_ && !closed_) throw SystemFault(ECANCELED, "");
    return false;
  }
  block = std::move(queue_.front());
  queue_.pop_front();
  changed_.notify_all();
  return true;
}

}  // namespace tiffin::learn
