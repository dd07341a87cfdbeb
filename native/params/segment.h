// Rows on disk: a file of entries, ascending by scrambled key, that is written once and never changed.
//
//   entry := key u64 | seen u32 | faded u32 | floats            as the machine has them: no other ever reads it
//
// The file loses its name as soon as it is there, so it is gone with its process, however that ends.
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
  // What is kept of it in memory: a filter, which its owner may make smaller or drop, and keys, a few for each thousand.
  Bloom& filter() noexcept { return filter_; }
  std::size_t fence_bytes() const noexcept { return FenceBytes(row_floats_, size_); }
  // The keys of a segment of so many rows.
  static std::size_t FenceBytes(std::size_t row_floats, std::size_t rows) noexcept {
    return (rows / FenceEntries(row_floats) + 1) * sizeof(std::uint64_t);
  }

  // False: it has no row for this key.  Thread-safe.
  bool MayHave(std::uint64_t scrambled) const noexcept { return filter_.MayHave(scrambled); }
  // Has the processor begin to read what MayHave will look at.  Thread-safe.
  void Prefetch(std::uint64_t scrambled) const noexcept { filter_.Prefetch(scrambled); }
  // Has the disk begin to read what Find will look at.  Thread-safe.
  void Advise(std::uint64_t scrambled) const noexcept;
  // Looks for the row of a key, whose floats are in `buffer` until it is used again.  Thread-safe.  Throws SystemFault.
  // wait: for the disk; else it may be unknown whether there is one.
  enum class Found : unsigned char { kAbsent, kThere, kUnknown };
  Found Find(std::uint64_t key, bool wait, Buffer<std::byte>& buffer, SpilledRow& row) const;

 private:
  explicit Segment(std::size_t row_floats, std::string directory);

  static std::size_t EntryBytes(std::size_t row_floats) noexcept { return kHeader + row_floats * sizeof(float); }
  static std::size_t FenceEntries(std::size_t row_floats) noexcept {
    return std::max<std::size_t>(kFenceBytes / EntryBytes(row_floats), 1);
  }
  std::size_t entry_bytes() const noexcept { return EntryBytes(row_floats_); }
  std::size_t fence_entries() const noexcept { return FenceEntries(row_floats_); }
  // Entries from one on, as many as there are room for and left; without `wait` none where the disk is needed.  Throws
  // SystemFault.
  std::size_t Read(std::size_t entry, std::size_t count, bool wait, Buffer<std::byte>& buffer) const;
  std::size_t FenceOf(std::uint64_t scrambled) const noexcept;
  SpilledRow RowAt(std::byte* entry) const noexcept;
  std::uint64_t ScrambledAt(const Buffer<std::byte>& buffer, std::size_t i) const noexcept;

  static constexpr std::size_t kHeader = 16;
  static constexpr std::size_t kFenceBytes = 4096;  // of file for each fence: at most so much is read to find one entry

  std::size_t row_floats_;
  std::string directory_;  // for messages
  Descriptor file_;
  std::size_t size_ = 0;
  Bloom filter_;
  std::vector<std::uint64_t> fences_;  // the scrambled key of every fence_entries()-th entry
};

// Writes a segment.  REQUIRES: Add in the order of scrambled keys.
class Segment::Writer {
 public:
  // filter_bytes: of Bloom::SizeFor, once or more often halved.  Throws SystemFault.
  Writer(const std::string& directory, std::size_t row_floats, std::size_t filter_bytes);
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
