#include "table/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "batch/posix.h"
#include "batch/threads.h"
#include "files/fault.h"
#include "files/files.h"

namespace tiffin {
namespace {

// Entries looked at in one go; a large directory is shared out in pieces of this many.
constexpr std::size_t kPiece = 1024;

struct Directory;

struct Entry {
  std::uint64_t key;   // the first bytes of the sort name, big-endian
  std::uint32_t name;  // offset in the directory's names
  std::uint32_t name_size;
  unsigned char type;  // DT_*
  bool kept = false;
  Directory* directory = nullptr;  // of a directory: its node
  Stat stat;                       // of a file
};

struct Directory {
  std::string path;  // below the scanned root; "" for the root
  const Directory* parent = nullptr;
  const IgnoreLayer* layer = nullptr;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  Descriptor descriptor;
  std::string names;
  std::vector<Entry> entries;
  std::atomic<std::size_t> pieces_left{0};

  std::string_view Name(const Entry& entry) const { return {names.data() + entry.name, entry.name_size}; }
  std::string Inside(std::string_view name) const {
    return path.empty() ? std::string(name) : path + "/" + std::string(name);
  }
};

// A directory sorts as its name and "/": then a walk in this order meets whole paths in byte order.
std::uint64_t SortKey(std::string_view name, bool directory) noexcept {
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    const unsigned char byte = i < name.size()                 ? static_cast<unsigned char>(name[i])
                               : i == name.size() && directory ? '/'
                                                               : 0;
    key = (key << 8) | byte;
  }
  return key;
}

bool SortsBefore(const Directory& in, const Entry& a, const Entry& b) noexcept {
  if (a.key != b.key) return a.key < b.key;
  const std::string_view left = in.Name(a);
  const std::string_view right = in.Name(b);
  const std::size_t common = std::min(left.size(), right.size());
  if (const int order = left.substr(0, common).compare(right.substr(0, common))) return order < 0;
  const auto next = [&](const Entry& entry, std::string_view name) {
    return name.size() > common ? static_cast<unsigned char>(name[common]) : entry.directory != nullptr ? '/' : 0;
  };
  return next(a, left) < next(b, right);
}

// Whether a link's text is the path of an object in some store: .../<2 hex>/<30 hex>.
bool IsObjectText(std::string_view text) noexcept {
  constexpr std::size_t kSize = 1 + 2 + 1 + 30;
  if (text.size() < kSize) return false;
  const std::string_view end = text.substr(text.size() - kSize);
  for (std::size_t i = 0; i < kSize; ++i) {
    const char c = end[i];
    const bool fits = i == 0 || i == 3 ? c == '/' : (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (!fits) return false;
  }
  return true;
}

bool IsObjectLink(int directory, const char* name) {
  char text[PATH_MAX];
  const ssize_t size = ::readlinkat(directory, name, text, sizeof text);
  return size > 0 && IsObjectText({text, static_cast<std::size_t>(size)});
}

bool IsDots(const char* name) noexcept {
  return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

class Stream {
 public:
  // Takes a duplicate, since closedir closes what it was given.
  Stream(int fd, const std::string& path) : stream_(::fdopendir(::fcntl(fd, F_DUPFD_CLOEXEC, 0))) {
    if (stream_ == nullptr) throw SystemFault(errno, path);
  }
  ~Stream() { ::closedir(stream_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // The next entry but "." and "..", or nullptr at the end.
  const dirent* Next(const std::string& path) {
    while (true) {
      errno = 0;
      const dirent* entry = ::readdir(stream_);
      if (entry == nullptr && errno != 0) throw SystemFault(errno, path);
      if (entry == nullptr || !IsDots(entry->d_name)) return entry;
    }
  }

 private:
  DIR* stream_;
};

class Scanner {
 public:
  Scanner(const std::string& root, const ScanOptions& options, Control& control)
      : root_(root), options_(options), control_(control), under_(SplitPath(options.under)) {
    threads_ = static_cast<std::size_t>(WorkerCount(options.threads, std::numeric_limits<std::size_t>::max()));
  }

  Table Run() {
    top_ = OpenDirectory(root_);
    directories_.emplace_back();
    Push({&directories_.back(), 0, 0});
    Work();
    helpers_.clear();  // joins
    if (fault_) std::rethrow_exception(fault_);
    return control_.stop ? Table{} : Collect();
  }

 private:
  // A directory still to be listed (end == 0), or a piece of one to be looked at.
  struct Job {
    Directory* directory;
    std::size_t begin;
    std::size_t end;
  };

  void Push(Job job) {
    const std::scoped_lock lock(mutex_);
    jobs_.push_back(job);
    ++unfinished_;
    // Helpers start only when there is something left for them: most scans are of a handful of files.
    if (jobs_.size() > idle_ + 1 && helpers_.size() + 1 < threads_) {
      helpers_.emplace_back([this] { Work(); });
    } else {
      wake_.notify_one();
    }
  }

  void Work() {
    std::unique_lock lock(mutex_);
    while (true) {
      ++idle_;
      wake_.wait(lock, [this] { return !jobs_.empty() || unfinished_ == 0; });
      --idle_;
      if (jobs_.empty()) return;
      const Job job = jobs_.back();
      jobs_.pop_back();
      lock.unlock();
      try {
        if (!control_.stop) Do(job);
      } catch (...) {  // rethrown by Run
        const std::scoped_lock guard(mutex_);
        if (!fault_) fault_ = std::current_exception();
        control_.stop = true;
      }
      lock.lock();
      if (--unfinished_ == 0) wake_.notify_all();
    }
  }

  void Do(const Job& job) {
    if (job.end == 0) {
      List(*job.directory);
    } else {
      Look(*job.directory, job.begin, job.end);
    }
  }

  std::string Named(const Directory& directory, std::string_view name) const {
    return root_ + "/" + directory.Inside(name);
  }

  void List(Directory& directory) {
    const bool top = directory.path.empty();
    const std::string shown = top ? root_ : root_ + "/" + directory.path;
    directory.descriptor = OpenAt(top_.get(), top ? "." : directory.path.c_str(), O_RDONLY | O_DIRECTORY);
    if (!directory.descriptor && errno == ENOENT && !top) return;  // gone since it was seen
    if (!directory.descriptor) throw SystemFault(errno, shown);
    Stat stat;
    if (const int error = StatOf(directory.descriptor.get(), stat)) throw SystemFault(error, shown);
    directory.device = stat.device;
    directory.inode = stat.inode;
    RefuseLoop(directory, shown);

    Stream stream(directory.descriptor.get(), shown);
    while (const dirent* found = stream.Next(shown)) {
      const std::size_t size = std::strlen(found->d_name);
      Entry entry{};
      entry.name = static_cast<std::uint32_t>(directory.names.size());
      entry.name_size = static_cast<std::uint32_t>(size);
      entry.type = found->d_type;
      directory.names.append(found->d_name, size + 1);
      directory.entries.push_back(entry);
    }
    if (options_.ignore != nullptr) directory.layer = &options_.ignore->At(PartsOf(directory));

    const std::size_t count = directory.entries.size();
    directory.pieces_left = (count + kPiece - 1) / kPiece;
    for (std::size_t begin = kPiece; begin < count; begin += kPiece) {
      Push({&directory, begin, std::min(begin + kPiece, count)});
    }
    if (count > 0) Look(directory, 0, std::min(kPiece, count));
  }

  static void RefuseLoop(const Directory& directory, const std::string& shown) {
    for (const Directory* above = directory.parent; above != nullptr; above = above->parent) {
      if (above->inode == directory.inode && above->device == directory.device) throw SystemFault(ELOOP, shown);
    }
  }

  std::vector<std::string_view> PartsOf(const Directory& directory) const {
    std::vector<std::string_view> parts = under_;
    const std::vector<std::string_view> inside = SplitPath(directory.path);
    parts.insert(parts.end(), inside.begin(), inside.end());
    return parts;
  }

  void Look(Directory& directory, std::size_t begin, std::size_t end) {
    std::vector<std::string_view> parts;
    if (directory.layer != nullptr) parts = PartsOf(directory);
    const auto ignored = [&](std::string_view name, bool is_dir) {
      if (directory.layer == nullptr) return false;
      parts.push_back(name);
      const bool result = directory.layer->Ignores(parts, is_dir);
      parts.pop_back();
      return result;
    };
    std::uint64_t files = 0;
    for (std::size_t i = begin; i < end && !control_.stop; ++i) {
      Entry& entry = directory.entries[i];
      const std::string_view name = directory.Name(entry);
      if (entry.type == DT_DIR) {
        if (!ignored(name, true)) Enter(directory, entry);
        continue;
      }
      if (IsTempName(name)) {
        Leave(directory, name);
        continue;
      }
      const bool file_for_sure = entry.type == DT_REG;
      if (file_for_sure && ignored(name, false)) continue;
      Stat stat;
      if (const int error = StatAt(directory.descriptor.get(), name.data(), true, stat)) {
        const bool vanished = error == ENOENT && entry.type != DT_LNK;
        if (vanished || ignored(name, false)) continue;
        if (error == ENOENT && options_.leftovers != nullptr && IsObjectLink(directory.descriptor.get(), name.data())) {
          Leave(directory, name);
          continue;
        }
        throw SystemFault(error, Named(directory, name));
      }
      if (S_ISDIR(stat.mode)) {
        const bool enter = options_.follow_directories || entry.type != DT_LNK;
        if (enter && !ignored(name, true)) Enter(directory, entry);
      } else if (IsRegular(stat) && (file_for_sure || !ignored(name, false))) {
        entry.stat = stat;
        entry.key = SortKey(name, false);
        entry.kept = true;
        ++files;
      }
    }
    control_.files += files;
    if (--directory.pieces_left == 0) Finish(directory);
  }

  void Leave(const Directory& directory, std::string_view name) {
    if (options_.leftovers == nullptr) return;
    const std::scoped_lock lock(mutex_);
    options_.leftovers->push_back(directory.Inside(name));
  }

  void Enter(Directory& directory, Entry& entry) {
    const std::string_view name = directory.Name(entry);
    entry.key = SortKey(name, true);
    entry.kept = true;
    Directory* below = nullptr;
    {
      const std::scoped_lock lock(mutex_);
      below = &directories_.emplace_back();
    }
    below->path = directory.Inside(name);
    below->parent = &directory;
    entry.directory = below;
    Push({below, 0, 0});
  }

  static void Finish(Directory& directory) {
    directory.descriptor.Close();
    std::erase_if(directory.entries, [](const Entry& entry) { return !entry.kept; });
    std::sort(directory.entries.begin(), directory.entries.end(),
              [&](const Entry& a, const Entry& b) { return SortsBefore(directory, a, b); });
  }

  // Frees what has been collected, so that a large tree is not held twice.
  Table Collect() {
    std::size_t rows = 0;
    std::size_t bytes = 0;
    for (Directory& directory : directories_) {
      directory.entries.shrink_to_fit();
      rows += directory.entries.size();
      bytes += directory.names.size() + directory.entries.size() * (directory.path.size() + 1);
    }
    Table table;
    table.Reserve(rows, bytes);
    std::string path;
    std::vector<std::pair<Directory*, std::size_t>> open{{&directories_.front(), 0}};
    while (!open.empty()) {
      auto& [directory, next] = open.back();
      if (next == directory->entries.size()) {
        directory->entries = std::vector<Entry>();
        directory->names = std::string();
        open.pop_back();
        continue;
      }
      const Entry& entry = directory->entries[next++];
      if (entry.directory != nullptr) {
        open.emplace_back(entry.directory, 0);
        continue;
      }
      path = directory->path;
      if (!path.empty()) path += '/';
      path += directory->Name(entry);
      table.Append(path, entry.stat, nullptr);
    }
    return table;
  }

  const std::string& root_;
  const ScanOptions& options_;
  Control& control_;
  std::vector<std::string_view> under_;
  std::size_t threads_;
  Descriptor top_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Directory> directories_;  // a deque: nodes point to each other
  std::vector<Job> jobs_;
  std::size_t unfinished_ = 0;
  std::size_t idle_ = 0;
  std::exception_ptr fault_;
  std::vector<std::jthread> helpers_;
};

bool IsMetafile(std::string_view name) noexcept {
  return name == "dvc.yaml" || (name.ends_with(".dvc") && name != ".dvc");
}

bool Exists(const std::string& path) noexcept {
  Stat stat;
  return StatAt(AT_FDCWD, path.c_str(), false, stat) == kOk;
}

// The rules of Git around `root`: those of its whole working tree, and where `root` lies in it.
class GitRules {
 public:
  // nullptr where `root` is in no working tree.
  static std::unique_ptr<GitRules> Around(const std::string& root, const std::string& excludes) {
    std::string top = Absolute(root);
    std::string inside;
    while (!Exists(top + "/.git")) {
      const std::size_t slash = top.rfind('/');
      if (slash == std::string::npos) return nullptr;
      inside = top.substr(slash + 1) + (inside.empty() ? "" : "/" + inside);
      top.resize(slash);
    }
    return std::unique_ptr<GitRules>(new GitRules(top, inside, excludes));
  }

  const IgnoreLayer& At(std::span<const std::string_view> directory) { return ignore_.At(Placed(directory)); }
  std::vector<std::string_view> Placed(std::span<const std::string_view> parts) const {
    std::vector<std::string_view> placed = SplitPath(inside_);
    placed.insert(placed.end(), parts.begin(), parts.end());
    return placed;
  }

 private:
  GitRules(const std::string& top, std::string inside, const std::string& excludes)
      : inside_(std::move(inside)), ignore_(top, {".gitignore"}, Excluded(top, excludes), Dialect::kGit) {}

  static std::string Absolute(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
    if (!real) throw SystemFault(errno, path);
    return real.get();
  }

  // The lines of the user's own file, and then of info/exclude, which may take them back.  In a linked working tree .git
  // is a file that names the place.
  static std::vector<std::string> Excluded(const std::string& top, const std::string& excludes) {
    std::string git = top + "/.git";
    if (const auto pointer = ReadFile(git); pointer && pointer->starts_with("gitdir: ")) {
      git = From(top, FirstLine(pointer->substr(8)));
      if (const auto shared = ReadFile(git + "/commondir")) git = From(git, FirstLine(*shared));
    }
    std::vector<std::string> lines;
    if (!excludes.empty()) AddLines(excludes, lines);
    AddLines(git + "/info/exclude", lines);
    return lines;
  }
  static void AddLines(const std::string& file, std::vector<std::string>& lines) {
    const std::string text = ReadFile(file).value_or("");
    for (std::size_t start = 0; start < text.size(); start += lines.back().size() + 1) {
      lines.push_back(text.substr(start, std::min(text.find('\n', start), text.size()) - start));
    }
  }
  static std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }
  static std::string From(const std::string& base, const std::string& path) {
    return path.starts_with('/') ? path : base + "/" + path;
  }

  std::string inside_;
  Ignore ignore_;
};

class MetafileFinder {
 public:
  MetafileFinder(const std::string& root, Ignore& ignore, bool git_ignore, const std::string& git_excludes)
      : root_(root), top_(OpenDirectory(root)), ignore_(ignore) {
    if (git_ignore) git_ = GitRules::Around(root, git_excludes);
  }

  Metafiles Find() {
    Visit("");
    std::sort(found_.files.begin(), found_.files.end());
    return std::move(found_);
  }

 private:
  void Visit(const std::string& path) {
    found_.directories.push_back(path);
    const std::string shown = path.empty() ? root_ : root_ + "/" + path;
    const Descriptor directory = OpenAt(top_.get(), path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY);
    if (!directory && !path.empty() && (errno == ENOENT || errno == EACCES)) return;
    if (!directory) throw SystemFault(errno, shown);
    if (!path.empty() && ::faccessat(directory.get(), ".dvc", F_OK, 0) == 0 && IsDirectory(directory.get(), ".dvc"))
      return;

    std::vector<std::string> below;
    std::vector<std::string> files;
    Stream stream(directory.get(), shown);
    while (const dirent* entry = stream.Next(shown)) {
      const std::string_view name = entry->d_name;
      const bool is_dir =
          entry->d_type == DT_DIR || (entry->d_type == DT_UNKNOWN && IsDirectory(directory.get(), entry->d_name));
      if (is_dir) {
        if (name != ".git" && name != ".hg" && name != ".dvc") below.emplace_back(name);
      } else if (IsMetafile(name) && (entry->d_type == DT_REG || IsFile(directory.get(), entry->d_name))) {
        files.emplace_back(name);
      }
    }
    if (below.empty() && files.empty()) return;

    std::vector<std::string_view> parts = SplitPath(path);
    const IgnoreLayer& rules = ignore_.At(parts);
    const IgnoreLayer* git_rules = git_ ? &git_->At(parts) : nullptr;
    const auto left_out = [&](const std::string& name, bool is_dir) {
      parts.push_back(name);
      const bool result =
          rules.Ignores(parts, is_dir) || (git_rules != nullptr && git_rules->Ignores(git_->Placed(parts), is_dir));
      parts.pop_back();
      return result;
    };
    const auto inside = [&](const std::string& name) { return path.empty() ? name : path + "/" + name; };
    for (const std::string& name : files) {
      if (!left_out(name, false)) found_.files.push_back(inside(name));
    }
    std::erase_if(below, [&](const std::string& name) { return left_out(name, true); });
    for (const std::string& name : below) Visit(inside(name));
  }

  static bool IsDirectory(int in, const char* name) noexcept {
    Stat stat;
    return StatAt(in, name, false, stat) == kOk && S_ISDIR(stat.mode);
  }
  static bool IsFile(int in, const char* name) noexcept {
    Stat stat;
    return StatAt(in, name, true, stat) == kOk && IsRegular(stat);
  }

  const std::string& root_;
  Descriptor top_;
  Ignore& ignore_;
  std::unique_ptr<GitRules> git_;
  Metafiles found_;
};

}  // namespace

Table Scan(const std::string& root, const ScanOptions& options, Control& control) {
  return Scanner(root, options, control).Run();
}

Table StatFiles(const std::string& root, std::span<const std::string> paths, bool follow) {
  const Descriptor top = OpenDirectory(root);
  std::vector<std::string_view> sorted(paths.begin(), paths.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  Table table;
  for (const std::string_view path : sorted) {
    Stat stat;
    const int error = StatAt(top.get(), std::string(path).c_str(), follow, stat);
    if (error == ENOENT || error == ENOTDIR) continue;
    if (error != kOk) throw SystemFault(error, root + "/" + std::string(path));
    if (IsRegular(stat)) table.Append(path, stat, nullptr);
  }
  return table;
}

Metafiles FindMetafiles(const std::string& root, Ignore& ignore, bool git_ignore, const std::string& git_excludes) {
  return MetafileFinder(root, ignore, git_ignore, git_excludes).Find();
}

}  // namespace tiffin
