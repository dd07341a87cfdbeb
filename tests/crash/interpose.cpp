// Preloaded into a program under test: counts every call that changes the file system below $CRASH_ROOT, kills the
// program, which leads a session, and the process group that calls before call number $CRASH_AT, and appends what each call did to $CRASH_LOG.
//
// One line a call, fields separated by tabs, paths and data in hexadecimal:
//   create  path inode new|emptied|kept     a file opened for writing
//   data    inode offset bytes
//   length  inode size
//   rename  from to | link from to inode | symlink path target | unlink path | mkdir path | rmdir path
//   fsync   path inode | syncfs
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

template <typename Function>
Function Real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

struct State {
  std::string root;
  std::atomic<std::int64_t>* count = nullptr;  // shared by all processes of the run
  std::int64_t at = 0;
  int log = -1;
};

int RealOpen(const char* path, int flags) {
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600));
}

State& Shared() {
  static State state = [] {
    State made;
    const char* root = std::getenv("CRASH_ROOT");
    const char* count = std::getenv("CRASH_COUNT");
    const char* at = std::getenv("CRASH_AT");
    const char* log = std::getenv("CRASH_LOG");
    if (root == nullptr || count == nullptr) return made;
    const int file = RealOpen(count, O_RDWR);
    void* place = mmap(nullptr, sizeof(std::int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (place == MAP_FAILED) return made;
    made.root = root;
    made.count = static_cast<std::atomic<std::int64_t>*>(place);
    made.at = at == nullptr ? 0 : std::atoll(at);
    if (log != nullptr) made.log = RealOpen(log, O_WRONLY | O_APPEND);
    return made;
  }();
  return state;
}

std::string Of(int descriptor) {
  char text[PATH_MAX];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t size = ::readlink(link.c_str(), text, sizeof text);
  return size < 0 ? "" : std::string(text, static_cast<std::size_t>(size));
}

std::string At(int directory, const char* path) {
  if (path == nullptr) return "";
  if (path[0] == '/') return path;
  std::string base;
  if (directory == AT_FDCWD) {
    char text[PATH_MAX];
    base = ::getcwd(text, sizeof text) == nullptr ? "" : text;
  } else {
    base = Of(directory);
  }
  return base + "/" + path;
}

bool Inside(const std::string& path) {
  const std::string& root = Shared().root;
  return !root.empty() && path.compare(0, root.size(), root) == 0 && path.size() > root.size() &&
         path[root.size()] == '/';
}

void Step() {
  State& state = Shared();
  if (state.count->fetch_add(1) + 1 != state.at) return;
  ::kill(-::getsid(0), SIGKILL);  // the program, of which this process may be a command in a group of its own
  ::kill(0, SIGKILL);
}

std::string Hex(const void* data, std::size_t size) {
  static const char digits[] = "0123456789abcdef";
  const auto* bytes = static_cast<const unsigned char*>(data);
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 15];
  }
  return text;
}

std::string Hex(const std::string& text) { return Hex(text.data(), text.size()); }

template <typename... Fields>
void Record(const char* kind, const Fields&... fields) {
  if (Shared().log < 0) return;
  std::string line = kind;
  ((line += '\t', line += fields), ...);
  line += '\n';
  ::syscall(SYS_write, Shared().log, line.data(), line.size());
}

std::string Inode(int descriptor) {
  struct stat found {};
  return ::fstat(descriptor, &found) == 0 ? std::to_string(found.st_ino) : "0";
}

bool RegularInside(int descriptor) {
  struct stat found {};
  const int before = errno;
  const bool result = !Shared().root.empty() && ::fstat(descriptor, &found) == 0 && S_ISREG(found.st_mode) &&
                      Inside(Of(descriptor));
  errno = before;
  return result;
}

void RecordRange(int descriptor, off_t offset, std::size_t size) {
  if (Shared().log < 0) return;
  const int file = RealOpen(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), O_RDONLY);
  std::string text(size, '\0');
  const ssize_t got = ::pread(file, text.data(), size, offset);
  ::close(file);
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  Record("data", Inode(descriptor), std::to_string(offset), Hex(text));
}

using OpenAt = int (*)(int, const char*, int, ...);

int Open(const char* name, int directory, const char* path, int flags, mode_t mode) {
  static const auto real = Real<OpenAt>(name);
  const bool writes = (flags & O_ACCMODE) != O_RDONLY && (flags & (O_CREAT | O_TRUNC)) != 0;
  const std::string whole = writes ? At(directory, path) : "";
  const bool counted = writes && (flags & O_TMPFILE) != O_TMPFILE && Inside(whole);
  if (!counted) return real(directory, path, flags, mode);
  struct stat found {};
  const bool there = ::stat(whole.c_str(), &found) == 0;
  Step();
  const int file = real(directory, path, flags, mode);
  if (file >= 0) Record("create", Hex(whole), Inode(file), !there ? "new" : (flags & O_TRUNC) != 0 ? "emptied" : "kept");
  return file;
}

mode_t Mode(int flags, va_list arguments) { return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0; }

template <typename Call>
ssize_t Data(int descriptor, off_t offset, Call call) {
  if (!RegularInside(descriptor)) return call();
  Step();
  if (offset < 0) {
    offset = (::fcntl(descriptor, F_GETFL) & O_APPEND) != 0 ? ::lseek(descriptor, 0, SEEK_END)
                                                            : ::lseek(descriptor, 0, SEEK_CUR);
  }
  const ssize_t size = call();
  if (size > 0) RecordRange(descriptor, offset, static_cast<std::size_t>(size));
  return size;
}

template <typename Call, typename Note>
int Names(const std::string& one, const std::string& other, Call call, Note note) {
  if (!Inside(one) && !Inside(other)) return call();
  Step();
  const int result = call();
  if (result == 0) note();
  return result;
}

}  // namespace

extern "C" {

#define OPEN(name, at)                                          \
  int name(const char* path, int flags, ...) {                  \
    va_list arguments;                                          \
    va_start(arguments, flags);                                 \
    const mode_t mode = Mode(flags, arguments);                 \
    va_end(arguments);                                          \
    return Open(at, AT_FDCWD, path, flags, mode);               \
  }
OPEN(open, "openat")
OPEN(open64, "openat64")

#define OPENAT(name)                                            \
  int name(int directory, const char* path, int flags, ...) {   \
    va_list arguments;                                          \
    va_start(arguments, flags);                                 \
    const mode_t mode = Mode(flags, arguments);                 \
    va_end(arguments);                                          \
    return Open(#name, directory, path, flags, mode);           \
  }
OPENAT(openat)
OPENAT(openat64)

int creat(const char* path, mode_t mode) { return Open("openat", AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

ssize_t write(int file, const void* data, size_t size) {
  static const auto real = Real<ssize_t (*)(int, const void*, size_t)>("write");
  return Data(file, -1, [&] { return real(file, data, size); });
}

ssize_t writev(int file, const iovec* parts, int count) {
  static const auto real = Real<ssize_t (*)(int, const iovec*, int)>("writev");
  return Data(file, -1, [&] { return real(file, parts, count); });
}

ssize_t pwrite(int file, const void* data, size_t size, off_t offset) {
  static const auto real = Real<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return Data(file, offset, [&] { return real(file, data, size, offset); });
}

ssize_t pwrite64(int file, const void* data, size_t size, off64_t offset) {
  static const auto real = Real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return Data(file, offset, [&] { return real(file, data, size, offset); });
}

ssize_t copy_file_range(int from, off64_t* from_at, int to, off64_t* to_at, size_t size, unsigned flags) {
  static const auto real =
      Real<ssize_t (*)(int, off64_t*, int, off64_t*, size_t, unsigned)>("copy_file_range");
  return Data(to, to_at == nullptr ? -1 : *to_at, [&] { return real(from, from_at, to, to_at, size, flags); });
}

ssize_t sendfile(int to, int from, off_t* at, size_t size) {
  static const auto real = Real<ssize_t (*)(int, int, off_t*, size_t)>("sendfile");
  return Data(to, -1, [&] { return real(to, from, at, size); });
}

ssize_t sendfile64(int to, int from, off64_t* at, size_t size) {
  static const auto real = Real<ssize_t (*)(int, int, off64_t*, size_t)>("sendfile64");
  return Data(to, -1, [&] { return real(to, from, at, size); });
}

int ioctl(int file, unsigned long request, ...) noexcept {
  static const auto real = Real<int (*)(int, unsigned long, void*)>("ioctl");
  va_list arguments;
  va_start(arguments, request);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  if (request != FICLONE || !RegularInside(file)) return real(file, request, argument);
  Step();
  const int result = real(file, request, argument);
  struct stat found {};
  if (result == 0 && ::fstat(file, &found) == 0) RecordRange(file, 0, static_cast<std::size_t>(found.st_size));
  return result;
}

#define LENGTH(name, type)                                                                            \
  int name(int file, type size) noexcept {                                                            \
    static const auto real = Real<int (*)(int, type)>(#name);                                         \
    if (!RegularInside(file)) return real(file, size);                                                \
    Step();                                                                                           \
    const int result = real(file, size);                                                              \
    if (result == 0) Record("length", Inode(file), std::to_string(static_cast<long long>(size)));     \
    return result;                                                                                    \
  }
LENGTH(ftruncate, off_t)
LENGTH(ftruncate64, off64_t)

int rename(const char* from, const char* to) noexcept {
  static const auto real = Real<int (*)(const char*, const char*)>("rename");
  const std::string one = At(AT_FDCWD, from);
  const std::string other = At(AT_FDCWD, to);
  return Names(one, other, [&] { return real(from, to); }, [&] { Record("rename", Hex(one), Hex(other)); });
}

int renameat(int from_in, const char* from, int to_in, const char* to) noexcept {
  static const auto real = Real<int (*)(int, const char*, int, const char*)>("renameat");
  const std::string one = At(from_in, from);
  const std::string other = At(to_in, to);
  return Names(one, other, [&] { return real(from_in, from, to_in, to); },
               [&] { Record("rename", Hex(one), Hex(other)); });
}

int renameat2(int from_in, const char* from, int to_in, const char* to, unsigned flags) noexcept {
  static const auto real = Real<int (*)(int, const char*, int, const char*, unsigned)>("renameat2");
  const std::string one = At(from_in, from);
  const std::string other = At(to_in, to);
  return Names(one, other, [&] { return real(from_in, from, to_in, to, flags); },
               [&] { Record("rename", Hex(one), Hex(other)); });
}

// Calls without a wrapper in the C library arrive here.
long syscall(long number, ...) noexcept {
  va_list arguments;
  va_start(arguments, number);
  long given[6];
  for (long& argument : given) argument = va_arg(arguments, long);
  va_end(arguments);
  static const auto real = Real<long (*)(long, ...)>("syscall");
  const auto call = [&] {
    return static_cast<int>(real(number, given[0], given[1], given[2], given[3], given[4], given[5]));
  };
  if (number != SYS_renameat2) return real(number, given[0], given[1], given[2], given[3], given[4], given[5]);
  const std::string one = At(static_cast<int>(given[0]), reinterpret_cast<const char*>(given[1]));
  const std::string other = At(static_cast<int>(given[2]), reinterpret_cast<const char*>(given[3]));
  return Names(one, other, call, [&] { Record("rename", Hex(one), Hex(other)); });
}

int linkat(int from_in, const char* from, int to_in, const char* to, int flags) noexcept {
  static const auto real = Real<int (*)(int, const char*, int, const char*, int)>("linkat");
  const std::string one = At(from_in, from);
  const std::string other = At(to_in, to);
  return Names(one, other, [&] { return real(from_in, from, to_in, to, flags); }, [&] {
    struct stat found {};
    ::stat(other.c_str(), &found);
    Record("link", Hex(one), Hex(other), std::to_string(found.st_ino));
  });
}

int link(const char* from, const char* to) noexcept { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int symlinkat(const char* target, int in, const char* path) noexcept {
  static const auto real = Real<int (*)(const char*, int, const char*)>("symlinkat");
  const std::string whole = At(in, path);
  return Names(whole, "", [&] { return real(target, in, path); }, [&] { Record("symlink", Hex(whole), Hex(target)); });
}

int symlink(const char* target, const char* path) noexcept { return symlinkat(target, AT_FDCWD, path); }

int unlinkat(int in, const char* path, int flags) noexcept {
  static const auto real = Real<int (*)(int, const char*, int)>("unlinkat");
  const std::string whole = At(in, path);
  return Names(whole, "", [&] { return real(in, path, flags); },
               [&] { Record((flags & AT_REMOVEDIR) != 0 ? "rmdir" : "unlink", Hex(whole)); });
}

int unlink(const char* path) noexcept { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char* path) noexcept { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int mkdirat(int in, const char* path, mode_t mode) noexcept {
  static const auto real = Real<int (*)(int, const char*, mode_t)>("mkdirat");
  const std::string whole = At(in, path);
  return Names(whole, "", [&] { return real(in, path, mode); }, [&] { Record("mkdir", Hex(whole)); });
}

int mkdir(const char* path, mode_t mode) noexcept { return mkdirat(AT_FDCWD, path, mode); }

#define SYNC(name)                                                     \
  int name(int file) {                                                 \
    static const auto real = Real<int (*)(int)>(#name);                \
    const std::string path = Of(file);                                 \
    const bool counted = Inside(path) || path == Shared().root;        \
    if (counted) Step();                                               \
    const int result = real(file);                                     \
    if (counted && result == 0) Record("fsync", Hex(path), Inode(file)); \
    return result;                                                     \
  }
SYNC(fsync)
SYNC(fdatasync)

int syncfs(int file) noexcept {
  static const auto real = Real<int (*)(int)>("syncfs");
  if (Shared().root.empty()) return real(file);
  Step();
  const int result = real(file);
  if (result == 0) Record("syncfs");
  return result;
}

}  // extern "C"
