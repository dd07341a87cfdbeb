// From directories to tables.
//
// All throw SystemFault naming the path.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/control.h"
#include "table/ignore.h"
#include "table/table.h"

namespace tiffin {

struct ScanOptions {
  Ignore* ignore = nullptr;        // its rules, or none
  std::string under{};             // where the scanned directory lies below ignore's root
  bool follow_directories = true;  // enter symbolic links to directories
  int threads = 0;                 // 0: as many as the process may use
  // Filled with what is no data, in any order: temporary files (IsTempName), which are left out in any case, and links
  // to objects of a store that are gone, which are ENOENT if nobody asks for them.
  std::vector<std::string>* leftovers = nullptr;
};

// Every regular file below `root`, without ids.  Symbolic links to files are followed.  A link that leads
// nowhere is ENOENT, one that leads to a directory around it ELOOP.  Control counts files.
Table Scan(const std::string& root, const ScanOptions& options, Control& control);

// The named files, below `root`; what is not there or is no regular file is left out.  follow: a link is what it leads
// to.
Table StatFiles(const std::string& root, std::span<const std::string> paths, bool follow = true);

// The files named dvc.yaml or *.dvc below a directory, sorted, and the directories that were looked into, "" the first.
struct Metafiles {
  std::vector<std::string> files;
  std::vector<std::string> directories;
};

// Left out: what `ignore` ignores, .git, .hg, .dvc, other repositories (directories with a .dvc directory) and, with
// git_ignore, what Git ignores: by its rules in the working tree, and those of the file `git_excludes`, "" for none.
// Links to directories are not entered.
Metafiles FindMetafiles(const std::string& root, Ignore& ignore, bool git_ignore, const std::string& git_excludes = "");

}  // namespace tiffin
