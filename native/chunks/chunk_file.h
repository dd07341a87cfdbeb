// Blocks of parsed examples in one file: written as a pass over text goes by, mapped into memory by the passes after it.
//
//   file   := header chunk* index footer
//   header := "tiffin chunks 2\n" identity           identity: 48 bytes; what the examples were made from
//   chunk  := as in chunks/chunk.h                   in any order
//   index  := {begin u64, check u64, first_line u64, text u64, size u32, file u32}
//                                                    of each block, in order; text: bytes it was made from
//   footer := "tiffin index 1\n\0" begin u64, blocks u64, check u64, zero u64       begin, check: of the index
//
// A check is Hash(bytes) of rows/key.h.  What is cut off has no footer; what is damaged fails a check.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parse/text.h"
#include "rows/rows.h"
#include "source/source.h"

namespace tiffin::learn {

inline constexpr std::size_t kIdentityBytes = 48;

struct ChunkEntry {
  std::uint64_t begin;
  std::uint64_t check;
  std::uint64_t first_line;
  std::uint64_t text;
  std::uint32_t size;
  std::uint32_t file;
};
static_assert(sizeof(ChunkEntry) == 40);

// Thread-safe but for Finish.
class ChunkWriter {
 public:
  // descriptor: of an empty file; borrowed.  REQUIRES: identity has kIdentityBytes.
  ChunkWriter(int descriptor, std::string_view identity);

  // Writes what a block came to.  After a failure nothing more is written, and the file gives its room back: the disk may
  // be full, and others need it.
  void Add(const Block& block, const Rows& rows, std::span<const Fault> faults);

  // Ends the file.  An outcome: kOk, the first failure, or EINVAL where a block was never added.
  int Finish();

 private:
  int WriteAt(std::span<const char> bytes, std::uint64_t begin) const;

  const int descriptor_;
  std::mutex mutex_;
  int outcome_;
  std::uint64_t end_;  // where the next chunk goes
  std::vector<ChunkEntry> index_;  // by block; size 0: not there yet
};

class ChunkFile {
 public:
  // The descriptor may be closed afterwards.  Throws SystemFault, and std::invalid_argument where it is no whole file of
  // that identity.
  ChunkFile(int descriptor, std::string_view identity);

  std::size_t size() const noexcept { return index_.size(); }
  const ChunkEntry& entry(std::size_t number) const noexcept { return index_[number]; }
  // Fills rows and faults, which are empty; messages are those of the file.  False: the chunk is damaged.  Thread-safe.
  bool Read(std::size_t number, Rows& rows, std::vector<Fault>& faults) const;
  // That a chunk will soon be read.
  void Expect(std::size_t number) const noexcept;

 private:
  struct Unmap {
    std::size_t size;
    void operator()(const char* memory) const noexcept;
  };

  std::span<const char> chunk(std::size_t number) const noexcept {
    return {memory_.get() + index_[number].begin, index_[number].size};
  }

  std::unique_ptr<const char, Unmap> memory_;
  std::span<const ChunkEntry> index_;
  std::unique_ptr<std::atomic<bool>[]> checked_;  // by chunk
};

}  // namespace tiffin::learn
