#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "batch/batch.h"
#include "batch/flusher.h"
#include "batch/object.h"
#include "batch/parents.h"
#include "batch/reader.h"
#include "files/fault.h"

namespace tiffin {
namespace {

class StoreTask final : public FileTask {
 public:
  StoreTask(int root, std::span<const std::string> paths, int store, std::span<const Link> links,
            std::span<Digest> digests, std::span<Stat> stats, std::span<Stat> objects, Control& control)
      : root_(root),
        paths_(paths),
        store_(store),
        hardlink_(!links.empty() && links[0] == Link::kHardlink),
        reflink_(std::ranges::find(links, Link::kReflink) != links.end()),
        digests_(digests),
        stats_(stats),
        objects_(objects),
        control_(control) {}

  Descriptor Open(std::size_t item, int& outcome) override {
    // Not blocking: a pipe is refused later, not waited for.
    Descriptor source = OpenAt(root_, paths_[item].c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!source) outcome = errno;
    return source;
  }

  int TakeSmall(std::size_t item, const Stat& stat, std::span<const std::byte> bytes, const Digest& digest) override {
    const ObjectPath path(digest, "");
    if (Trusted(store_, path, stat.size)) return Known(item, stat, digest);
    TempFile temp;
    if (stat.size > 0 && hardlink_ && MakePrefix(store_, path) == kOk && LinkSource(item, path.prefix(), stat, temp)) {
      return FinishLink(item, path, stat, digest, temp);
    }
    if (const int outcome = CreateBeside(store_, path, temp); outcome != kOk) return outcome;
    if (const int outcome = WriteAll(temp.get(), bytes); outcome != kOk) return outcome;
    return Finish(item, path, stat, digest, temp);
  }

  int BeginLarge(std::size_t item, const Descriptor& source, Stat& stat, Copy& copy) override {
    // In the store itself: which directory of it is known at the end.
    if (hardlink_ && LinkSource(item, "", stat, copy.temp)) {
      copy.content = Copy::Content::kLink;
      return StatOf(source.get(), stat);  // one more link is a change
    }
    if (const int outcome = copy.temp.Create(store_, "", kObjectMode); outcome != kOk) return outcome;
    const bool cloned = reflink_ && Clone(source.get(), copy.temp.get()) == kOk;
    copy.content = cloned ? Copy::Content::kClone : Copy::Content::kChunks;
    return kOk;
  }

  int EndLarge(std::size_t item, const Stat& stat, const Digest& digest, Copy& copy) override {
    const ObjectPath path(digest, "");
    if (Trusted(store_, path, stat.size)) return Known(item, stat, digest);
    if (copy.content == Copy::Content::kLink) return FinishLink(item, path, stat, digest, copy.temp);
    return Finish(item, path, stat, digest, copy.temp);
  }

 private:
  // Links the file that was opened to a temporary name.  False where it cannot be, where the path leads over a
  // symlink: what that points to is not ours to make read-only, or where the file has other names: one of them may be
  // an older object, which somebody wrote to through the workspace, and must not look sound again.
  bool LinkSource(std::size_t item, const std::string& prefix, const Stat& stat, TempFile& temp) {
    // Asked before linking: a link that is taken back moves the file's ctime, which would look like a change.
    if (stat.links > 1) return false;
    const std::string& path = paths_[item];
    Parents parents(root_, false);
    int directory;
    if (parents.Open(path, directory) != kOk) return false;
    if (temp.Link(directory, LastPart(path), store_, prefix) != kOk) return false;
    Stat linked;
    if (StatAt(store_, temp.name(), false, linked) == kOk && linked.inode == stat.inode && linked.links == 2)
      return true;
    temp = {};  // a symlink, another file by now, or one with more names
    return false;
  }

  int FinishLink(std::size_t item, const ObjectPath& path, const Stat& hashed, const Digest& digest, TempFile& temp) {
    const Descriptor file = OpenAt(store_, temp.name(), O_RDONLY | O_NOFOLLOW);
    if (!file) return errno;
    if (const int outcome = Protect(file.get()); outcome != kOk) return outcome;
    Stat now;
    if (const int outcome = StatOf(file.get(), now); outcome != kOk) return outcome;
    // Read-only from here on, so what the times say now holds.
    if (now.size != hashed.size || now.mtime_ns != hashed.mtime_ns) return kChangedMeanwhile;
    bool created = false;
    if (const int outcome = Publish(store_, path, now.size, temp, created); outcome != kOk) return outcome;
    if (const int outcome = StatOf(file.get(), now); outcome != kOk) return outcome;
    return Stored(item, path, now, digest, created);
  }

  int Finish(std::size_t item, const ObjectPath& path, const Stat& stat, const Digest& digest, TempFile& temp) {
    if (const int outcome = Protect(temp.get()); outcome != kOk) return outcome;
    if (const int outcome = temp.Close(); outcome != kOk) return outcome;
    bool created = false;
    if (const int outcome = Publish(store_, path, stat.size, temp, created); outcome != kOk) return outcome;
    return Stored(item, path, stat, digest, created);
  }

  int Known(std::size_t item, const Stat& stat, const Digest& digest) {
    digests_[item] = digest;
    stats_[item] = stat;
    return kOk;
  }

  int Stored(std::size_t item, const ObjectPath& path, const Stat& stat, const Digest& digest, bool created) {
    if (created) CountNewObject(control_, stat.size);
    if (created && !objects_.empty()) {
      if (const int outcome = StatAt(store_, path.c_str(), false, objects_[item]); outcome != kOk) return outcome;
    }
    return Known(item, stat, digest);
  }

  int root_;
  std::span<const std::string> paths_;
  int store_;
  bool hardlink_;
  bool reflink_;
  std::span<Digest> digests_;
  std::span<Stat> stats_;
  std::span<Stat> objects_;
  Control& control_;
};

}  // namespace

void StoreFiles(int root, std::span<const std::string> paths, int store, std::span<const Link> links,
                std::span<Digest> digests, std::span<Stat> stats, std::span<Stat> objects, std::span<int> outcomes,
                int threads, Control& control) {
  std::ranges::fill(objects, Stat{});
  StoreTask task(root, paths, store, links, digests, stats, objects, control);
  Flusher flusher(store);
  ReadFiles(task, stats, outcomes, threads, control);
  if (const int error = flusher.Stop(); error != kOk) throw SystemFault(error, "the object store");
}

}  // namespace tiffin
