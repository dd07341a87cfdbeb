// Where bytes come from: files, in blocks of whole lines, so that whoever takes a block can parse it alone.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "batch/posix.h"
#include "rows/buffer.h"

namespace tiffin::learn {

class Batch;

// Whole lines of one file, or rows of a batch of columns.
struct Block {
  std::uint64_t number = 0;  // of all blocks of the source, from 0
  std::size_t file = 0;      // of the source's files
  std::uint64_t first_line = 0;  // of the file, from 0
  Buffer<char> bytes;
  std::size_t size = 0;  // after it `bytes` has kPadding bytes that may be read
  std::shared_ptr<const Batch> batch;

  static constexpr std::size_t kPadding = 64;
  static constexpr std::size_t kMostLine = std::size_t{1} << 26;  // bytes: a stranger's may have no end
  std::string_view text() const { return {bytes.data(), size}; }
};

class BlockSource {
 public:
  virtual ~BlockSource() = default;
  // The next block in order; false at the end, or some time after `stop` was set.  Thread-safe.  Throws SystemFault, of
  // EMSGSIZE for a line that is too long, of ECANCELED where who feeds the source could not go on.
  virtual bool Next(Block& block, const std::atomic<bool>& stop) = 0;
};

// Files on this machine, one after the other.
class FileSource final : public BlockSource {
 public:
  static constexpr std::size_t kBlockBytes = 1 << 18;

  explicit FileSource(std::vector<std::string> paths, std::size_t block_bytes = kBlockBytes);
  bool Next(Block& block, const std::atomic<bool>& stop) override;

 private:
  std::mutex mutex_;
  const std::vector<std::string> paths_;
  const std::size_t block_bytes_;
  std::size_t file_ = 0;
  Descriptor open_;
  std::uint64_t offset_ = 0;
  std::uint64_t line_ = 0;
  std::uint64_t number_ = 0;
  Buffer<char> rest_;  // the begin of a line whose end was not read yet
};

// Bytes that somebody else reads, decompresses, and feeds; a bounded queue.  Blocks are those that a FileSource makes of a file
// of these bytes.
class FedSource final : public BlockSource {
 public:
  explicit FedSource(std::size_t most_blocks, std::size_t block_bytes = FileSource::kBlockBytes);

  // Bytes of the current file, cut anywhere; waits while the queue is full.  False once it was closed.  Throws SystemFault
  // of EMSGSIZE for a line that is too long.
  bool Feed(std::string_view bytes);
  // What is fed from here on is of the next file.  False as above.
  bool EndFile();
  // Nothing more comes; Next gives what is left.
  void End();
  // The same, though it is not all there is: then Next throws.
  void Fail();
  // Nobody listens any more: feeding ends.
  void Close();
  bool Next(Block& block, const std::atomic<bool>& stop) override;

 private:
  bool Enqueue(std::size_t begin, std::size_t size);

  const std::size_t most_blocks_;
  const std::size_t block_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Block> queue_;
  bool ended_ = false;
  bool failed_ = false;
  bool closed_ = false;
  // Of the feeding thread.
  Buffer<char> pending_;
  std::uint64_t fed_ = 0;  // bytes of the file
  std::uint64_t next_cut_;  // before this one of them the next block ends, if there is a line end
  std::size_t file_ = 0;
  std::uint64_t line_ = 0;
  std::uint64_t number_ = 0;
};

}  // namespace tiffin::learn
