#include "encode/batch_rows.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "files/fault.h"

namespace tiffin::learn {
namespace {

constexpr auto kPatience = std::chrono::milliseconds(100);

}  // namespace

BatchRows::BatchRows(std::shared_ptr<const Encoder> encoder, std::size_t most_batches, std::size_t by)
    : encoder_(std::move(encoder)), most_batches_(most_batches), by_(by) {}

bool BatchRows::Feed(Batch batch) {
  encoder_->Check(batch);
  if (batch.size() == 0) return true;
  auto shared = std::make_shared<const Batch>(std::move(batch));
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return closed_ || queue_.size() < most_batches_; });
  if (closed_) return false;
  queue_.push_back(std::move(shared));
  changed_.notify_all();
  return true;
}

void BatchRows::End() {
  const std::scoped_lock lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void BatchRows::Fail() {
  const std::scoped_lock lock(mutex_);
  ended_ = failed_ = true;
  changed_.notify_all();
}

void BatchRows::Close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  queue_.clear();
  changed_.notify_all();
}

bool BatchRows::Next(Block& block, const std::atomic<bool>& stop) {
  std::unique_lock lock(mutex_);
  const auto settled = [&] { return closed_ || ended_ || !queue_.empty(); };
  // Whoever feeds may itself wait for ever.
  while (!changed_.wait_for(lock, kPatience, settled)) {
    if (stop.load(std::memory_order_relaxed)) return false;
  }
  if (queue_.empty()) {
    if (failed_ && !closed_) throw SystemFault(ECANCELED, "");
    return false;
  }
  block.batch = queue_.front();
  block.number = number_++;
  block.file = block.batch->file;
  block.first_line = block.batch->first_row + at_;
  block.size = 0;
  at_ += kRows;
  if (at_ >= block.batch->size()) {
    queue_.pop_front();
    at_ = 0;
    changed_.notify_all();
  }
  return true;
}

void BatchRows::Parse(const Block& block, Rows& rows, std::vector<Fault>& faults) const {
  const Batch& batch = *block.batch;
  const auto from = static_cast<std::size_t>(block.first_line - batch.first_row);
  encoder_->Encode(batch, from, std::min(from + kRows, batch.size()), rows, faults);
}

void BatchRows::ColumnOf(const Block& block, const Rows& rows, std::vector<std::string_view>& values) const {
  if (by_ == Encoder::kNoColumn) return RowsSource::ColumnOf(block, rows, values);
  const Batch& batch = *block.batch;
  const std::size_t from = static_cast<std::size_t>(block.first_line - batch.first_row) + batch.offset();
  const Column& column = batch.column(by_);
  values.resize(rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const std::size_t at = from + rows.lines[row];
    column.Texts(at, at + 1, &values[row]);
  }
}

}  // namespace tiffin::learn
