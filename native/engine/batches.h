// Examples in batches of equally many rows, parsed ahead of whoever learns from them.
//
// Threads parse blocks side by side; block after block, in the order of the source, is cut into batches.  So batches are
// the same for any number of threads.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "engine/bad_rows.h"
#include "engine/model.h"
#include "engine/totals.h"
#include "rows/buffer.h"
#include "rows/localise.h"
#include "source/rows_source.h"

namespace tiffin::learn {

// Row r has the features [offsets[r], offsets[r + 1]).
struct ExampleBatch {
  Buffer<std::uint32_t> offsets;  // one more than there are rows
  Buffer<std::uint64_t> keys;     // of features
  Buffer<float> values;           // of features; empty: all are 1
  Buffer<float> labels;           // for each task one; NaN: not known
  Buffer<float> weights;          // empty: all are 1
  Buffer<std::uint64_t> unique;   // keys, each once, ascending
  Buffer<std::uint32_t> index;    // of features: where its key is in `unique`

  std::size_t rows() const noexcept { return offsets.size() - 1; }
  std::size_t tasks() const noexcept { return rows() == 0 ? 1 : labels.size() / rows(); }
  std::size_t features() const noexcept { return keys.size(); }
};

struct BatchOptions {
  std::size_t rows = 4096;  // of each batch but the last one
  int threads = 0;          // 0: one for each processor the process may use
  std::size_t ahead = 8;    // batches that wait; those of the blocks under way come on top
  // Rows need a label that this loss allows; none: any label, or none at all.
  std::optional<LossKind> labels;
  std::size_t heads = 1;     // of the softmax: labels go from 0 to heads - 1; else tasks
  std::uint32_t fields = 0;  // features must be of so many fields; 0: of any
  std::uint64_t max_bad = 0;
  float negatives = 1.0F;  // as in PassOptions
  std::uint64_t seed = 0;  // which negatives depend on
};

class Batches {
 public:
  // Threads begin at once.  The source must outlive this.  Throws SystemFault where there is no thread to be had.
  Batches(RowsSource& source, const BatchOptions& options);
  ~Batches() { Close(); }
  Batches(const Batches&) = delete;
  Batches& operator=(const Batches&) = delete;

  // Waits for a while; whether Next would not wait now.
  bool Wait(std::chrono::milliseconds patience);
  // The next one; nullptr at the end.  All batches before a bad row too many come before TooManyBadRows is thrown.
  // Throws SystemFault and TooManyBadRows.
  std::unique_ptr<ExampleBatch> Next();
  // Ends the threads; there is nothing more then.
  void Close();

  // Of what was read so far: features, bytes, bad_rows, read_s, parse_s (with finding the keys), wait_s, taken, queued.
  // Thread-safe.
  Totals totals() const;
  // The first few bad rows, in order.  Thread-safe.
  std::vector<BadRow> bad_rows() const;

 private:
  struct Worker;
  using Cut = std::vector<std::unique_ptr<ExampleBatch>>;

  void Work();
  void TakeBlocks(Worker& worker);
  bool WaitForRoom();
  bool WaitForTurn(std::uint64_t block, BadRows&& bad);
  void Append(const Rows& rows, Cut& cut);
  void Publish(std::uint64_t first, Cut& cut, Localiser& localiser);
  bool IsSettled() const { return ready_.contains(taken_) || working_ == 0; }

  RowsSource& source_;
  const BatchOptions options_;
  const ModelSettings demands_;
  std::atomic<bool> stop_{false};
  std::unique_ptr<ExampleBatch> open_;  // of the thread whose turn it is: rows that do not fill a batch yet

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, std::unique_ptr<ExampleBatch>> ready_;
  std::uint64_t turn_ = 0;   // the block that is cut next
  std::uint64_t cut_ = 0;    // batches that were cut so far
  std::uint64_t taken_ = 0;  // and those of them that were taken
  std::size_t working_ = 0;  // threads
  std::exception_ptr failure_;
  Totals totals_;
  BadRows bad_;
  std::vector<std::thread> threads_;
};

}  // namespace tiffin::learn
