#include "engine/batches.h"

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include "base/clock.h"
#include "batch/threads.h"
#include "engine/negatives.h"
#include "files/fault.h"

namespace tiffin::learn {
namespace {

ModelSettings DemandsOf(const BatchOptions& options) {
  ModelSettings settings;
  settings.loss = options.labels.value_or(settings.loss);
  settings.heads = options.heads;
  if (options.fields > 0) settings.score = ScoreKind::kFfm;  // whose features must be of known fields
  settings.fields = options.fields;
  return settings;
}

template <typename T>
void Copy(std::span<const T> from, Buffer<T>& to) {
  const std::size_t before = to.size();
  to.Resize(before + from.size());
  std::copy(from.begin(), from.end(), to.data() + before);
}

// A column that is left out as long as all of it is 1.  size: what it has now, or would have.
void CopyOnes(std::span<const float> from, bool there, std::size_t count, std::size_t size, Buffer<float>& to) {
  if (!there && to.empty()) return;
  const std::size_t before = to.size();
  to.Resize(size + count);
  if (before < size) std::fill_n(to.data() + before, size - before, 1.0F);
  if (there) {
    std::copy(from.begin(), from.end(), to.data() + size);
  } else {
    std::fill_n(to.data() + size, count, 1.0F);
  }
}

// Whether a column is there depends on the rows of its batch alone, not on those of their blocks.
void LeaveOutOnes(Buffer<float>& column) {
  if (std::all_of(column.data(), column.data() + column.size(), [](float x) { return x == 1.0F; })) column.Clear();
}

std::unique_ptr<ExampleBatch> NewBatch(std::size_t rows) {
  auto batch = std::make_unique<ExampleBatch>();
  batch->offsets.Reserve(rows + 1);
  batch->offsets.Push(0);
  batch->labels.Reserve(rows);
  return batch;
}

void AppendRows(const Rows& rows, std::size_t begin, std::size_t end, ExampleBatch& batch) {
  const std::size_t first = rows.offsets[begin];
  const std::size_t count = rows.offsets[end] - first;
  const std::size_t features = batch.features();
  CopyOnes(rows.has_values() ? rows.values.span().subspan(first, count) : std::span<const float>(), rows.has_values(),
           count, features, batch.values);
  CopyOnes(rows.has_weights() ? rows.weights.span().subspan(begin, end - begin) : std::span<const float>(),
           rows.has_weights(), end - begin, batch.rows(), batch.weights);
  Copy(rows.keys.span().subspan(first, count), batch.keys);
  Copy(rows.labels.span().subspan(begin * rows.tasks(), (end - begin) * rows.tasks()), batch.labels);
  batch.offsets.Reserve(end - begin);
  for (std::size_t row = begin; row < end; ++row) {
    batch.offsets.Push(static_cast<std::uint32_t>(features + rows.offsets[row + 1] - first));
  }
}

}  // namespace

// One thread's memory.
struct Batches::Worker {
  Block block;
  Rows rows;
  std::vector<Fault> faults;
  Cut cut;
  Localiser localiser;
};

Batches::Batches(RowsSource& source, const BatchOptions& options)
    : source_(source), options_(options), demands_(DemandsOf(options)), open_(NewBatch(options.rows)) {
  const int wanted = WorkerCount(options.threads, static_cast<std::size_t>(-1));
  const std::scoped_lock lock(mutex_);
  for (int i = 0; i < wanted; ++i) {
    if (std::thread thread = BeginThread([this] { Work(); }); thread.joinable()) threads_.push_back(std::move(thread));
  }
  working_ = threads_.size();
  if (threads_.empty()) throw SystemFault(EAGAIN, "");
}

void Batches::Close() {
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  ready_.clear();
}

bool Batches::Wait(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [this] { return IsSettled(); });
}

std::unique_ptr<ExampleBatch> Batches::Next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return IsSettled(); });
  const auto found = ready_.find(taken_);
  if (found == ready_.end()) {
    if (failure_) std::rethrow_exception(failure_);
    return nullptr;
  }
  std::unique_ptr<ExampleBatch> batch = std::move(found->second);
  totals_.queued += ready_.size();
  ready_.erase(found);
  ++taken_;
  ++totals_.taken;
  changed_.notify_all();
  return batch;
}

Totals Batches::totals() const {
  const std::scoped_lock lock(mutex_);
  Totals totals = totals_;
  totals.bad_rows = bad_.count;
  return totals;
}

std::vector<BadRow> Batches::bad_rows() const {
  const std::scoped_lock lock(mutex_);
  return bad_.first;
}

void Batches::Work() {
  Worker worker;
  std::exception_ptr failure;
  try {
    TakeBlocks(worker);
  } catch (...) {  // rethrown by Next
    failure = std::current_exception();
  }
  std::unique_lock lock(mutex_);
  if (failure && !failure_) failure_ = failure;
  if (failure) stop_ = true;
  if (working_ == 1 && !stop_ && open_->rows() > 0) {  // the last one out
    worker.cut.push_back(std::move(open_));
    const std::uint64_t first = cut_++;
    lock.unlock();
    try {
      Publish(first, worker.cut, worker.localiser);
    } catch (...) {  // as above
      failure = std::current_exception();
    }
    lock.lock();
    if (failure && !failure_) failure_ = failure;
  }
  --working_;
  changed_.notify_all();
}

void Batches::TakeBlocks(Worker& worker) {
  Clock clock;
  while (WaitForRoom()) {
    Totals spent;
    spent.wait_s = clock.Lap();
    if (!source_.Next(worker.block, stop_)) return;
    spent.read_s = clock.Lap();
    worker.rows.Clear();
    worker.faults.clear();
    source_.Parse(worker.block, worker.rows, worker.faults);
    BadRows bad = TakeBad(demands_, worker.block, worker.faults, options_.labels.has_value(), worker.rows);
    ThinNegatives(options_.negatives, options_.seed, worker.block.number, worker.rows);
    spent.parse_s = clock.Lap();
    if (!WaitForTurn(worker.block.number, std::move(bad))) return;
    spent.wait_s += clock.Lap();
    Append(worker.rows, worker.cut);
    std::uint64_t first;
    {
      const std::scoped_lock lock(mutex_);
      first = std::exchange(cut_, cut_ + worker.cut.size());
      ++turn_;
      changed_.notify_all();
    }
    Publish(first, worker.cut, worker.localiser);
    spent.parse_s += clock.Lap();
    spent.features = worker.rows.features();
    spent.bytes = worker.block.size;
    const std::scoped_lock lock(mutex_);
    totals_.Add(spent);
  }
}

// Until few enough batches wait.  False once all was given up.
bool Batches::WaitForRoom() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stop_ || cut_ - taken_ < options_.ahead; });
  return !stop_;
}

// Throws TooManyBadRows.
bool Batches::WaitForTurn(std::uint64_t block, BadRows&& bad) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stop_ || turn_ == block; });
  if (stop_) return false;
  bad_.Add(std::move(bad), options_.max_bad);
  return true;
}

void Batches::Append(const Rows& rows, Cut& cut) {
  for (std::size_t begin = 0; begin < rows.size();) {
    const std::size_t end = std::min(rows.size(), begin + options_.rows - open_->rows());
    AppendRows(rows, begin, end, *open_);
    begin = end;
    if (open_->rows() == options_.rows) cut.push_back(std::exchange(open_, NewBatch(options_.rows)));
  }
}

void Batches::Publish(std::uint64_t first, Cut& cut, Localiser& localiser) {
  for (std::unique_ptr<ExampleBatch>& batch : cut) {
    LeaveOutOnes(batch->values);
    LeaveOutOnes(batch->weights);
    localiser.Run(batch->keys.span(), batch->unique, batch->index);
    const std::scoped_lock lock(mutex_);
    ready_.emplace(first++, std::move(batch));
    changed_.notify_all();
  }
  cut.clear();
}

}  // namespace tiffin::learn
