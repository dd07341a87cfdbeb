// Work on many files at once: hash, store, place, transfer.
//
// Every function spreads its files over `threads` threads (0: one per CPU the process may use), the calling one
// among them, calls no Python, stops at the next file or chunk once control.stop is set (leaving no temporary file
// behind), and reports per file in `outcomes`: kOk, an errno (positive), or one of the negative codes below.  Spans
// given together have equal sizes, except where said.  Paths are relative to the directory descriptor given with
// them.  Nothing existing is ever truncated: bytes go to a temporary name in the destination directory, then rename.
// An object store is a directory with objects at <2 hex>/<30 hex>, mode 0444.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/control.h"
#include "hash/md5.h"

namespace tiffin {

// What stat says about a file; the part of it that shows whether the content may have changed.
struct Stat {
  std::int64_t size = -1;  // -1: not known
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  std::uint64_t inode = 0;
  std::uint64_t device = 0;
  std::uint32_t mode = 0;
  std::uint32_t links = 0;  // names the file has; 0: not known
};

enum class Link : std::uint8_t { kReflink, kHardlink, kSymlink, kCopy };

// Outcome codes beside errno values (errno is positive).
inline constexpr int kOk = 0;
inline constexpr int kChangedMeanwhile = -1;  // the file changed while it was read, twice in a row
inline constexpr int kCorrupt = -2;           // the bytes do not match the id
inline constexpr int kStopped = -3;           // control.stop was set before this file was done

// Hashes files.  stats[i] is read before the bytes and checked again after them (fstat on the same
// descriptor): a file that moved is read once more, then given up as kChangedMeanwhile.  A size already in stats[i]
// is taken as a hint: large files are begun first.
void HashFiles(int root, std::span<const std::string> paths, std::span<Digest> digests, std::span<Stat> stats,
               std::span<int> outcomes, int threads, Control& control);

// Puts files into the store: hashes while copying (or reflinks, then hashes the clone), so digests[i] is of the bytes
// that were stored.  An object already there is kept and counts as success; one of another size, or one that may have
// been written to (any write bit set), is replaced.  With links[0] == kHardlink the file itself becomes the object
// (linked, then made read-only), except empty files and symlinks.
// objects[i] (`objects` may be empty): the stat of the object, if it was made here; of size -1 if not.
// Durability is the caller's: nothing is synced here.
void StoreFiles(int root, std::span<const std::string> paths, int store, std::span<const Link> links,
                std::span<Digest> digests, std::span<Stat> stats, std::span<Stat> objects, std::span<int> outcomes,
                int threads, Control& control);

// Puts objects into the workspace at paths, replacing what is there by rename.  Parents are created; one that is a
// symlink is refused (ENOTDIR).  The first link type that works is used; read-only for hardlink and symlink,
// 0666 & ~umask (| 0111 & ~umask where executable[i]; `executable` may be empty) else.  Empty files are created, never
// linked.  stats[i]: as after the rename.
// What a path gets matches its id, or the path stays as it is (kCorrupt; EISDIR, EINVAL or ELOOP for what is no regular
// file): a copy is hashed while it is made.  An object that is linked or cloned is read and hashed first, unless its stat is
// objects[i], under which the caller knows it sound (size -1: under none).  Then objects[i] is the stat under which it
// is known now, where it was linked or cloned.  `objects` may be empty.
// fresh: `root` is empty, and nobody else's business yet: what is created there has its name from the start.
void PlaceObjects(int store, std::span<const Digest> digests, int root, std::span<const std::string> paths,
                  std::span<const std::uint8_t> executable, std::span<const Link> links, std::span<Stat> stats,
                  std::span<Stat> objects, std::span<int> outcomes, int threads, Control& control, bool fresh = false);

// Copies objects from one store to another, checking each object's bytes against its id on the way.
// `suffix` ("" or ".dir") is appended to the object's name on both sides.  An object already there is kept, unless it is cut off.
void TransferObjects(int from, int to, std::span<const Digest> digests, const std::string& suffix,
                     std::span<int> outcomes, int threads, Control& control);

// present[i] = 1 where the store has the object.  Lists prefix directories when many are asked,
// else asks one by one.
void PresentObjects(int store, std::span<const Digest> digests, const std::string& suffix,
                    std::span<std::uint8_t> present, int threads);

// present[i] = 1 where the store has the object, whole as far as sizes tell: not empty, unless its id is of no bytes,
// and, where it ends with a block of the disk, as large as in `source` (-1: none) if that has it too.  So a power failure
// cuts off what was not synced.
void PresentWhole(int store, int source, std::span<const Digest> digests, const std::string& suffix,
                  std::span<std::uint8_t> present, int threads);

// present[i] = 1 where the store has the object, in sizes[i] bytes (-1: not known; then not empty, as above).  Asks one by one.
void PresentInSize(int store, std::span<const Digest> digests, std::span<const std::int64_t> sizes,
                   std::span<std::uint8_t> present, int threads);

// sizes[i]: bytes of the object of a file, -1 where the store has none.
void SizeObjects(int store, std::span<const Digest> digests, std::span<std::int64_t> sizes, int threads);

// Reads objects again and compares: kOk, kCorrupt, ENOENT.
void VerifyObjects(int store, std::span<const Digest> digests, const std::string& suffix, std::span<int> outcomes,
                   int threads, Control& control);

}  // namespace tiffin
