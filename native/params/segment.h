// Rows on disk: a file of entries, ascending by scrambled key, that is written once and never changed.
//
//   entry := key u64 | seen u32 | faded u32 | floats            as the machine has them: no other ever reads it
//
// The file has no name from the start, so it is gone with its process, however that ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "batch/posix.h"
#include "params/bloom.h"
#include "rows/buffer.h"

namespace tiffin::learn {

// A row that is, or goes, elsewhere.
struct SpilledRow {
  std::uint64_t key;
  std::uint32_t seen;   // when a key was met last, as the table counts it
  std::uint32_t faded;  // how many passes had ended
  float* floats;        // borrowed
};

class Segment {
 public:
  class Writer;
  class Cursor;

  std::size_t size() const noexcept { return size_; }
  // Of what is kept in memory.
  std::size_t bytes() const noexcept { return bloom_.bytes() + fences_.size() * sizeof(std::uint64_t); }

  // False: it has no row for this key.  Thread-safe.
  bool MayHave(std::uint64_t scrambled) const noexcept { return bloom_.MayHave(scrambled); }
  // Has the disk begin to read what Find will look at.  Thread-safe.
  void Advise(std::uint64_t scrambled) const noexcept;
  // The row of a key, whose floats are in `buffer` until it is used again.  Thread-safe.  Throws SystemFault.
  bool Find(std::uint64_t key, Buffer<std::byte>& buffer, SpilledRow& row) const;

 private:
  explicit Segment(std::size_t row_floats, std::string directory);

  std::size_t entry_bytes() const noexcept { return kHeader + row_floats_ * sizeof(float); }
  std::size_t fence_entries() const noexcept { return std::max<std::size_t>(kFenceBytes / entry_bytes(), 1); }
  // Entries from one on, as many as there are room for and left.  Throws SystemFault.
  std::size_t Read(std::size_t entry, std::size_t count, Buffer<std::byte>& buffer) const;
  std::size_t FenceOf(std::uint64_t scrambled) const noexcept;
  SpilledRow RowAt(std::byte* entry) const noexcept;

  static constexpr std::size_t kHeader = 16;
  static constexpr std::size_t kFenceBytes = 4096;  // of file for each fence: what is read to find one entry

  std::size_t row_floats_;
  std::string directory_;  // for messages
  Descriptor file_;
  std::size_t size_ = 0;
  Bloom bloom_;
  std::vector<std::uint64_t> fences_;  // the scrambled key of every fence_entries()-th entry
};

// Writes a segment.  REQUIRES: Add in the order of scrambled keys.
class Segment::Writer {
 public:
  // bloom_bytes: for its filter.  Throws SystemFault.
  Writer(const std::string& directory, std::size_t row_floats, std::size_t bloom_bytes);
  void Add(const SpilledRow& row);
  std::unique_ptr<Segment> Finish();

 private:
  void Flush();

  std::unique_ptr<Segment> segment_;
  Buffer<std::byte> buffer_;
};

// All rows of a segment, in order; floats until the next one.
class Segment::Cursor {
 public:
  explicit Cursor(const Segment& segment) : segment_(&segment) {}
  // Throws SystemFault.
  bool Next(SpilledRow& row);

 private:
  const Segment* segment_;
  Buffer<std::byte> buffer_;
  std::size_t next_ = 0;   // of the segment's entries
  std::size_t at_ = 0;     // of the entries in the buffer
  std::size_t count_ = 0;
};

}  // namespace tiffin::learn
