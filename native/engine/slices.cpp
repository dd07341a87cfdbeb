#include "engine/slices.h"

#include <algorithm>
#include <utility>

namespace tiffin::learn {

void Slice::Add(float score, float mean, float label, double weight, double loss) {
  rows_ += 1;
  weight_ += weight;
  loss_ += weight * loss;
  const Example example{score, mean, label, static_cast<float>(weight)};
  if (counts_ != nullptr) return Count(example, *counts_);
  examples_.push_back(example);
  if (examples_.size() < kMostExamples) return;
  counts_ = std::make_unique<ScoreCounts>(Counts());
  examples_ = {};
}

void Slice::Take(Slice& other) {
  if (counts_ == nullptr) counts_ = std::make_unique<ScoreCounts>(Counts());
  examples_ = {};
  for (const Example& example : other.examples_) Count(example, *counts_);
  if (other.counts_ != nullptr) counts_->Add(*other.counts_);
  rows_ += other.rows_;
  weight_ += other.weight_;
  loss_ += other.loss_;
  other = {};
}

ScoreCounts Slice::Counts() const {
  ScoreCounts counts;
  if (counts_ != nullptr) counts = *counts_;
  for (const Example& example : examples_) Count(example, counts);
  return counts;
}

Slice& Slices::Of(std::string_view value) {
  if (const auto found = places_.find(value); found != places_.end()) {
    ++estimates_[found->second];
    return named_[found->second].slice;
  }
  if (named_.size() < most_) {
    places_.emplace(value, named_.size());
    estimates_.push_back(1);
    return named_.emplace_back(Named{std::string(value), 0, {}}).slice;
  }
  const auto least = std::ranges::min_element(estimates_);
  const auto place = static_cast<std::size_t>(least - estimates_.begin());
  Named& named = named_[place];
  others_.Take(named.slice);
  places_.erase(named.value);
  places_.emplace(value, place);
  named.value = value;
  named.missed = (*least)++;
  return named.slice;
}

std::vector<Slices::Named> Slices::TakeLargest(std::size_t count) {
  std::vector<Named> found = std::exchange(named_, {});
  estimates_.clear();
  places_.clear();
  std::ranges::sort(found, [](const Named& one, const Named& other) {
    const std::uint64_t rows = one.slice.rows();
    return rows != other.slice.rows() ? rows > other.slice.rows() : one.value < other.value;
  });
  for (std::size_t i = count; i < found.size(); ++i) others_.Take(found[i].slice);
  if (found.size() > count) found.erase(found.begin() + static_cast<std::ptrdiff_t>(count), found.end());
  return found;
}

}  // namespace tiffin::learn
