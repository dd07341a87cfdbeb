#include "batch/copies.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "batch/each.h"
#include "batch/parents.h"
#include "batch/posix.h"

namespace tiffin {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 18;

// What one thread copies with.
class Copier {
 public:
  explicit Copier(Control& control) : control_(control), buffer_(new std::byte[kPiece]) {}

  // Opens a file that is to be copied.
  int Open(int directory, const char* path, Descriptor& source, Stat& stat) const {
    // Not blocking: a pipe is refused, not waited for.
    source = OpenAt(directory, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!source) return errno;
    if (const int outcome = StatOf(source.get(), stat); outcome != kOk) return outcome;
    return IsRegular(stat) ? kOk : EINVAL;
  }

  // Fills the new file `target` with what is in `source`, whose stat was `before`.
  int Fill(const Descriptor& source, const Stat& before, int target) {
    if (before.size > 0 && clones_) {
      clones_ = Clone(source.get(), target) == kOk;
      if (clones_) return kOk;
    }
    Stat stat = before;
    int outcome = Write(source, stat, target);
    if (outcome != kChangedMeanwhile) return outcome;
    if (ftruncate(target, 0) != 0 || lseek(target, 0, SEEK_SET) != 0) return errno;
    return Write(source, stat, target);
  }

 private:
  // `stat`: as it was before, and then as it is afterwards.
  int Write(const Descriptor& source, Stat& stat, int target) {
    std::uint64_t offset = 0;
    for (std::size_t got = kPiece; got == kPiece; offset += got) {
      if (control_.stop.load(std::memory_order_relaxed)) return kStopped;
      if (const int outcome = ReadAt(source.get(), {buffer_.get(), kPiece}, offset, got); outcome != kOk)
        return outcome;
      if (const int outcome = WriteAll(target, {buffer_.get(), got}); outcome != kOk) return outcome;
      control_.bytes.fetch_add(got, std::memory_order_relaxed);
    }
    const Stat before = stat;
    if (const int outcome = StatOf(source.get(), stat); outcome != kOk) return outcome;
    return Unchanged(before, stat) && offset == static_cast<std::uint64_t>(stat.size) ? kOk : kChangedMeanwhile;
  }

  Control& control_;
  std::unique_ptr<std::byte[]> buffer_;
  bool clones_ = true;  // until it has failed once
};

// One thread's share of CopyFiles.
class Carrier {
 public:
  Carrier(int from, int to, Control& control) : from_(from), copier_(control), parents_(to, true) {}

  int Copy(const std::string& path) {
    Descriptor source;
    Stat stat;
    if (const int outcome = copier_.Open(from_, path.c_str(), source, stat); outcome != kOk) return outcome;
    int directory;
    if (const int outcome = parents_.Open(path, directory); outcome != kOk) return outcome;
    const char* name = LastPart(path);
    Descriptor target = OpenAt(directory, name, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (!target) return errno;
    int outcome = copier_.Fill(source, stat, target.get());
    if (const int closed = target.Close(); outcome == kOk) outcome = closed;
    if (outcome != kOk) unlinkat(directory, name, 0);
    return outcome;
  }

 private:
  int from_;
  Copier copier_;
  Parents parents_;
};

unsigned WithRight(unsigned mode, Right right) {
  if (right == Right::kWrite) return mode | S_IWUSR;
  return right == Right::kExecute ? mode | (mode & 0444) >> 2 : mode & ~0111U;
}

// Makes the copy that is to take a link's place; none (`copy` stays empty) where the file is no link.
int BeginCopy(int root, const std::string& path, Right right, Copier& copier, TempFile& copy) {
  Stat stat;
  if (const int outcome = StatAt(root, path.c_str(), false, stat); outcome != kOk) return outcome;
  if (IsRegular(stat) && stat.links <= 1) return kOk;
  Descriptor source;
  if (const int outcome = copier.Open(root, path.c_str(), source, stat); outcome != kOk) return outcome;
  const std::string folder = path.substr(0, static_cast<std::size_t>(LastPart(path) - path.c_str()));
  if (const int outcome = copy.Create(root, folder, 0666); outcome != kOk) return outcome;
  if (const int outcome = copier.Fill(source, stat, copy.get()); outcome != kOk) return outcome;
  Stat made;
  if (const int outcome = StatOf(copy.get(), made); outcome != kOk) return outcome;
  const unsigned mode = WithRight(made.mode | (stat.mode & S_IXUSR), right);
  if (mode != made.mode && fchmod(copy.get(), mode & 07777) != 0) return errno;
  return copy.Close();
}

int GiveRight(int root, const std::string& path, Right right) {
  Stat stat;
  if (const int outcome = StatAt(root, path.c_str(), false, stat); outcome != kOk) return outcome;
  const unsigned mode = WithRight(stat.mode, right);
  if (mode == stat.mode) return kOk;
  return fchmodat(root, path.c_str(), mode & 07777, 0) == 0 ? kOk : errno;
}

int SyncFileSystemOf(int directory) {
#ifdef __linux__
  return ::syncfs(directory) == 0 ? kOk : errno;
#else
  ::sync();
  return kOk;
#endif
}

}  // namespace

void CopyFiles(int from, std::span<const std::string> paths, int to, std::span<int> outcomes, int threads,
               Control& control) {
  ForEach(outcomes, threads, control, [&]() -> Each {
    return [&, carrier = std::make_shared<Carrier>(from, to, control)](std::size_t item) {
      return carrier->Copy(paths[item]);
    };
  });
}

void OwnFiles(int root, std::span<const std::string> paths, Right right, std::span<int> outcomes, int threads,
              Control& control) {
  std::vector<TempFile> copies(paths.size());
  ForEach(outcomes, threads, control, [&]() -> Each {
    return [&, copier = std::make_shared<Copier>(control)](std::size_t item) {
      return BeginCopy(root, paths[item], right, *copier, copies[item]);
    };
  });
  if (std::ranges::any_of(outcomes, [](int outcome) { return outcome != kOk; })) return;
  if (std::ranges::any_of(copies, [](const TempFile& copy) { return static_cast<bool>(copy); })) {
    if (const int outcome = SyncFileSystemOf(root); outcome != kOk) {
      std::ranges::fill(outcomes, outcome);
      return;
    }
  }
  // Short work, and half of it done is worse than none: from here on nothing stops it.
  for (std::size_t item = 0; item < copies.size(); ++item) {
    outcomes[item] = copies[item] ? copies[item].Rename(paths[item].c_str()) : GiveRight(root, paths[item], right);
  }
}

}  // namespace tiffin
