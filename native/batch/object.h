// Where objects lie in a store, and how one gets there.
#pragma once

#include <string_view>

#include "batch/posix.h"

namespace tiffin {

// The path of an object below its store: <2 hex>/<30 hex><suffix>.
class ObjectPath {
 public:
  static constexpr std::size_t kLongestSuffix = 12;

  // REQUIRES: suffix.size() <= kLongestSuffix.
  ObjectPath(const Digest& digest, std::string_view suffix) noexcept;

  const char* c_str() const { return text_; }
  const char* name() const { return text_ + 3; }                // below its prefix directory
  std::string prefix() const { return std::string(text_, 3); }  // "ab/"

 private:
  char text_[3 + 30 + kLongestSuffix + 1];
};

// Whether an object is there that need not be read to be believed: a regular file of this size that nobody may write
// to.
bool Trusted(int store, const ObjectPath& path, std::int64_t size);

// Whether the object may have lost its end when the power failed: what is cut off ends with a block of the disk.  Of all
// others no second copy need be asked for its size.
inline bool MayBeCutOff(const Stat& stat) { return stat.size % 512 == 0; }

inline constexpr unsigned kObjectMode = 0444;

// The prefix directory of the object, if missing.  An outcome.
int MakePrefix(int store, const ObjectPath& path);
// Begins a temporary file next to where the object will be; its prefix directory is made if missing.
int CreateBeside(int store, const ObjectPath& path, TempFile& temp);
// Makes the file read-only, whatever the umask and the directory's default permissions were.
int Protect(int descriptor);
// Gives a written, protected, closed temporary file of `size` bytes the object's name, unless an object to be trusted
// has it.  `created`: whether no object had it.
int Publish(int store, const ObjectPath& path, std::int64_t size, TempFile& temp, bool& created);
void CountNewObject(Control& control, std::int64_t size);

}  // namespace tiffin
