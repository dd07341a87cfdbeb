#include "batch/reader.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include "batch/ahead.h"
#include "batch/threads.h"

namespace tiffin {
namespace {

constexpr std::size_t kGroupFiles = 128;
constexpr std::size_t kGroupBytes = 2 * 1024 * 1024;
constexpr std::size_t kChunk = 64 * 1024;  // of each large file in a round
constexpr std::size_t kMostStreams = 16;
constexpr std::size_t kMostOpenStreams = 256;      // over all workers: a process often may open only 1024 files
constexpr std::uint64_t kReadAheadFrom = 4 << 20;  // of a file that is worth another thread: bytes left
constexpr std::size_t kLargestBlock = 64;
constexpr int kReadings = 2;
constexpr std::size_t kMostPadding = (md5::kPadding + 63) / 64 * 64;

using Buffer = std::unique_ptr<std::byte[]>;

Buffer NewBuffer(std::size_t size) { return std::make_unique_for_overwrite<std::byte[]>(size); }

// One thread's share of the work.
class Worker {
 public:
  Worker(FileTask& task, Backlog& backlog, std::span<int> outcomes, Control& control)
      : task_(task), backlog_(backlog), outcomes_(outcomes), control_(control) {
    streams_.reserve(backlog.Streams());
    runs_.reserve(std::max(backlog.Streams(), kGroupFiles));
  }

  void Work() {
    std::size_t item;
    for (;;) {
      while (streams_.size() < backlog_.Streams() && !Stopped() && backlog_.Next(block_, item)) Begin(item);
      if (Stopped()) return;
      if (streams_.empty()) break;
      Round();
    }
    Flush();
    backlog_.GiveThread();
  }

 private:
  struct Small {
    std::size_t item;
    Stat stat;
    std::span<const std::byte> bytes;
  };

  struct Stream {
    std::size_t item;
    Descriptor source;
    Stat stat;
    Copy copy;
    Buffer buffer;
    std::uint64_t offset = 0;
    int reading = 1;
    md5::Run run;
    std::unique_ptr<ReadAhead> ahead;  // the last: its thread uses what is above

    bool AtEnd() const { return offset == static_cast<std::uint64_t>(stat.size); }
    // What is read, and what it is written to or -1.
    int From() const { return copy.content == Copy::Content::kClone ? copy.temp.get() : source.get(); }
    int To() const { return copy.temp && copy.content == Copy::Content::kChunks ? copy.temp.get() : -1; }
  };

  bool Stopped() const { return control_.stop.load(std::memory_order_relaxed); }

  void Done(std::size_t item, int outcome) {
    outcomes_[item] = outcome;
    control_.files.fetch_add(1, std::memory_order_relaxed);
  }

  void CountBytes(std::size_t bytes) { control_.bytes.fetch_add(bytes, std::memory_order_relaxed); }

  void Begin(std::size_t item) {
    int outcome = kOk;
    Descriptor source = task_.Open(item, outcome);
    if (!source) return Done(item, outcome);
    Stat stat;
    if (outcome = StatOf(source.get(), stat); outcome != kOk) return Done(item, outcome);
    if (!IsRegular(stat)) return Done(item, S_ISDIR(stat.mode) ? EISDIR : EINVAL);
    if (stat.size > kSmallFile) return BeginStream(item, std::move(source), stat);
    ReadSmall(item, std::move(source), stat);
  }

  // ---- small files

  void ReadSmall(std::size_t item, Descriptor source, Stat stat) {
    for (int reading = 1; reading <= kReadings; ++reading) {
      const auto size = static_cast<std::size_t>(stat.size);
      const std::span<std::byte> bytes = Room(size);
      std::size_t got;
      int outcome = ReadAt(source.get(), bytes.first(size), 0, got);
      Stat after = stat;
      const bool whole = outcome == kOk && got == size;
      if (outcome == kOk && !(whole && task_.KnowsDigests())) outcome = StatOf(source.get(), after);
      if (outcome != kOk) return Done(item, outcome);
      if (whole && !task_.Moved(stat, after)) return Gather({item, stat, bytes.first(size)}, bytes.data());
      stat = after;
      if (stat.size > kSmallFile) return BeginStream(item, std::move(source), stat);
    }
    Done(item, kChangedMeanwhile);
  }

  // Room for a file and its padding, in the memory of the group, which is emptied first if it is full.
  std::span<std::byte> Room(std::size_t size) {
    const std::size_t whole = size + kMostPadding;
    if (small_count_ == kGroupFiles || group_used_ + whole > kGroupBytes) Flush();
    if (group_ == nullptr) group_ = NewBuffer(kGroupBytes);
    return {group_.get() + group_used_, whole};
  }

  void Gather(const Small& file, std::byte* bytes) {
    const std::size_t size = file.bytes.size();
    const std::size_t whole_blocks = size / md5::kBlockBytes * md5::kBlockBytes;
    const std::size_t last = md5::Pad(bytes + whole_blocks, size - whole_blocks, size);
    small_[small_count_++] = file;
    runs_.push_back({.data = bytes, .blocks = whole_blocks / md5::kBlockBytes + last});
    group_used_ += whole_blocks + last * md5::kBlockBytes;
    CountBytes(size);
  }

  void Flush() {
    md5::Advance(runs_);
    for (std::size_t i = 0; i < small_count_ && !Stopped(); ++i) {
      const Small& file = small_[i];
      Done(file.item, task_.TakeSmall(file.item, file.stat, file.bytes, md5::DigestOf(runs_[i])));
    }
    runs_.clear();
    small_count_ = 0;
    group_used_ = 0;
  }

  // ---- large files

  void BeginStream(std::size_t item, Descriptor source, const Stat& stat) {
    Stream stream{
        .item = item, .source = std::move(source), .stat = stat, .copy = {}, .buffer = {}, .run = {}, .ahead = {}};
    const int outcome = task_.BeginLarge(item, stream.source, stream.stat, stream.copy);
    if (outcome != kOk) return Done(item, outcome);
    if (spare_.empty()) {
      stream.buffer = NewBuffer(kChunk + kMostPadding);
    } else {
      stream.buffer = std::move(spare_.back());
      spare_.pop_back();
    }
    streams_.push_back(std::move(stream));
  }

  // Takes every large file one chunk further.
  void Round() {
    if (streams_.size() == 1) LookAhead(streams_[0]);
    for (std::size_t i = 0; i < streams_.size();) {
      const int outcome = ReadChunk(streams_[i]);
      if (outcome == kOk) {
        ++i;
      } else {
        EndStream(i, outcome);
      }
    }
    std::vector<md5::Run>& runs = stream_runs_;
    runs.clear();
    for (const Stream& stream : streams_) runs.push_back(stream.run);
    md5::Advance(runs);
    for (std::size_t i = 0; i < streams_.size(); ++i) streams_[i].run = runs[i];
    for (std::size_t i = streams_.size(); i-- > 0;) {
      if (streams_[i].AtEnd()) Complete(i);
    }
  }

  // The last file of all has nothing to share the lanes with: another thread can at least read and write for it.
  void LookAhead(Stream& stream) {
    const std::uint64_t left = static_cast<std::uint64_t>(stream.stat.size) - stream.offset;
    if (stream.ahead || left < kReadAheadFrom || !backlog_.TakeThread()) return;
    const auto size = static_cast<std::uint64_t>(stream.stat.size);
    stream.ahead = std::make_unique<ReadAhead>(stream.From(), stream.offset, size, stream.To(), kMostPadding);
    if (!stream.ahead->Running()) EndLookAhead(stream);
  }

  void EndLookAhead(Stream& stream) {
    if (!stream.ahead) return;
    stream.ahead.reset();
    backlog_.GiveThread();
  }

  int ReadChunk(Stream& stream) {
    std::span<std::byte> chunk;
    int outcome = stream.ahead ? stream.ahead->Next(chunk) : CopyChunk(stream, chunk);
    if (outcome != kOk) return outcome;
    if (chunk.empty() && !stream.AtEnd()) {
      outcome = Again(stream);
      return outcome == kOk ? ReadChunk(stream) : outcome;
    }
    stream.offset += chunk.size();
    stream.run.data = chunk.data();
    stream.run.blocks = chunk.size() / md5::kBlockBytes;
    if (stream.AtEnd()) {
      const std::size_t whole_blocks = stream.run.blocks * md5::kBlockBytes;
      stream.run.blocks += md5::Pad(chunk.data() + whole_blocks, chunk.size() - whole_blocks, stream.offset);
    }
    CountBytes(chunk.size());
    return kOk;
  }

  // Reads the next chunk and writes it to the copy.  Empty: the file is shorter than it was.  An outcome.
  int CopyChunk(Stream& stream, std::span<std::byte>& chunk) {
    const std::uint64_t left = static_cast<std::uint64_t>(stream.stat.size) - stream.offset;
    const std::span<std::byte> room(stream.buffer.get(), std::min<std::uint64_t>(kChunk, left));
    std::size_t got;
    const int outcome = ReadAt(stream.From(), room, stream.offset, got);
    if (outcome != kOk || got < room.size()) return outcome;
    chunk = room;
    return stream.To() < 0 ? kOk : WriteAll(stream.To(), chunk);
  }

  void Complete(std::size_t i) {
    Stream& stream = streams_[i];
    Stat after;
    int outcome = StatOf(stream.source.get(), after);
    if (outcome == kOk && task_.Moved(stream.stat, after)) {
      outcome = Again(stream);
      if (outcome == kOk) return;
    }
    if (outcome == kOk) outcome = task_.EndLarge(stream.item, stream.stat, md5::DigestOf(stream.run), stream.copy);
    EndStream(i, outcome);
  }

  // Begins the file anew, once.
  int Again(Stream& stream) {
    if (stream.reading == kReadings) return kChangedMeanwhile;
    ++stream.reading;
    EndLookAhead(stream);
    stream.copy = {};
    stream.offset = 0;
    stream.run = {};
    if (const int outcome = StatOf(stream.source.get(), stream.stat); outcome != kOk) return outcome;
    return task_.BeginLarge(stream.item, stream.source, stream.stat, stream.copy);
  }

  void EndStream(std::size_t i, int outcome) {
    Done(streams_[i].item, outcome);
    EndLookAhead(streams_[i]);
    spare_.push_back(std::move(streams_[i].buffer));
    std::swap(streams_[i], streams_.back());
    streams_.pop_back();
  }

  FileTask& task_;
  Backlog& backlog_;
  std::span<int> outcomes_;
  Control& control_;
  Backlog::Block block_;

  std::array<Small, kGroupFiles> small_;
  std::size_t small_count_ = 0;
  std::vector<md5::Run> runs_;  // of the small files
  Buffer group_;
  std::size_t group_used_ = 0;

  std::vector<Stream> streams_;
  std::vector<md5::Run> stream_runs_;
  std::vector<Buffer> spare_;
};

int Most(int threads) { return WorkerCount(threads, std::numeric_limits<std::size_t>::max()); }

}  // namespace

Backlog::Backlog(std::size_t items, std::span<const Stat> stats, int workers, int idle)
    : regions_(static_cast<std::size_t>(workers)), idle_(idle) {
  for (std::size_t item = 0; item < stats.size(); ++item) {
    if (stats[item].size > kSmallFile) large_.push_back(item);
  }
  if (!large_.empty()) is_large_.resize(items);
  for (const std::size_t item : large_) is_large_[item] = true;
  std::ranges::stable_sort(large_, std::ranges::greater{}, [&](std::size_t item) { return stats[item].size; });
  const auto parts = static_cast<std::size_t>(workers);
  block_ = std::clamp<std::size_t>(items / (8 * parts), 1, kLargestBlock);
  const std::size_t share = ((large_.empty() ? items : large_.size()) + parts - 1) / parts;
  const std::size_t most = std::clamp<std::size_t>(kMostOpenStreams / parts, 1, kMostStreams);
  streams_ = std::clamp<std::size_t>(share, 1, most);
  for (std::size_t region = 0; region < parts; ++region) {
    regions_[region].next = items * region / parts;
    regions_[region].end = items * (region + 1) / parts;
  }
}

bool Backlog::Next(Block& block, std::size_t& item) {
  if (next_large_.load(std::memory_order_relaxed) < large_.size()) {
    const std::size_t i = next_large_.fetch_add(1, std::memory_order_relaxed);
    if (i < large_.size()) {
      item = large_[i];
      return true;
    }
  }
  for (;;) {
    while (block.next < block.end) {
      item = block.next++;
      if (!IsLarge(item)) return true;
    }
    if (!NextBlock(block)) return false;
  }
}

bool Backlog::NextBlock(Block& block) {
  if (block.region == kNoRegion) block.region = workers_.fetch_add(1, std::memory_order_relaxed) % regions_.size();
  for (std::size_t tried = 0; tried < regions_.size(); ++tried) {
    Region& region = regions_[block.region];
    block.next = region.next.fetch_add(block_, std::memory_order_relaxed);
    block.end = std::min(block.next + block_, region.end);
    if (block.next < block.end) return true;
    block.region = (block.region + 1) % regions_.size();
  }
  block.next = block.end = 0;
  return false;
}

void ReadFiles(FileTask& task, std::span<const Stat> stats, std::span<int> outcomes, int threads, Control& control) {
  std::ranges::fill(outcomes, kStopped);
  const int workers = WorkerCount(threads, outcomes.size());
  Backlog backlog(outcomes.size(), stats, workers, Most(threads) - workers);
  OnWorkers(workers, [&](int) { Worker(task, backlog, outcomes, control).Work(); });
}

void ReadFiles(const std::function<std::unique_ptr<FileTask>()>& new_task, std::span<const Stat> stats,
               std::span<int> outcomes, int threads, Control& control) {
  std::ranges::fill(outcomes, kStopped);
  const int workers = WorkerCount(threads, outcomes.size());
  Backlog backlog(outcomes.size(), stats, workers, Most(threads) - workers);
  OnWorkers(workers, [&](int) {
    const std::unique_ptr<FileTask> task = new_task();
    Worker(*task, backlog, outcomes, control).Work();
  });
}

}  // namespace tiffin
