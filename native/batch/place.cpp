#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>
#include <tuple>
#include <vector>

#include "batch/batch.h"
#include "batch/object.h"
#include "batch/parents.h"
#include "batch/reader.h"

namespace tiffin {
namespace {

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

// Whether it is the same file, with the content it had; a link made meanwhile moves its ctime.
bool SameContent(const Stat& before, const Stat& now) {
  return now.size == before.size && now.mtime_ns == before.mtime_ns && now.inode == before.inode &&
         now.device == before.device;
}

struct Job {
  int store;
  std::span<const Digest> digests;
  int root;
  std::span<const std::string> paths;
  std::span<const std::uint8_t> executable;
  std::span<const Link> links;
  std::span<Stat> stats;
  std::span<Stat> objects;
  Control& control;
  bool fresh;
  std::string store_path = {};  // where links hold kSymlink
};

// One thread's share.
class PlaceTask final : public FileTask {
 public:
  explicit PlaceTask(const Job& job) : job_(job), parents_(job.root, true) {}

  Descriptor Open(std::size_t item, int& outcome) override {
    Descriptor source = OpenObject(item);
    if (!source) outcome = errno;
    Stat stat;
    if (!source || !MayLink() || !KnownSound(item, source.get(), stat) || !MayShare(stat)) return source;
    TempFile temp;
    Link link;
    outcome = BeginLink(item, source.get(), temp, link);
    if (outcome == kOk) outcome = EndLink(item, source.get(), stat, link, temp);
    if (outcome == kNoLink) {
      outcome = kOk;
      return source;
    }
    if (outcome == kOk) CountBytes(stat);  // nobody reads them
    return {};
  }

  int TakeSmall(std::size_t item, const Stat& stat, std::span<const std::byte> bytes, const Digest& digest) override {
    if (digest != job_.digests[item]) return kCorrupt;
    TempFile temp;
    Link link;
    if (MayLink() && MayShare(stat)) {
      const Descriptor source = OpenObject(item);
      if (!source) return errno;
      int outcome = BeginLink(item, source.get(), temp, link);
      if (outcome == kOk) outcome = EndLink(item, source.get(), stat, link, temp);
      if (outcome != kNoLink) return outcome;
    }
    if (const int outcome = CreateFile(item, temp); outcome != kOk) return outcome;
    if (const int outcome = WriteAll(temp.get(), bytes); outcome != kOk) return outcome;
    return EndFile(item, temp);
  }

  int BeginLarge(std::size_t item, const Descriptor& source, Stat&, Copy& copy) override {
    Link link = Link::kCopy;
    int outcome = MayLink() ? BeginLink(item, source.get(), copy.temp, link) : kNoLink;
    if (outcome == kNoLink) outcome = CreateFile(item, copy.temp);
    if (outcome != kOk) return outcome;
    copy.content = link == Link::kCopy      ? Copy::Content::kChunks
                   : link == Link::kReflink ? Copy::Content::kClone
                                            : Copy::Content::kLink;
    // Other files come before this one is done, and with them other directories.
    return copy.temp.KeepDirectory();
  }

  int EndLarge(std::size_t item, const Stat& stat, const Digest& digest, Copy& copy) override {
    if (digest != job_.digests[item]) return kCorrupt;
    if (copy.content == Copy::Content::kChunks) return EndFile(item, copy.temp);
    const Descriptor source = OpenObject(item);
    if (!source) return errno;
    const Link link = copy.content == Copy::Content::kClone ? Link::kReflink : Link::kHardlink;
    return EndLink(item, source.get(), stat, link, copy.temp);
  }

  bool KnowsDigests() const override { return true; }

  // Links made meanwhile move the ctime.
  bool Moved(const Stat& before, const Stat& after) const override { return !SameContent(before, after); }

 private:
  static constexpr int kNoLink = -100;  // no outcome: a copy is to be made

  Descriptor OpenObject(std::size_t item) const {
    // Not through a symlink: what it leads to is not ours to link, or to make read-only.
    return OpenAt(job_.store, ObjectPath(job_.digests[item], "").c_str(),
                  O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
  }

  // Whether anything comes before a copy is made.
  bool MayLink() const {
    for (const Link link : job_.links) {
      if (link != Link::kReflink || clones_) return link != Link::kCopy;
    }
    return !job_.links.empty();
  }

  // There is nothing to share in an empty file, and all of them would be names of one inode.
  bool MayShare(const Stat& stat) const { return stat.size > 0 || job_.links[0] == Link::kSymlink; }

  void CountBytes(const Stat& stat) {
    job_.control.bytes.fetch_add(static_cast<std::uint64_t>(stat.size), std::memory_order_relaxed);
  }

  bool KnownSound(std::size_t item, int source, Stat& stat) const {
    if (job_.objects.empty() || job_.objects[item].size < 0) return false;
    return StatOf(source, stat) == kOk && IsRegular(stat) && SameContent(job_.objects[item], stat) &&
           stat.ctime_ns == job_.objects[item].ctime_ns;
  }

  // Begins the first kind of link that works; kNoLink where none does before it is a copy's turn.
  int BeginLink(std::size_t item, int source, TempFile& temp, Link& used) {
    int outcome = kNoLink;
    for (const Link link : job_.links) {
      used = link;
      if (link == Link::kCopy) return kNoLink;
      if (link == Link::kReflink && !clones_) {
        outcome = EOPNOTSUPP;
        continue;
      }
      outcome = link == Link::kReflink ? BeginClone(item, source, temp) : BeginName(item, link, temp);
      if (outcome == kOk) return kOk;
      temp = {};
    }
    return outcome;
  }

  int BeginClone(std::size_t item, int source, TempFile& temp) {
    if (const int outcome = CreateFile(item, temp); outcome != kOk) return outcome;
    const int outcome = Clone(source, temp.get());
    clones_ = outcome == kOk;
    return outcome;
  }

  int BeginName(std::size_t item, Link link, TempFile& temp) {
    int directory;
    if (const int outcome = parents_.Open(job_.paths[item], directory); outcome != kOk) return outcome;
    const ObjectPath object(job_.digests[item], "");
    if (link == Link::kHardlink) return temp.Link(job_.store, object.c_str(), directory, "");
    if (job_.store_path.empty()) return ENOTSUP;
    return temp.Symlink(job_.store_path + '/' + object.c_str(), directory);
  }

  // `verified`: the stat of the object when its content was known.
  int EndLink(std::size_t item, int source, const Stat& verified, Link link, TempFile& temp) {
    Stat object;
    const bool named = link != Link::kReflink;
    const int seen = named ? StatAt(temp.directory(), temp.name(), true, object) : StatOf(source, object);
    if (seen != kOk) return seen;
    if (!SameContent(verified, object)) return kChangedMeanwhile;
    if (!named) {
      if (!job_.objects.empty()) job_.objects[item] = object;
      return EndFile(item, temp);
    }
    // From now on a program may reach the object through the workspace.
    if (const int outcome = Protect(source); outcome != kOk) return outcome;
    const int directory = temp.directory();
    if (const int outcome = Settle(item, temp); outcome != kOk) return outcome;
    if (const int outcome = StatAt(directory, Name(item), true, object); outcome != kOk) return outcome;
    job_.stats[item] = object;
    if (!job_.objects.empty() && SameContent(verified, object)) job_.objects[item] = object;
    return kOk;
  }

  int CreateFile(std::size_t item, TempFile& temp) {
    int directory;
    if (const int outcome = parents_.Open(job_.paths[item], directory); outcome != kOk) return outcome;
    const bool executable = !job_.executable.empty() && job_.executable[item] != 0;
    const unsigned mode = executable ? 0777 : 0666;
    return job_.fresh ? temp.CreateAs(directory, Name(item), mode) : temp.Create(directory, "", mode);
  }

  const char* Name(std::size_t item) const { return LastPart(job_.paths[item]); }

  int Settle(std::size_t item, TempFile& temp) {
    const int directory = temp.directory();
    const int outcome = temp.Rename(Name(item));
    // An empty directory gives way: nothing is lost with it.
    if (outcome != EISDIR || unlinkat(directory, Name(item), AT_REMOVEDIR) != 0) return outcome;
    return temp.Rename(Name(item));
  }

  int EndFile(std::size_t item, TempFile& temp) {
    if (job_.fresh) {
      if (const int outcome = StatOf(temp.get(), job_.stats[item]); outcome != kOk) return outcome;
      const int outcome = temp.Close();
      if (outcome == kOk) temp.Keep();
      return outcome;
    }
    // Closed first: some file systems find out only then that a write has failed.
    if (const int outcome = temp.Close(); outcome != kOk) return outcome;
    const int directory = temp.directory();
    if (const int outcome = Settle(item, temp); outcome != kOk) return outcome;
    return StatAt(directory, Name(item), false, job_.stats[item]);
  }

  const Job& job_;
  Parents parents_;
  bool clones_ = true;  // until it has failed once
};

// A link changes the inode of all that were made before: those of one object end with the latest.
void LevelLinks(const Job& job, std::span<const int> outcomes) {
  std::vector<std::size_t> order;
  for (std::size_t item = 0; item < outcomes.size(); ++item) {
    if (outcomes[item] == kOk) order.push_back(item);
  }
  const auto key = [&](std::size_t item) {
    const Stat& stat = job.stats[item];
    return std::tuple(stat.device, stat.inode, -stat.ctime_ns);
  };
  std::ranges::sort(order, {}, key);
  for (std::size_t i = 1; i < order.size(); ++i) {
    const Stat& latest = job.stats[order[i - 1]];
    Stat& stat = job.stats[order[i]];
    if (stat.inode == latest.inode && stat.device == latest.device) stat = latest;
  }
  if (job.objects.empty()) return;
  for (const std::size_t item : order) {
    if (SameContent(job.objects[item], job.stats[item])) job.objects[item] = job.stats[item];
  }
}

}  // namespace

void PlaceObjects(int store, std::span<const Digest> digests, int root, std::span<const std::string> paths,
                  std::span<const std::uint8_t> executable, std::span<const Link> links, std::span<Stat> stats,
                  std::span<Stat> objects, std::span<int> outcomes, int threads, Control& control, bool fresh) {
  Job job{store, digests, root, paths, executable, links, stats, objects, control, fresh};
  if (std::ranges::find(links, Link::kSymlink) != links.end()) job.store_path = PathOf(store);
  ReadFiles([&] { return std::make_unique<PlaceTask>(job); }, {}, outcomes, threads, control);
  if (std::ranges::find(links, Link::kHardlink) != links.end()) LevelLinks(job, outcomes);
}

}  // namespace tiffin
