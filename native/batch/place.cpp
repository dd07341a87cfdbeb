#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "batch/batch.h"
#include "batch/object.h"
#include "batch/parents.h"
#include "batch/threads.h"

namespace tiffin {
namespace {

constexpr std::size_t kBuffer = 256 * 1024;
constexpr std::size_t kLargestBlock = 64;
constexpr unsigned kWriteBits = 0222;

// Where the directory is, as a symlink must say it.  "" if it cannot be found out.
std::string PathOf(int directory) {
  char path[PATH_MAX];
#if defined(__APPLE__)
  return fcntl(directory, F_GETPATH, path) == 0 ? path : "";
#else
  const std::string link = "/proc/self/fd/" + std::to_string(directory);
  const ssize_t size = readlink(link.c_str(), path, sizeof path);
  return size > 0 && static_cast<std::size_t>(size) < sizeof path ? std::string(path, static_cast<std::size_t>(size))
                                                                  : "";
#endif
}

struct Work {
  int store;
  std::span<const Digest> digests;
  int root;
  std::span<const std::string> paths;
  std::span<const std::uint8_t> executable;
  std::span<const Link> links;
  std::span<Stat> stats;
  std::span<int> outcomes;
  Control& control;
  std::string store_path = {};  // where links hold kSymlink
  std::size_t block = 1;
  std::atomic<std::size_t> next{0};
};

// One thread's share.
class Placer {
 public:
  explicit Placer(Work& work)
      : work_(work), parents_(work.root, true), buffer_(std::make_unique_for_overwrite<std::byte[]>(kBuffer)) {}

  void Run() {
    for (;;) {
      const std::size_t begin = work_.next.fetch_add(work_.block, std::memory_order_relaxed);
      if (begin >= work_.paths.size()) return;
      const std::size_t end = std::min(begin + work_.block, work_.paths.size());
      for (std::size_t item = begin; item < end; ++item) {
        if (Stopped()) return;
        const int outcome = Place(item);
        if (outcome == kStopped) return;
        work_.outcomes[item] = outcome;
        work_.control.files.fetch_add(1, std::memory_order_relaxed);
      }
    }
  }

 private:
  bool Stopped() const { return work_.control.stop.load(std::memory_order_relaxed); }

  int Place(std::size_t item) {
    const ObjectPath object(work_.digests[item], "");
    const Descriptor source = OpenAt(work_.store, object.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!source) return errno;
    Stat stat;
    if (const int outcome = StatOf(source.get(), stat); outcome != kOk) return outcome;
    if (!IsRegular(stat)) return EINVAL;
    if ((stat.mode & kWriteBits) != 0) {
      if (const int outcome = Check(item, source, stat); outcome != kOk) return outcome;
    }
    int directory;
    if (const int outcome = parents_.Open(work_.paths[item], directory); outcome != kOk) return outcome;
    const char* name = LastPart(work_.paths[item]);

    int outcome = kOk;
    if (work_.links.empty()) return PlaceCopy(item, source, stat, directory, name);
    for (const Link link : work_.links) {
      // There is nothing to share in an empty file, and all of them would be names of one inode.
      if (stat.size == 0 && link != Link::kSymlink) return PlaceCopy(item, source, stat, directory, name);
      switch (link) {
        case Link::kReflink:
          outcome = clones_ ? PlaceClone(item, source, directory, name) : EOPNOTSUPP;
          clones_ = outcome == kOk;
          break;
        case Link::kCopy:
          return PlaceCopy(item, source, stat, directory, name);
        default:
          outcome = PlaceLink(item, link, object, source, directory, name);
      }
      if (outcome == kOk) {
        work_.control.bytes.fetch_add(static_cast<std::uint64_t>(stat.size), std::memory_order_relaxed);
        return kOk;
      }
    }
    return outcome;
  }

  // Whether an object that may have been written to still has its content.
  int Check(std::size_t item, const Descriptor& source, const Stat& stat) {
    Md5 md5;
    std::uint64_t offset = 0;
    for (std::size_t got = 1; got > 0; offset += got) {
      if (Stopped()) return kStopped;
      if (const int outcome = ReadAt(source.get(), Buffer(), offset, got); outcome != kOk) return outcome;
      md5.Update(Buffer().first(got));
    }
    return offset == static_cast<std::uint64_t>(stat.size) && md5.Finish() == work_.digests[item] ? kOk : kCorrupt;
  }

  int PlaceLink(std::size_t item, Link link, const ObjectPath& object, const Descriptor& source, int directory,
                const char* name) {
    if (link == Link::kSymlink && work_.store_path.empty()) return ENOTSUP;
    // From now on a program may reach the object through the workspace.
    if (const int outcome = Protect(source.get()); outcome != kOk) return outcome;
    TempFile temp;
    const int made = link == Link::kHardlink ? temp.Link(work_.store, object.c_str(), directory, "")
                                             : temp.Symlink(work_.store_path + '/' + object.c_str(), directory);
    if (made != kOk) return made;
    if (const int outcome = Settle(temp, directory, name); outcome != kOk) return outcome;
    return StatAt(directory, name, true, work_.stats[item]);
  }

  int PlaceClone(std::size_t item, const Descriptor& source, int directory, const char* name) {
    TempFile temp;
    if (const int outcome = CreateFile(item, directory, temp); outcome != kOk) return outcome;
    if (const int outcome = Clone(source.get(), temp.get()); outcome != kOk) return outcome;
    return EndFile(item, directory, name, temp);
  }

  int PlaceCopy(std::size_t item, const Descriptor& source, const Stat& stat, int directory, const char* name) {
    TempFile temp;
    if (const int outcome = CreateFile(item, directory, temp); outcome != kOk) return outcome;
    if (const int outcome = CopyBytes(source, stat, temp); outcome != kOk) return outcome;
    return EndFile(item, directory, name, temp);
  }

  int CreateFile(std::size_t item, int directory, TempFile& temp) {
    const bool executable = !work_.executable.empty() && work_.executable[item] != 0;
    return temp.Create(directory, "", executable ? 0777 : 0666);
  }

  static int Settle(TempFile& temp, int directory, const char* name) {
    const int outcome = temp.Rename(name);
    // An empty directory gives way: nothing is lost with it.
    if (outcome != EISDIR || unlinkat(directory, name, AT_REMOVEDIR) != 0) return outcome;
    return temp.Rename(name);
  }

  int EndFile(std::size_t item, int directory, const char* name, TempFile& temp) {
    if (const int outcome = Settle(temp, directory, name); outcome != kOk) return outcome;
    Stat placed;
    if (const int outcome = StatOf(temp.get(), placed); outcome != kOk) return outcome;
    if (const int outcome = temp.Close(); outcome != kOk) return outcome;
    work_.stats[item] = placed;
    return kOk;
  }

  int CopyBytes(const Descriptor& source, const Stat& stat, const TempFile& temp) {
    const auto size = static_cast<std::uint64_t>(stat.size);
    for (std::uint64_t offset = 0; offset < size;) {
      if (Stopped()) return kStopped;
      std::size_t got;
      const std::span<std::byte> part = Buffer().first(std::min<std::uint64_t>(kBuffer, size - offset));
      if (const int outcome = ReadAt(source.get(), part, offset, got); outcome != kOk) return outcome;
      if (got < part.size()) return kCorrupt;  // it shrank under our hands
      if (const int outcome = WriteAll(temp.get(), part); outcome != kOk) return outcome;
      offset += got;
      work_.control.bytes.fetch_add(got, std::memory_order_relaxed);
    }
    return kOk;
  }

  std::span<std::byte> Buffer() const { return {buffer_.get(), kBuffer}; }

  Work& work_;
  Parents parents_;
  std::unique_ptr<std::byte[]> buffer_;
  bool clones_ = true;  // until it has failed once
};

// A link changes the inode of all that were made before: those of one object end with the latest.
void LevelLinks(Work& work) {
  std::vector<std::size_t> order;
  for (std::size_t item = 0; item < work.outcomes.size(); ++item) {
    if (work.outcomes[item] == kOk) order.push_back(item);
  }
  const auto key = [&](std::size_t item) {
    const Stat& stat = work.stats[item];
    return std::tuple(stat.device, stat.inode, -stat.ctime_ns);
  };
  std::ranges::sort(order, {}, key);
  for (std::size_t i = 1; i < order.size(); ++i) {
    const Stat& latest = work.stats[order[i - 1]];
    Stat& stat = work.stats[order[i]];
    if (stat.inode == latest.inode && stat.device == latest.device) stat = latest;
  }
}

}  // namespace

void PlaceObjects(int store, std::span<const Digest> digests, int root, std::span<const std::string> paths,
                  std::span<const std::uint8_t> executable, std::span<const Link> links, std::span<Stat> stats,
                  std::span<int> outcomes, int threads, Control& control) {
  std::ranges::fill(outcomes, kStopped);
  const int workers = WorkerCount(threads, paths.size());
  Work work{store, digests, root, paths, executable, links, stats, outcomes, control};
  if (std::ranges::find(links, Link::kSymlink) != links.end()) work.store_path = PathOf(store);
  work.block = std::clamp<std::size_t>(paths.size() / (8 * static_cast<std::size_t>(workers)), 1, kLargestBlock);
  OnWorkers(workers, [&](int) { Placer(work).Run(); });
  if (std::ranges::find(links, Link::kHardlink) != links.end()) LevelLinks(work);
}

}  // namespace tiffin
