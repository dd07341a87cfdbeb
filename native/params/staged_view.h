// Rows as a client of a parameter server has them: pulled into memory of its own, each once, and pushed back as a whole.
//
// Between Open and Close the copies are what is read and learned from; Close puts rows and states as they have become in
// the place of what is in the table.  While nobody else has the same rows open the bits are those of learning in place.
// Else what others did to these rows in between is lost.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "params/table.h"

namespace tiffin::learn {

class StagedView final : public RowView {
 public:
  StagedView(std::unique_ptr<RowView> places, std::size_t row_floats)
      : places_(std::move(places)), row_bytes_(row_floats * sizeof(float)), row_floats_(row_floats) {
    absent_ = const_cast<float*>(places_->absent());
  }
  ~StagedView() override { Close(); }

  void Open(std::span<const std::uint64_t> keys, std::uint32_t now, Purpose purpose) override {
    places_->Open(keys, now, purpose);
    has_absent_ = places_->has_absent();
    Pull({places_->rows(), places_->size()});
    if (purpose == Purpose::kScore) pulled_.clear();  // there is nothing to push
  }

  void Close() noexcept override {
    Push();
    places_->Close();
  }

 private:
  void Pull(std::span<float* const> rows) {
    pulled_.assign(rows.begin(), rows.end());
    std::ranges::sort(pulled_);
    pulled_.erase(std::unique(pulled_.begin(), pulled_.end()), pulled_.end());
    std::erase(pulled_, absent_);
    copies_.Resize(pulled_.size() * row_floats_);
    for (std::size_t i = 0; i < pulled_.size(); ++i) std::memcpy(CopyOf(i), pulled_[i], row_bytes_);
    rows_.Resize(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto at = std::ranges::lower_bound(pulled_, rows[i]);
      rows_[i] = rows[i] == absent_ ? absent_ : CopyOf(static_cast<std::size_t>(at - pulled_.begin()));
    }
  }

  void Push() noexcept {
    for (std::size_t i = 0; i < pulled_.size(); ++i) std::memcpy(pulled_[i], CopyOf(i), row_bytes_);
    pulled_.clear();
  }

  float* CopyOf(std::size_t i) noexcept { return copies_.data() + i * row_floats_; }

  const std::unique_ptr<RowView> places_;
  const std::size_t row_bytes_;
  const std::size_t row_floats_;
  std::vector<float*> pulled_;  // ascending
  Buffer<float> copies_;
};

}  // namespace tiffin::learn
