#include "engine/totals.h"

#include <limits>
#include <numeric>

namespace tiffin::learn {

void RocCounts::Add(const RocCounts& other) noexcept {
  for (std::size_t i = 0; i < kBuckets; ++i) {
    positives_[i] += other.positives_[i];
    negatives_[i] += other.negatives_[i];
  }
}

double RocCounts::Auc() const noexcept {
  double below = 0;
  double pairs = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    pairs += positives_[i] * (below + 0.5 * negatives_[i]);
    below += negatives_[i];
  }
  const double all = below * positive_weight();
  return all > 0 ? pairs / all : std::numeric_limits<double>::quiet_NaN();
}

double RocCounts::positive_weight() const noexcept {
  return std::accumulate(positives_.begin(), positives_.end(), 0.0);
}

void Totals::Add(const Totals& other) noexcept {
  rows += other.rows;
  features += other.features;
  bytes += other.bytes;
  bad_rows += other.bad_rows;
  weight += other.weight;
  loss += other.loss;
  roc.Add(other.roc);
  read_s += other.read_s;
  parse_s += other.parse_s;
  learn_s += other.learn_s;
  wait_s += other.wait_s;
}

}  // namespace tiffin::learn
