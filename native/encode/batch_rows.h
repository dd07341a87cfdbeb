// Batches of columns that somebody else reads, as a source of examples.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

#include "encode/encoder.h"
#include "source/rows_source.h"

namespace tiffin::learn {

// A bounded queue of batches.  They are cut into blocks, so that all threads have something to encode; the lines of such a
// block are rows of the file.
class BatchRows final : public RowsSource {
 public:
  // by: of the encoder's columns, text to compare predictions by; or Encoder::kNoColumn.
  BatchRows(std::shared_ptr<const Encoder> encoder, std::size_t most_batches, std::size_t by = Encoder::kNoColumn);

  // Waits while the queue is full.  False once it was closed.  Throws ColumnFault where the encoder cannot read it.
  bool Feed(Batch batch);
  // Nothing more comes; Next gives what is left.
  void End();
  // The same, though it is not all there is: then Next throws SystemFault of ECANCELED.
  void Fail();
  // Nobody listens any more: feeding ends.
  void Close();

  const Encoder& encoder() const noexcept { return *encoder_; }

  bool Next(Block& block, const std::atomic<bool>& stop) override;
  void Parse(const Block& block, Rows& rows, std::vector<Fault>& faults) const override;
  void ColumnOf(const Block& block, const Rows& rows, std::vector<std::string_view>& values) const override;

 private:
  static constexpr std::size_t kRows = 4096;  // of a block: what is worked out for them stays in the processor's cache

  const std::shared_ptr<const Encoder> encoder_;
  const std::size_t most_batches_;
  const std::size_t by_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<const Batch>> queue_;
  std::size_t at_ = 0;  // in the first of them
  std::uint64_t number_ = 0;
  bool ended_ = false;
  bool failed_ = false;
  bool closed_ = false;
};

}  // namespace tiffin::learn
