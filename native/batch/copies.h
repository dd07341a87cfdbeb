// Copies of files, outside of any store: for another place, or instead of a link.
//
// The conventions are those of batch/batch.h.  A file is cloned where that works, else read and written; one that
// changes meanwhile is read once more, then given up as kChangedMeanwhile; what is no regular file is EINVAL.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/control.h"

namespace tiffin {

// Copies files to the same paths below another directory: 0666 & ~umask.  Links are followed below `from`, and refused
// below `to`, where folders are made.  What is there already stays: EEXIST.
void CopyFiles(int from, std::span<const std::string> paths, int to, std::span<int> outcomes, int threads,
               Control& control);

// What the owner of a file may do with it afterwards.
enum class Right : std::uint8_t {
  kWrite,      // write
  kExecute,    // execute, and so may whoever may read
  kNoExecute,  // not execute, and neither may others
};

// Makes files the workspace's own: a link, symbolic or hard, gives way to a copy of its bytes, of mode 0666 & ~umask,
// which its owner may execute if he could execute the link.  Then all get the right.
// All copies are durable before the first takes a link's place; if one cannot be made, all links and all modes stay.
void OwnFiles(int root, std::span<const std::string> paths, Right right, std::span<int> outcomes, int threads,
              Control& control);

}  // namespace tiffin
