// One large file, read ahead of whoever uses its bytes and written to its copy meanwhile.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <thread>

namespace tiffin {

// Gives a file's bytes chunk by chunk, in order, while a thread of its own is a few chunks further: what was given has
// been read, and written to the copy, so that hashing a file takes no longer than its hash.  Thread-compatible.
class ReadAhead {
 public:
  // Both descriptors are borrowed.  copy: -1 if none is wanted.  Each chunk has room for `padding` bytes behind it.
  ReadAhead(int source, std::uint64_t offset, std::uint64_t size, int copy, std::size_t padding);
  ~ReadAhead();  // waits for the thread, which ends with the chunk it is at
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  // Whether there was a thread to be had; else nothing is read.
  bool Running() const { return thread_.joinable(); }
  // The next chunk, which lasts until the next call.  Empty: the file has ended before `size`.  An outcome.
  int Next(std::span<std::byte>& chunk);

 private:
  static constexpr std::size_t kChunk = 256 * 1024;
  static constexpr std::size_t kChunks = 4;

  struct Piece {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size = 0;
  };

  void Work();
  int Fill(Piece& piece);

  const int source_;
  const int copy_;
  std::uint64_t offset_;  // of the thread
  const std::uint64_t size_;

  std::array<Piece, kChunks> pieces_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t filled_ = 0;  // pieces so far; piece i is at i % kChunks
  std::size_t given_ = 0;   // the last of these is in use
  bool stop_ = false;
  bool ended_ = false;
  int outcome_ = 0;
  std::thread thread_;
};

}  // namespace tiffin
