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
  for (std::size_t i = 0; i < kBuckets; ++i) {
    positives_[i] += other.positives_[i];
    negatives_[i] += other.negatives_[i];
    predicted_[i] += other.predicted_[i];
  }
}

double ScoreCounts::positive_weight() const noexcept {
  return std::accumulate(positives_.begin(), positives_.end(), 0.0);
}

double ScoreCounts::predicted_weight() const noexcept {
  return std::accumulate(predicted_.begin(), predicted_.end(), 0.0);
}

double ScoreCounts::Auc() const noexcept {
  double below = 0;
  double pairs = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    pairs += positives_[i] * (below + 0.5 * negatives_[i]);
    below += negatives_[i];
  }
  const double all = below * positive_weight();
  return all > 0 ? pairs / all : kNone;
}

double ScoreCounts::AveragePrecision() const noexcept {
  double found = 0;
  double looked_at = 0;
  double sum = 0;
  for (std::size_t i = kBuckets; i-- > 0;) {
    if (positives_[i] + negatives_[i] <= 0) continue;
    found += positives_[i];
    looked_at += positives_[i] + negatives_[i];
    sum += positives_[i] * found / looked_at;
  }
  return found > 0 ? sum / found : kNone;
}

double ScoreCounts::CalibrationError() const noexcept {
  const double whole = positive_weight() + std::accumulate(negatives_.begin(), negatives_.end(), 0.0);
  if (whole <= 0) return kNone;
  std::array<double, kBins> surplus{};  // of predictions over positives
  double before = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    const double weight = positives_[i] + negatives_[i];
    // A bucket goes where its middle is.
    const auto bin = static_cast<std::size_t>((before + weight / 2) / whole * kBins);
    surplus[std::min(bin, kBins - 1)] += predicted_[i] - positives_[i];
    before += weight;
  }
  double error = 0;
  for (const double one : surplus) error += std::fabs(one);
  return error / whole;
}

}  // namespace tiffin::learn
