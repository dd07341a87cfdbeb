// The directories that files lie in, opened without following a symlink below the root.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "batch/posix.h"

namespace tiffin {

// Keeps the way to the directory asked for last open: the next file is mostly in it or near.  Thread-compatible.
class Parents {
 public:
  // `root` is borrowed.  make: missing directories are made.
  Parents(int root, bool make) : root_(root), make_(make) {}

  // The directory that `path` lies in, valid until the next call.  An outcome: ENOTDIR where a symlink or a file is in
  // the way, EINVAL where the path is absolute or has an empty part, "." or "..".
  int Open(std::string_view path, int& directory);

 private:
  struct Level {
    std::string name;
    Descriptor directory;
  };

  int Descend(std::string_view name);

  int root_;
  bool make_;
  std::vector<Level> levels_;
};

// What follows the last '/'.
const char* LastPart(const std::string& path);

}  // namespace tiffin
