// A whole object store: what is in it, and taking objects out of it.
//
// Same rules as batch.h: `threads` threads (0: one per CPU the process may use), no Python, stopped by control.stop.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/control.h"
#include "batch/batch.h"

namespace tiffin {

// An object as it lies in the store.
struct Found {
  Digest digest;
  Stat stat;
};

struct Inventory {
  std::vector<Found> files;         // in the order of ids
  std::vector<Found> listings;      // objects with the suffix ".dir", likewise
  std::vector<std::string> others;  // paths below the store, sorted: what lies where objects do, or beside, and is none
};

// Everything in a store.  An object is what its name says, whatever it is: the mode tells files from the rest.  What
// vanishes meanwhile is left out.  Throws SystemFault for a directory that cannot be read.
Inventory ListStore(int store, int threads, Control& control);

// Takes objects out, those whose ctime is before `before_ns` when it comes to it: kOk, kKept for a younger one, or an
// errno; one that is not there is ENOENT.  Directories stay.  Nothing is synced.
inline constexpr int kKept = -4;
void RemoveObjects(int store, std::span<const Digest> digests, const std::string& suffix, std::int64_t before_ns,
                   std::span<int> outcomes, int threads, Control& control);

}  // namespace tiffin
