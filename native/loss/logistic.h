// Log loss of a probability: labels 0 and 1 (-1 is taken for 0), scores are logits.
#pragma once

#include <cmath>

namespace tiffin::learn {

struct Logistic {
  static constexpr float kMostScore = 20.0F;  // beyond it a float cannot tell the probability from certainty
  static constexpr float kLeastOdds = 2.0611536e-9F;  // of such a score

  static double Value(float score, float label) noexcept {
    const float margin = label > 0 ? score : -score;
    return std::log1p(static_cast<double>(std::exp(-std::fabs(margin)))) + (margin < 0 ? -margin : 0.0F);
  }
  static float Slope(float score, float label) noexcept { return Mean(score) - (label > 0 ? 1.0F : 0.0F); }
  static float Mean(float score) noexcept {
    const float size = std::fabs(score);
    return MeanOf(score, size > kMostScore ? kLeastOdds : std::exp(-size));
  }
  // All three with one exponential; the value is log(1 + odds) + excess.
  struct Judged {
    float odds;
    float excess;
    float mean;
    float slope;
  };
  static Judged Judge(float score, float label) noexcept {
    const float size = std::fabs(score);
    const float odds = std::exp(-size);
    const float mean = MeanOf(score, size > kMostScore ? kLeastOdds : odds);
    const bool is_wrong = (score > 0) != (label > 0);
    return {odds, is_wrong ? size : 0.0F, mean, mean - (label > 0 ? 1.0F : 0.0F)};
  }
  static bool Allows(float label) noexcept { return label == 1 || label == 0 || label == -1; }

 private:
  // odds: against what the score is for.
  static float MeanOf(float score, float odds) noexcept {
    const float rest = 1.0F / (1.0F + odds);
    return score > 0 ? rest : odds * rest;
  }
};

}  // namespace tiffin::learn
