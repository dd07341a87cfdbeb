// Small file work that is not per batch: one object, one probe, one clock, one clean-up.
//
// All throw SystemFault naming the path, unless said otherwise.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "batch/posix.h"

namespace tiffin {

Descriptor OpenDirectory(const std::string& path);
void MakeDirectories(const std::string& path);

// Lets ext4 put the directories that are made in this one far from each other, and so their files.  Else all go where
// this one is; and where many files were removed within the last minute, to make one takes hundreds of times as long, as
// the numbers of those are looked through each time (recently_deleted in fs/ext4/ialloc.c).  Elsewhere nothing happens.
void SpreadBelow(const std::string& directory) noexcept;
// The directory of an object store; a new one spreads its objects.
void MakeStore(const std::string& path);

// What a text may have at most: a stranger's may be a hole of terabytes.
inline constexpr std::int64_t kMostText = std::int64_t{1} << 28;

// The whole file, or nullopt if it is not there or is no regular file: a pipe would be waited for, a device has no end.
// Throws SystemFault; of EFBIG for more than kMostText.
std::optional<std::string> ReadFile(const std::string& path);

// Makes `body` an object of the store and durable; gives its id.  An object of that size already there is kept.
Digest PutObject(const std::string& store, std::string_view body, const std::string& suffix);

// Whether files of `source` can be linked into `destination` that way: tried with a temporary file.
bool LinkWorks(Link kind, const std::string& source, const std::string& destination);

// Two paths name each other's files or directories from then on; nobody sees one missing.  False, and nothing is done,
// where the system or the file system cannot.
bool Exchange(const std::string& one, const std::string& other);

// Returns when all the file system of `path` had in memory is on the disk.
void SyncFileSystem(const std::string& path);

// The file system's own idea of now, ns: the mtime of a file just written in `directory`, and removed.
std::int64_t FileSystemClock_ns(const std::string& directory);

// Removes the files, then the directories that this leaves empty, never root itself.  What is not there is fine.  A
// symbolic link among the parents is itself removed: what it leads to belongs to somebody else.
void RemoveFiles(const std::string& root, std::span<const std::string> paths);

}  // namespace tiffin
