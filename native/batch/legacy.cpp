#include "batch/legacy.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "batch/each.h"
#include "batch/object.h"
#include "batch/parents.h"
#include "hash/legacy.h"

namespace tiffin {
namespace {

// What one thread works with.
class Worker {
 public:
  explicit Worker(Control& control) : control_(control), buffer_(new std::byte[kLegacyPiece]) {}

  // Hashes a file, and writes what it reads to `copy` unless that is below 0.  kChangedMeanwhile if it changed.
  int Read(const Descriptor& source, int copy, Digest& digest, Stat& stat) {
    Stat before;
    if (const int outcome = StatOf(source.get(), before); outcome != kOk) return outcome;
    if (!IsRegular(before)) return EINVAL;
    Md5 md5;
    std::uint64_t offset = 0;
    for (std::size_t got = kLegacyPiece; got == kLegacyPiece; offset += got) {
      if (control_.stop.load(std::memory_order_relaxed)) return kStopped;
      if (const int outcome = ReadAt(source.get(), {buffer_.get(), kLegacyPiece}, offset, got); outcome != kOk)
        return outcome;
      const std::span<const std::byte> piece{buffer_.get(), got};
      UpdateLegacy(md5, piece);
      if (copy >= 0) {
        if (const int outcome = WriteAll(copy, piece); outcome != kOk) return outcome;
      }
      control_.bytes.fetch_add(got, std::memory_order_relaxed);
    }
    if (const int outcome = StatOf(source.get(), stat); outcome != kOk) return outcome;
    // Not the ctime: another thread may be linking the same object.
    const bool same = before.size == stat.size && before.mtime_ns == stat.mtime_ns;
    if (!same || offset != static_cast<std::uint64_t>(stat.size)) return kChangedMeanwhile;
    digest = md5.Finish();
    return kOk;
  }

  // Copies a file into a store under `digest`; `mismatch` where its bytes have another.
  int Copy(const Descriptor& source, int store, const Digest& digest, int mismatch) {
    const ObjectPath path(digest, "");
    TempFile temp;
    if (const int outcome = CreateBeside(store, path, temp); outcome != kOk) return outcome;
    Digest found;
    Stat stat;
    if (const int outcome = Read(source, temp.get(), found, stat); outcome != kOk) return outcome;
    if (found != digest) return mismatch;
    if (const int outcome = Protect(temp.get()); outcome != kOk) return outcome;
    if (const int outcome = temp.Close(); outcome != kOk) return outcome;
    bool created = false;
    if (const int outcome = Publish(store, path, stat.size, temp, created); outcome != kOk) return outcome;
    if (created) CountNewObject(control_, stat.size);
    return kOk;
  }

 private:
  Control& control_;
  std::unique_ptr<std::byte[]> buffer_;
};

Descriptor OpenFile(int directory, const char* path) {
  // Not blocking: a pipe is refused later, not waited for.
  return OpenAt(directory, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

// Puts objects of one store into one workspace.  Thread-compatible.
class Placer {
 public:
  Placer(int store, int root, std::span<const Link> links, Control& control)
      : store_(store), links_(links), worker_(control), parents_(root, true) {}

  int Place(const Digest& digest, const std::string& path, bool executable, Stat& stat) {
    const ObjectPath object(digest, "");
    const Descriptor source = OpenFile(store_, object.c_str());
    if (!source) return errno;
    int directory;
    if (const int outcome = parents_.Open(path, directory); outcome != kOk) return outcome;
    const char* name = LastPart(path);
    Digest found;
    Stat before;
    if (const int outcome = StatOf(source.get(), before); outcome != kOk) return outcome;
    for (const Link link : links_) {
      if (link == Link::kCopy || (before.size == 0 && link != Link::kSymlink)) break;
      TempFile temp;
      if (Begin(link, object, source, directory, executable, temp) != kOk) continue;
      if (const int outcome = worker_.Read(source, -1, found, before); outcome != kOk) return outcome;
      if (found != digest) return kCorrupt;
      if (link != Link::kReflink) {
        // From now on a program may reach the object through the workspace.
        if (const int outcome = Protect(source.get()); outcome != kOk) return outcome;
      }
      return End(temp, directory, name, stat);
    }
    TempFile temp;
    if (const int outcome = temp.Create(directory, "", executable ? 0777 : 0666); outcome != kOk) return outcome;
    if (const int outcome = worker_.Read(source, temp.get(), found, before); outcome != kOk) return outcome;
    if (found != digest) return kCorrupt;
    return End(temp, directory, name, stat);
  }

 private:
  int Begin(Link link, const ObjectPath& object, const Descriptor& source, int directory, bool executable,
            TempFile& temp) {
    if (link == Link::kHardlink) return temp.Link(store_, object.c_str(), directory, "");
    if (link == Link::kSymlink) {
      const std::string store = PathOf(store_);
      return store.empty() ? ENOTSUP : temp.Symlink(store + '/' + object.c_str(), directory);
    }
    if (const int outcome = temp.Create(directory, "", executable ? 0777 : 0666); outcome != kOk) return outcome;
    return Clone(source.get(), temp.get());
  }

  static std::string PathOf(int directory) {
    char path[4096];
    const std::string link = "/proc/self/fd/" + std::to_string(directory);
    const ssize_t size = readlink(link.c_str(), path, sizeof path);
    return size > 0 && size < static_cast<ssize_t>(sizeof path) ? std::string(path, static_cast<std::size_t>(size)) : "";
  }

  static int End(TempFile& temp, int directory, const char* name, Stat& stat) {
    int outcome = temp.Rename(name);
    // An empty directory gives way: nothing is lost with it.
    if (outcome == EISDIR && unlinkat(directory, name, AT_REMOVEDIR) == 0) outcome = temp.Rename(name);
    if (outcome != kOk) return outcome;
    if (const int closed = temp.Close(); closed != kOk) return closed;
    return StatAt(directory, name, true, stat);
  }

  int store_;
  std::span<const Link> links_;
  Worker worker_;
  Parents parents_;
};

}  // namespace

void HashLegacy(int root, std::span<const std::string> paths, std::span<Digest> digests, std::span<Stat> stats,
                std::span<int> outcomes, int threads, Control& control) {
  ForEach(outcomes, threads, control, [&]() -> Each {
    return [&, worker = std::make_shared<Worker>(control)](std::size_t item) {
      const Descriptor source = OpenFile(root, paths[item].c_str());
      if (!source) return errno;
      const int outcome = worker->Read(source, -1, digests[item], stats[item]);
      return outcome == kChangedMeanwhile ? worker->Read(source, -1, digests[item], stats[item]) : outcome;
    };
  });
}

void StoreLegacy(int root, std::span<const std::string> paths, int store, std::span<const Digest> digests,
                 std::span<int> outcomes, int threads, Control& control) {
  ForEach(outcomes, threads, control, [&]() -> Each {
    return [&, worker = std::make_shared<Worker>(control)](std::size_t item) {
      const Descriptor source = OpenFile(root, paths[item].c_str());
      return source ? worker->Copy(source, store, digests[item], kChangedMeanwhile) : errno;
    };
  });
}

void PlaceLegacy(int store, std::span<const Digest> digests, int root, std::span<const std::string> paths,
                 std::span<const std::uint8_t> executable, std::span<const Link> links, std::span<Stat> stats,
                 std::span<int> outcomes, int threads, Control& control) {
  ForEach(outcomes, threads, control, [&]() -> Each {
    return [&, placer = std::make_shared<Placer>(store, root, links, control)](std::size_t item) {
      return placer->Place(digests[item], paths[item], executable[item] != 0, stats[item]);
    };
  });
}

void TransferLegacy(int from, int to, std::span<const Digest> digests, std::span<int> outcomes, int threads,
                    Control& control) {
  ForEach(outcomes, threads, control, [&]() -> Each {
    return [&, worker = std::make_shared<Worker>(control)](std::size_t item) {
      const Descriptor source = OpenFile(from, ObjectPath(digests[item], "").c_str());
      return source ? worker->Copy(source, to, digests[item], kCorrupt) : errno;
    };
  });
}

}  // namespace tiffin
