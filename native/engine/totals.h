// What a pass over data came to: loss, and how well the scores order the examples.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tiffin::learn {

// The area under the ROC curve, from counts of scores in narrow buckets: scores in one bucket count as equal.
class RocCounts {
 public:
  static constexpr std::size_t kBuckets = 4096;

  void Add(float score, bool positive, double weight) noexcept {
    const float place = (score + kReach) * kPerUnit;
    const std::size_t bucket = !(place > 0) ? 0 : place >= kBuckets - 1 ? kBuckets - 1 : static_cast<std::size_t>(place);
    (positive ? positives_ : negatives_)[bucket] += weight;
  }
  void Add(const RocCounts& other) noexcept;
  // NaN unless there are both kinds.
  double Auc() const noexcept;
  double positive_weight() const noexcept;

  // Weight by bucket, for who writes it down.
  std::array<double, kBuckets>& positives() noexcept { return positives_; }
  std::array<double, kBuckets>& negatives() noexcept { return negatives_; }

 private:
  static constexpr float kReach = 16.0F;  // scores go from -kReach to kReach; beyond it they are as good as certain
  static constexpr float kPerUnit = static_cast<float>(kBuckets) / (2 * kReach);

  std::array<double, kBuckets> positives_{};
  std::array<double, kBuckets> negatives_{};
};

struct Totals {
  std::uint64_t rows = 0;
  std::uint64_t features = 0;
  std::uint64_t bytes = 0;  // of text
  std::uint64_t bad_rows = 0;
  double weight = 0;
  double loss = 0;  // weighted sum
  RocCounts roc;    // for the logistic loss
  // Seconds of all threads.
  double read_s = 0;
  double parse_s = 0;
  double learn_s = 0;
  double wait_s = 0;  // for their turn

  void Add(const Totals& other) noexcept;
};

}  // namespace tiffin::learn
