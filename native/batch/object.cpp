#include "batch/object.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace tiffin {
namespace {

constexpr unsigned kWriteBits = 0222;

}  // namespace

ObjectPath::ObjectPath(const Digest& digest, std::string_view suffix) noexcept {
  constexpr char kDigits[] = "0123456789abcdef";
  char* end = text_;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    if (i == 1) *end++ = '/';
    *end++ = kDigits[digest[i] >> 4];
    *end++ = kDigits[digest[i] & 15];
  }
  std::memcpy(end, suffix.data(), suffix.size());
  end[suffix.size()] = '\0';
}

int MakePrefix(int store, const ObjectPath& path) {
  return mkdirat(store, path.prefix().c_str(), 0777) == 0 || errno == EEXIST ? kOk : errno;
}

bool Trusted(int store, const ObjectPath& path, std::int64_t size) {
  Stat stat;
  if (StatAt(store, path.c_str(), false, stat) != kOk) return false;
  return IsRegular(stat) && stat.size == size && (stat.mode & kWriteBits) == 0;
}

int CreateBeside(int store, const ObjectPath& path, TempFile& temp) {
  const int outcome = temp.Create(store, path.prefix(), kObjectMode);
  if (outcome != ENOENT) return outcome;
  if (const int made = MakePrefix(store, path); made != kOk) return made;
  return temp.Create(store, path.prefix(), kObjectMode);
}

int Protect(int descriptor) {
  struct stat now;
  if (fstat(descriptor, &now) != 0) return errno;
  if ((now.st_mode & 07777) == kObjectMode) return kOk;
  if (fchmod(descriptor, kObjectMode) == 0) return kOk;
  // A file system without permissions (FAT, some shares) has nothing to protect with.
  return errno == EPERM || errno == ENOTSUP || errno == EROFS ? kOk : errno;
}

int Publish(int store, const ObjectPath& path, std::int64_t size, TempFile& temp, bool& created) {
  int outcome = temp.RenameNew(path.c_str());
  if (outcome == ENOENT) {
    if (const int made = MakePrefix(store, path); made != kOk) return made;
    outcome = temp.RenameNew(path.c_str());
  }
  created = outcome == kOk;
  if (outcome != EEXIST) return outcome;
  // What we bring was hashed; what is there may be damaged.
  return Trusted(store, path, size) ? kOk : temp.Rename(path.c_str());
}

void CountNewObject(Control& control, std::int64_t size) {
  control.new_objects.fetch_add(1, std::memory_order_relaxed);
  control.new_object_bytes.fetch_add(static_cast<std::uint64_t>(size), std::memory_order_relaxed);
}

}  // namespace tiffin
