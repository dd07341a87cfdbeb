#include "engine/score_counts.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace tiffin::learn {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

}  // namespace

void ScoreCounts::Add(const ScoreCounts& other) noexcept {
  for (std::size_t i = other.begin_; i < other.end_; ++i) {
    counts_[0][i] += other.counts_[0][i];
    counts_[1][i] += other.counts_[1][i];
    predicted_[i] += other.predicted_[i];
  }
  begin_ = std::min(begin_, other.begin_);
  end_ = std::max(end_, other.end_);
}

void ScoreCounts::Clear() noexcept {
  for (Buckets* const buckets : {&counts_[0], &counts_[1], &predicted_}) {
    if (begin_ < end_) std::fill(buckets->begin() + begin_, buckets->begin() + end_, 0.0);
  }
  begin_ = kBuckets;
  end_ = 0;
}

double ScoreCounts::positive_weight() const noexcept {
  return std::accumulate(positives().begin(), positives().end(), 0.0);
}

double ScoreCounts::predicted_weight() const noexcept {
  return std::accumulate(predicted_.begin(), predicted_.end(), 0.0);
}

double ScoreCounts::Auc() const noexcept {
  double below = 0;
  double pairs = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    pairs += positives()[i] * (below + 0.5 * negatives()[i]);
    below += negatives()[i];
  }
  const double all = below * positive_weight();
  return all > 0 ? pairs / all : kNone;
}

double ScoreCounts::AveragePrecision() const noexcept {
  double found = 0;
  double looked_at = 0;
  double sum = 0;
  for (std::size_t i = kBuckets; i-- > 0;) {
    if (positives()[i] + negatives()[i] <= 0) continue;
    found += positives()[i];
    looked_at += positives()[i] + negatives()[i];
    sum += positives()[i] * found / looked_at;
  }
  return found > 0 ? sum / found : kNone;
}

double ScoreCounts::CalibrationError() const noexcept {
  const double whole = positive_weight() + std::accumulate(negatives().begin(), negatives().end(), 0.0);
  if (whole <= 0) return kNone;
  std::array<double, kBins> surplus{};  // of predictions over positives
  double before = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    const double weight = positives()[i] + negatives()[i];
    // A bucket goes where its middle is.
    const auto bin = static_cast<std::size_t>((before + weight / 2) / whole * kBins);
    surplus[std::min(bin, kBins - 1)] += predicted_[i] - positives()[i];
    before += weight;
  }
  double error = 0;
  for (const double one : surplus) error += std::fabs(one);
  return error / whole;
}

}  // namespace tiffin::learn
