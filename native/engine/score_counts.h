// Examples of two classes counted by their score, in narrow buckets: scores in one bucket count as equal.  From the
// counts come how well the scores order the examples, and how well they foretell the share of positive ones.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace tiffin::learn {

class ScoreCounts {
 public:
  // Bins of the calibration error.
  static constexpr std::size_t kBins = 15;
  static constexpr std::size_t kBuckets = 4096;
  using Buckets = std::array<double, kBuckets>;

  // score: a logit.  mean: its probability.
  void Add(float score, float mean, bool positive, double weight) noexcept {
    const std::size_t bucket = BucketOf(score);
    begin_ = std::min(begin_, bucket);
    end_ = std::max(end_, bucket + 1);
    counts_[positive][bucket] += weight;  // without a branch: nobody can foretell it
    predicted_[bucket] += weight * static_cast<double>(mean);
  }
  void Add(const ScoreCounts& other) noexcept;
  void Clear() noexcept;

  double positive_weight() const noexcept;
  double predicted_weight() const noexcept;
  // The area under the ROC curve; NaN unless there are both kinds.
  double Auc() const noexcept;
  // The area under the curve of precision over recall, as average precision: the sum over buckets, from the highest
  // score down, of the precision so far times the recall that the bucket adds.  NaN without positives.
  double AveragePrecision() const noexcept;
  // The expected calibration error (Naeini, Cooper, Hauskrecht, AAAI 2015): the mean over bins, by weight, of the
  // distance between mean prediction and share of positives.  There are kBins bins, of equal weight as far as whole
  // buckets allow (Nixon et al., Measuring Calibration in Deep Learning, 2019), so that rare positives, whose predictions
  // are all small, are told apart, too.  NaN without examples.
  double CalibrationError() const noexcept;

  // Weight by bucket, and sums of predictions, for who writes them down.
  Buckets& positives() noexcept { return AnyOf(counts_[1]); }
  Buckets& negatives() noexcept { return AnyOf(counts_[0]); }
  Buckets& predicted() noexcept { return AnyOf(predicted_); }

 private:
  static constexpr float kReach = 16.0F;  // scores go from -kReach to kReach; beyond it they are as good as certain
  static constexpr float kPerUnit = static_cast<float>(kBuckets) / (2 * kReach);

  static std::size_t BucketOf(float score) noexcept {
    const float place = (score + kReach) * kPerUnit;
    return !(place > 0) ? 0 : place >= kBuckets - 1 ? kBuckets - 1 : static_cast<std::size_t>(place);
  }

  Buckets& AnyOf(Buckets& buckets) noexcept {
    begin_ = 0;
    end_ = kBuckets;
    return buckets;
  }
  const Buckets& positives() const noexcept { return counts_[1]; }
  const Buckets& negatives() const noexcept { return counts_[0]; }

  std::array<Buckets, 2> counts_{};  // negatives, positives
  Buckets predicted_{};              // sums of predictions
  // Outside of these there is nothing: counts of a few scores are soon added up.
  std::size_t begin_ = kBuckets;
  std::size_t end_ = 0;
};

}  // namespace tiffin::learn
