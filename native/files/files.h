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

// The whole file, or nullopt if it is not there or is no regular file: a pipe would be waited for, a device has no end.
std::optional<std::string> ReadFile(const std::string& path);

// Makes `body` an object of the store and durable; gives its id.  An object of that size already there is kept.
Digest PutObject(const std::string& store, std::string_view body, const std::string& suffix);

// Whether files of `source` can be linked into `destination` that way: tried with a temporary file.
bool LinkWorks(Link kind, const std::string& source, const std::string& destination);

// Returns when all the file system of `path` had in memory is on the disk.
void SyncFileSystem(const std::string& path);

// The file system's own idea of now, ns: the mtime of a file just written in `directory`, and removed.
std::int64_t FileSystemClock_ns(const std::string& directory);

// Removes the files, then the directories that this leaves empty, never root itself.  What is not there is fine.  A
// symbolic link among the parents is itself removed: what it leads to belongs to somebody else.
void RemoveFiles(const std::string& root, std::span<const std::string> paths);

}  // namespace tiffin
