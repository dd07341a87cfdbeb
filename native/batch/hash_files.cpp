#include <fcntl.h>

#include <cerrno>

#include "batch/batch.h"
#include "batch/reader.h"

namespace tiffin {
namespace {

class HashTask final : public FileTask {
 public:
  HashTask(int root, std::span<const std::string> paths, std::span<Digest> digests, std::span<Stat> stats)
      : root_(root), paths_(paths), digests_(digests), stats_(stats) {}

  Descriptor Open(std::size_t item, int& outcome) override {
    // Not blocking: a pipe is refused later, not waited for.
    Descriptor source = OpenAt(root_, paths_[item].c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!source) outcome = errno;
    return source;
  }

  int TakeSmall(std::size_t item, const Stat& stat, std::span<const std::byte>, const Digest& digest) override {
    digests_[item] = digest;
    stats_[item] = stat;
    return kOk;
  }

  int BeginLarge(std::size_t, const Descriptor&, Stat&, Copy&) override { return kOk; }

  int EndLarge(std::size_t item, const Stat& stat, const Digest& digest, Copy&) override {
    return TakeSmall(item, stat, {}, digest);
  }

 private:
  int root_;
  std::span<const std::string> paths_;
  std::span<Digest> digests_;
  std::span<Stat> stats_;
};

}  // namespace

void HashFiles(int root, std::span<const std::string> paths, std::span<Digest> digests, std::span<Stat> stats,
               std::span<int> outcomes, int threads, Control& control) {
  HashTask task(root, paths, digests, stats);
  ReadFiles(task, stats, outcomes, threads, control);
}

}  // namespace tiffin
