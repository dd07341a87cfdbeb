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
  static float Slope(float score, float label) noexcept { return Mean(score) - AsNumber(label > 0); }
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
    return {odds, size * AsNumber(is_wrong), mean, mean - AsNumber(label > 0)};
  }
  static bool Allows(float label) noexcept {
    return static_cast<int>(label == 0) | static_cast<int>(std::fabs(label) == 1);
  }

 private:
  // Labels and scores follow no order, so a branch by one of them would be guessed wrong every other time, and all that
  // was begun after it begins anew.
  static float AsNumber(bool is_true) noexcept { return static_cast<float>(is_true); }
  // odds: against what the score is for.
  static float MeanOf(float score, float odds) noexcept {
    const float tops[2] = {odds, 1.0F};
    return tops[score > 0] * (1.0F / (1.0F + odds));
  }
};

}  // namespace tiffin::learn
