// Files as columns: what a directory holds, or held.
//
// A Table is rows (path, id, stat) in one order: by path, compared as bytes, which for UTF-8 is the
// order of code points.  Paths are relative, POSIX, unique.  All paths lie in one blob, so that a
// row costs about 70 bytes and its path, and a million rows load without a million strings.
//
// Thread-compatible.  Only ids, stats and flags change once a table is built.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "batch/batch.h"
#include "hash/md5.h"

namespace tiffin {

// Leaves new elements as they are: columns are filled from a file right after they are sized.
template <typename T>
struct Uninitialized : std::allocator<T> {
  template <typename U>
  struct rebind {
    using other = Uninitialized<U>;
  };
  template <typename U>
  void construct(U* place) noexcept {
    ::new (static_cast<void*>(place)) U;
  }
  template <typename U, typename... Args>
  void construct(U* place, Args&&... args) {
    ::new (static_cast<void*>(place)) U(std::forward<Args>(args)...);
  }
};
template <typename T>
using Column = std::vector<T, Uninitialized<T>>;

class Table {
 public:
  enum Flag : std::uint8_t {
    kHasId = 1,  // digests[row] is the id of the file's bytes
    kRacy = 2,   // the file was touched so late that its stat does not vouch for its id
  };

  std::size_t size() const noexcept { return sizes.size(); }
  std::string_view path(std::size_t row) const noexcept {
    return {blob.data() + offsets[row], static_cast<std::size_t>(offsets[row + 1] - offsets[row])};
  }
  bool has_id(std::size_t row) const noexcept { return (flags[row] & kHasId) != 0; }
  Stat stat(std::size_t row) const noexcept;
  void set_stat(std::size_t row, const Stat& stat) noexcept;
  void set_id(std::size_t row, const Digest& digest) noexcept;  // the stat now vouches for it: not racy
  void clear_id(std::size_t row) noexcept { flags[row] = 0; }

  // The row of `path`, or size() if there is none.
  std::size_t Find(std::string_view path) const noexcept;
  // The rows whose path starts with `prefix` and is longer: [first, last).
  std::pair<std::size_t, std::size_t> Range(std::string_view prefix) const noexcept;

  // Adds a row at the end.  REQUIRES: path sorts after all rows there are.
  void Append(std::string_view path, const Stat& stat, const Digest* digest);
  void AppendRow(const Table& from, std::size_t row, std::string_view path);
  void Reserve(std::size_t rows, std::size_t path_bytes);

  Table Under(std::string_view directory) const;
  // All rows at or below `directory` ("" = all) give way to `rows`, put below it.  A row with an empty path
  // stands for `directory` itself.
  Table ReplaceUnder(std::string_view directory, const Table& rows) const;
  Table Select(std::span<const std::size_t> rows) const;
  // All rows of both; where both have a path, the row of `newer`.
  Table Merged(const Table& newer) const;
  // The rows whose paths are not in `paths`.  REQUIRES: paths sorted as bytes.
  Table Without(std::span<const std::string> paths) const;

  // Gives each row without id the id that `known` has for the same path, where size, times, inode and device all
  // agree and `known` is not racy there.  Returns the number of rows still without.
  std::size_t Adopt(const Table& known) noexcept;

  // Columns, all of size() elements, but offsets one more.
  Column<std::uint64_t> offsets{0};
  Column<std::int64_t> sizes;  // -1: not known
  Column<std::int64_t> mtimes_ns;
  Column<std::int64_t> ctimes_ns;
  Column<std::uint64_t> inodes;
  Column<std::uint64_t> devices;
  Column<Digest> digests;
  Column<std::uint32_t> modes;
  Column<std::uint8_t> flags;
  Column<char> blob;
};

// Rows in any order, made into a table.
class TableBuilder {
 public:
  void Reserve(std::size_t rows, std::size_t path_bytes) { rows_.Reserve(rows, path_bytes); }
  void Add(std::string_view path, const Digest& digest) { rows_.Append(path, Stat{}, &digest); }
  // Throws std::invalid_argument naming a path that came twice.  Leaves the builder empty.
  Table Build();

 private:
  Table rows_;  // as they came
};

// Every directory above a row, a directory before what is below it: the rows below it, and their bytes where known.
struct Folder {
  std::string path;
  std::size_t files = 0;
  std::int64_t bytes = 0;
};
std::vector<Folder> Folders(const Table& table);

// What is wrong with `path` as a relative path below a directory, or nullopt: absolute, "." or "..", an empty part,
// NUL.
std::optional<std::string_view> PathFault(std::string_view path) noexcept;

// The difference of two tables as rows: of `after` for added and modified, of `before` for deleted.
// Without an id a row counts as modified.
struct Difference {
  std::vector<std::size_t> added;
  std::vector<std::size_t> modified;
  std::vector<std::size_t> deleted;
  std::size_t same = 0;
};
Difference Compare(const Table& before, const Table& after);

}  // namespace tiffin
