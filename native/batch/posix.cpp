#include "batch/posix.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>

#if defined(__linux__)
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#endif

namespace tiffin {
namespace {

// Calls again while a signal interrupts.
template <class Call>
auto Uninterrupted(Call call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

std::int64_t Nanoseconds(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

Stat FromSystem(const struct stat& from) {
#if defined(__APPLE__)
  const timespec& modified = from.st_mtimespec;
  const timespec& changed = from.st_ctimespec;
#else
  const timespec& modified = from.st_mtim;
  const timespec& changed = from.st_ctim;
#endif
  return {.size = from.st_size,
          .mtime_ns = Nanoseconds(modified),
          .ctime_ns = Nanoseconds(changed),
          .inode = from.st_ino,
          .device = static_cast<std::uint64_t>(from.st_dev),
          .mode = from.st_mode,
          .links = static_cast<std::uint32_t>(from.st_nlink)};
}

constexpr std::string_view kTempPrefix = ".tiffin-";
constexpr std::string_view kTempSuffix = ".tmp";
constexpr std::size_t kTempCheck = 8;

// FNV-1a of what the name says before it, as hexadecimal digits.
std::string TempCheck(std::string_view before) {
  std::uint32_t sum = 2166136261;
  for (const char c : before) sum = (sum ^ static_cast<unsigned char>(c)) * 16777619;
  char digits[kTempCheck + 1];
  std::snprintf(digits, sizeof digits, "%08x", static_cast<unsigned>(sum));
  return digits;
}

}  // namespace

// temporary := ".tiffin-" pid "-" counter "-" check ".tmp"      check: 8 hexadecimal digits
std::string TempName() {
  static std::atomic<std::uint64_t> counter{0};
  const std::string name = std::string(kTempPrefix) + std::to_string(getpid()) + '-' +
                           std::to_string(counter.fetch_add(1, std::memory_order_relaxed)) + '-';
  return name + TempCheck(name) + std::string(kTempSuffix);
}

bool IsTempName(std::string_view name) {
  if (!name.starts_with(kTempPrefix) || !name.ends_with(kTempSuffix)) return false;
  name.remove_suffix(kTempSuffix.size());
  if (name.size() < kTempPrefix.size() + kTempCheck) return false;
  const std::size_t before = name.size() - kTempCheck;
  return TempCheck(name.substr(0, before)) == name.substr(before);
}

int Descriptor::Close() {
  if (value_ < 0) return kOk;
  // Not repeated on EINTR: the descriptor is gone either way.
  return close(std::exchange(value_, -1)) == 0 || errno == EINTR ? kOk : errno;
}

Descriptor OpenAt(int directory, const char* path, int flags, unsigned mode) {
  return Descriptor(Uninterrupted([&] { return openat(directory, path, flags | O_CLOEXEC, mode); }));
}

int StatOf(int descriptor, Stat& stat) {
  struct stat from;
  if (fstat(descriptor, &from) != 0) return errno;
  stat = FromSystem(from);
  return kOk;
}

int StatAt(int directory, const char* path, bool follow, Stat& stat) {
  struct stat from;
  if (fstatat(directory, path, &from, follow ? 0 : AT_SYMLINK_NOFOLLOW) != 0) return errno;
  stat = FromSystem(from);
  return kOk;
}

bool IsRegular(const Stat& stat) { return S_ISREG(stat.mode); }

bool Unchanged(const Stat& before, const Stat& after) {
  return before.size == after.size && before.mtime_ns == after.mtime_ns && before.ctime_ns == after.ctime_ns;
}

int ReadAt(int descriptor, std::span<std::byte> buffer, std::uint64_t offset, std::size_t& got) {
  got = 0;
  while (got < buffer.size()) {
    const auto part = Uninterrupted(
        [&] { return pread(descriptor, buffer.data() + got, buffer.size() - got, static_cast<off_t>(offset + got)); });
    if (part < 0) return errno;
    if (part == 0) return kOk;
    got += static_cast<std::size_t>(part);
  }
  return kOk;
}

bool ReadIfThere([[maybe_unused]] int descriptor, [[maybe_unused]] std::span<std::byte> buffer,
                 [[maybe_unused]] std::uint64_t offset) {
#if defined(RWF_NOWAIT)
  const iovec into{buffer.data(), buffer.size()};
  return preadv2(descriptor, &into, 1, static_cast<off_t>(offset), RWF_NOWAIT) == static_cast<ssize_t>(buffer.size());
#else
  return false;
#endif
}

int WriteAll(int descriptor, std::span<const std::byte> data) {
  while (!data.empty()) {
    const auto part = Uninterrupted([&] { return write(descriptor, data.data(), data.size()); });
    if (part < 0) return errno;
    data = data.subspan(static_cast<std::size_t>(part));
  }
  return kOk;
}

int Clone([[maybe_unused]] int from, [[maybe_unused]] int to) {
#if defined(FICLONE)
  return Uninterrupted([&] { return ioctl(to, FICLONE, from); }) == 0 ? kOk : errno;
#else
  return ENOTSUP;
#endif
}

template <class Make>
int TempFile::Begin(int directory, const std::string& prefix, Make make) {
  for (;;) {
    std::string name = prefix + TempName();
    const int outcome = make(name.c_str());
    if (outcome == EEXIST) continue;  // left by a process that had our number
    if (outcome != kOk) return outcome;
    directory_ = directory;
    name_ = std::move(name);
    linked_ = false;
    return kOk;
  }
}

int TempFile::Create(int directory, const std::string& prefix, unsigned mode) {
  return Begin(directory, prefix, [&](const char* name) {
    file_ = OpenAt(directory, name, O_RDWR | O_CREAT | O_EXCL, mode);
    return file_ ? kOk : errno;
  });
}

int TempFile::Link(int from_directory, const char* from, int directory, const std::string& prefix) {
  const int outcome = Begin(directory, prefix, [&](const char* name) {
    return linkat(from_directory, from, directory, name, 0) == 0 ? kOk : errno;
  });
  linked_ = outcome == kOk;
  return outcome;
}

int TempFile::Symlink(const std::string& target, int directory) {
  return Begin(directory, "",
               [&](const char* name) { return symlinkat(target.c_str(), directory, name) == 0 ? kOk : errno; });
}

int TempFile::CreateAs(int directory, const char* name, unsigned mode) {
  file_ = OpenAt(directory, name, O_RDWR | O_CREAT | O_EXCL, mode);
  if (!file_) return errno;
  directory_ = directory;
  name_ = name;
  linked_ = false;
  return kOk;
}

int TempFile::KeepDirectory() {
  const int own = fcntl(directory_, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return errno;
  kept_ = Descriptor(own);
  directory_ = own;
  return kOk;
}

int TempFile::Rename(const char* name) {
  if (renameat(directory_, name_.c_str(), directory_, name) != 0) return errno;
  // Between two links of one file a rename does nothing, and ours is still there.
  if (linked_) unlinkat(directory_, name_.c_str(), 0);
  directory_ = -1;
  return kOk;
}

int TempFile::RenameNew(const char* name) {
#if defined(__linux__) && defined(SYS_renameat2)
  constexpr unsigned kNoReplace = 1;  // RENAME_NOREPLACE, which old headers lack
  if (syscall(SYS_renameat2, directory_, name_.c_str(), directory_, name, kNoReplace) == 0) {
    directory_ = -1;
    return kOk;
  }
  if (errno != EINVAL && errno != ENOSYS) return errno;
#endif
  return Rename(name);  // the file system cannot refuse: the later of two writers of one object wins
}

void TempFile::Remove() {
  if (directory_ >= 0) unlinkat(std::exchange(directory_, -1), name_.c_str(), 0);
}

}  // namespace tiffin
