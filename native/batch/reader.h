// Reads many files and hashes them abreast.
//
// Small files are read whole, gathered, hashed together and handed over as bytes.  Large ones stay open, as many as
// there are lanes to fill, and go through a buffer chunk by chunk; each chunk is also written to the file's copy if
// the task wants one.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "batch/posix.h"
#include "hash/lanes.h"

namespace tiffin {

// A file up to this size is read whole.
inline constexpr std::int64_t kSmallFile = 64 * 1024;

// The copy a task makes of a large file, if it makes one.
struct Copy {
  enum class Content : std::uint8_t {
    kChunks,  // written as they are read
    kClone,   // a reflink: complete already, and these bytes are hashed
    kLink,    // the very file, or a symlink to it
  };

  TempFile temp;
  Content content = Content::kChunks;
};

// What is done with the files.  Items are numbered as the caller numbers them.  One object serves all workers:
// thread-safe for distinct items.
class FileTask {
 public:
  virtual ~FileTask() = default;

  // Opens the item's file.  Not valid: the item is done, with `outcome`.
  virtual Descriptor Open(std::size_t item, int& outcome) = 0;
  // The item is small, and this is all of it.  Returns its outcome.
  virtual int TakeSmall(std::size_t item, const Stat& stat, std::span<const std::byte> bytes, const Digest& digest) = 0;
  // The item is large: begins its copy, if one is wanted.  An outcome.  `stat`: to be taken anew if that changes it.
  virtual int BeginLarge(std::size_t item, const Descriptor& source, Stat& stat, Copy& copy) = 0;
  // All of it has been read, and written to the copy.  Returns its outcome.
  virtual int EndLarge(std::size_t item, const Stat& stat, const Digest& digest, Copy& copy) = 0;
  // Whether the digest tells if the bytes are right.  Then a small file that was read whole is not looked at again.
  virtual bool KnowsDigests() const { return false; }
  // Whether a file with these stats, before and after it was read, must be read again.
  virtual bool Moved(const Stat& before, const Stat& after) const { return !Unchanged(before, after); }
};

// Items not yet begun.  Thread-safe, but for a Block, which belongs to one worker.
class Backlog {
 public:
  struct Block {
    std::size_t next = 0;
    std::size_t end = 0;
    std::size_t region = kNoRegion;
  };

  // Where stats say that files are large, the largest come first, one at a time; the rest follow in blocks, each worker's
  // from a region of its own as long as that lasts: two workers in one directory wait for each other.  `stats` may be
  // empty.
  // idle: threads that are asked for beside the workers.
  Backlog(std::size_t items, std::span<const Stat> stats, int workers, int idle);

  bool Next(Block& block, std::size_t& item);
  // How many large files one worker should have open at a time, so that all have some.
  std::size_t Streams() const { return streams_; }
  // Threads that are asked for but have nothing to do: a worker with one file left may take one, and gives it back.
  bool TakeThread() { return idle_.fetch_sub(1) > 0 || (idle_.fetch_add(1), false); }
  void GiveThread() { idle_.fetch_add(1); }

 private:
  static constexpr std::size_t kNoRegion = static_cast<std::size_t>(-1);
  struct Region {
    std::atomic<std::size_t> next;
    std::size_t end;
  };

  bool NextBlock(Block& block);
  bool IsLarge(std::size_t item) const { return !large_.empty() && is_large_[item]; }

  std::vector<std::size_t> large_;  // largest first
  std::vector<bool> is_large_;      // empty if none is
  std::size_t block_;
  std::size_t streams_;
  std::atomic<std::size_t> next_large_{0};
  std::vector<Region> regions_;  // as many as there are workers
  std::atomic<std::size_t> workers_{0};
  std::atomic<int> idle_;
};

// Runs `task` over outcomes.size() items.
void ReadFiles(FileTask& task, std::span<const Stat> stats, std::span<int> outcomes, int threads, Control& control);
// The same, with a task for each worker, which need not be thread-safe.
void ReadFiles(const std::function<std::unique_ptr<FileTask>()>& new_task, std::span<const Stat> stats,
               std::span<int> outcomes, int threads, Control& control);

}  // namespace tiffin
