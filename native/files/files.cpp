#include "files/files.h"

#include <fcntl.h>
#ifdef __linux__
#include <linux/fs.h>
#include <sys/ioctl.h>
#endif
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <utility>

#include "files/fault.h"

namespace tiffin {
namespace {

std::string Join(std::string_view directory, std::string_view name) {
  return std::string(directory) + "/" + std::string(name);
}

void Check(int outcome, const std::string& path) {
  if (outcome != kOk) throw SystemFault(outcome, path);
}

void CheckCall(int result, const std::string& path) {
  if (result != 0) throw SystemFault(errno, path);
}

TempFile NewFile(const Descriptor& directory, const std::string& path, std::string_view body) {
  TempFile file;
  Check(file.Create(directory.get(), "", 0600), path);
  Check(WriteAll(file.get(), std::as_bytes(std::span(body))), path);
  return file;
}

// Opens a directory below `root` without following any link.  When a link stands in for a directory it is removed, and
// with it all that was to be removed below: then, and where a part is missing, the result is closed.
Descriptor OpenBelow(int root, std::string_view path, const std::string& whole) {
  Descriptor at = OpenAt(root, ".", O_RDONLY | O_DIRECTORY);
  for (std::size_t start = 0; at && start < path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string part(path.substr(start, end - start));
    Descriptor next = OpenAt(at.get(), part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!next && (errno == ELOOP || errno == ENOTDIR)) {
      struct stat info;
      const bool link = ::fstatat(at.get(), part.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode);
      if (link && ::unlinkat(at.get(), part.c_str(), 0) != 0 && errno != ENOENT) throw SystemFault(errno, whole);
      return {};
    }
    if (!next && errno != ENOENT) throw SystemFault(errno, whole);
    at = std::move(next);
    start = end + 1;
  }
  return at;
}

std::string_view ParentOf(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

}  // namespace

Descriptor OpenDirectory(const std::string& path) {
  Descriptor directory = OpenAt(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY);
  if (!directory) throw SystemFault(errno, path);
  return directory;
}

void MakeDirectories(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) == 0 || errno == EEXIST) return;
  const int error = errno;
  const std::string parent(ParentOf(path));
  if (error != ENOENT || parent.empty()) throw SystemFault(error, path);
  MakeDirectories(parent);
  if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) throw SystemFault(errno, path);
}

void SpreadBelow(const std::string& directory) noexcept {
#ifdef __linux__
  const Descriptor opened = OpenAt(AT_FDCWD, directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  int flags = 0;
  if (!opened || ioctl(opened.get(), FS_IOC_GETFLAGS, &flags) != 0) return;
  flags |= FS_TOPDIR_FL;
  if (ioctl(opened.get(), FS_IOC_SETFLAGS, &flags) != 0) return;  // a wish, which need not be granted
#else
  (void)directory;
#endif
}

void MakeStore(const std::string& path) {
  Stat found;
  if (StatAt(AT_FDCWD, path.c_str(), true, found) == kOk) return;
  MakeDirectories(path);
  SpreadBelow(path);
}

std::optional<std::string> ReadFile(const std::string& path) {
  const Descriptor file = OpenAt(AT_FDCWD, path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
  // ENXIO: a socket.
  if (!file && (errno == ENOENT || errno == ENOTDIR || errno == ENXIO)) return std::nullopt;
  if (!file) throw SystemFault(errno, path);
  Stat stat;
  Check(StatOf(file.get(), stat), path);
  if (!IsRegular(stat)) return std::nullopt;
  if (stat.size > kMostText) throw SystemFault(EFBIG, path);
  std::string text;
  std::array<std::byte, 4096> chunk;
  std::size_t got = chunk.size();
  while (got == chunk.size()) {
    Check(ReadAt(file.get(), chunk, text.size(), got), path);
    text.append(reinterpret_cast<const char*>(chunk.data()), got);
  }
  return text;
}

Digest PutObject(const std::string& store, std::string_view body, const std::string& suffix) {
  Md5 md5;
  md5.Update(std::as_bytes(std::span(body)));
  const Digest digest = md5.Finish();
  const std::string hex = ToHex(digest);
  const std::string prefix = Join(store, hex.substr(0, 2));
  const std::string name = hex.substr(2) + suffix;
  const std::string object = Join(prefix, name);
  Stat found;
  const bool kept = StatAt(AT_FDCWD, object.c_str(), true, found) == kOk && IsRegular(found) &&
                    static_cast<std::size_t>(found.size) == body.size() && (found.mode & 0222) == 0;
  if (kept) return digest;

  if (StatAt(AT_FDCWD, prefix.c_str(), true, found) != kOk) {
    MakeDirectories(prefix);
    CheckCall(::fsync(OpenDirectory(store).get()), store);
  }
  const Descriptor directory = OpenDirectory(prefix);
  TempFile file = NewFile(directory, object, body);
  CheckCall(::fchmod(file.get(), 0444), object);
  CheckCall(::fsync(file.get()), object);
  Check(file.Rename(name.c_str()), object);
  CheckCall(::fsync(directory.get()), prefix);
  return digest;
}

bool LinkWorks(Link kind, const std::string& source, const std::string& destination) {
  if (kind == Link::kCopy) return true;
  const Descriptor from_directory = OpenDirectory(source);
  const Descriptor to_directory = OpenDirectory(destination);
  const TempFile from = NewFile(from_directory, source, "tiffin");
  TempFile to;
  switch (kind) {
    case Link::kReflink:
      Check(to.Create(to_directory.get(), "", 0600), destination);
      return Clone(from.get(), to.get()) == kOk;
    case Link::kHardlink:
      return to.Link(from_directory.get(), from.name(), to_directory.get(), "") == kOk;
    default:
      return to.Symlink(Join(source, from.name()), to_directory.get()) == kOk;
  }
}

bool Exchange(const std::string& one, const std::string& other) {
#if defined(__linux__) && defined(SYS_renameat2)
  constexpr unsigned kExchange = 2;  // RENAME_EXCHANGE, which old headers lack
  if (syscall(SYS_renameat2, AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), kExchange) == 0) return true;
  constexpr std::array kCannot{EINVAL, ENOSYS, EOPNOTSUPP, EPERM};
  if (std::ranges::find(kCannot, errno) == kCannot.end()) throw SystemFault(errno, one);
#endif
  return false;
}

void SyncFileSystem(const std::string& path) {
  const Descriptor file = OpenAt(AT_FDCWD, path.c_str(), O_RDONLY);
  if (!file) throw SystemFault(errno, path);
#ifdef __linux__
  CheckCall(::syncfs(file.get()), path);
#else
  ::sync();
  CheckCall(::fsync(file.get()), path);
#endif
}

std::int64_t FileSystemClock_ns(const std::string& directory) {
  const Descriptor place = OpenDirectory(directory);
  const TempFile file = NewFile(place, directory, "t");
  Stat stat;
  Check(StatOf(file.get(), stat), directory);
  return stat.mtime_ns;
}

void RemoveFiles(const std::string& root, std::span<const std::string> paths) {
  const Descriptor top = OpenAt(AT_FDCWD, root.c_str(), O_RDONLY | O_DIRECTORY);
  if (!top && errno == ENOENT) return;
  if (!top) throw SystemFault(errno, root);

  // Deepest first: a longer path is never above a shorter one.
  const auto deeper = [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a > b;
  };
  std::set<std::string, decltype(deeper)> emptied(deeper);
  std::string parent;
  Descriptor directory = OpenBelow(top.get(), "", root);
  for (const std::string& path : paths) {
    if (ParentOf(path) != parent) {
      parent = ParentOf(path);
      directory = OpenBelow(top.get(), parent, Join(root, path));
      emptied.insert(parent);
    }
    if (!directory) continue;
    const std::string name = parent.empty() ? path : path.substr(parent.size() + 1);
    if (::unlinkat(directory.get(), name.c_str(), 0) != 0 && errno != ENOENT)
      throw SystemFault(errno, Join(root, path));
  }
  while (!emptied.empty() && !emptied.begin()->empty()) {
    const std::string path = std::move(emptied.extract(emptied.begin()).value());
    const std::string above(ParentOf(path));
    const Descriptor holder = OpenBelow(top.get(), above, Join(root, path));
    const std::string name = above.empty() ? path : path.substr(above.size() + 1);
    const bool gone = !holder || ::unlinkat(holder.get(), name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT;
    if (gone) {
      emptied.insert(above);
    } else if (errno != ENOTEMPTY && errno != EEXIST && errno != ENOTDIR && errno != EBUSY) {
      throw SystemFault(errno, Join(root, path));
    }
  }
}

}  // namespace tiffin
