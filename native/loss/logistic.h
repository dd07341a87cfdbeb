// Log loss of a probability: labels 0 and 1 (-1 is taken for 0), scores are logits.
#pragma once

#include <cmath>

namespace tiffin::learn {

struct Logistic {
  static constexpr float kMostScore = 20.0F;  // beyond it a float cannot tell the probability from certainty

  static double Value(float score, float label) noexcept {
    const float margin = label > 0 ? score : -score;
    return std::log1p(std::exp(-std::fabs(margin))) + (margin < 0 ? -margin : 0.0F);
  }
  static float Slope(float score, float label) noexcept { return Mean(score) - (label > 0 ? 1.0F : 0.0F); }
  static float Mean(float score) noexcept {
    const float bounded = score > kMostScore ? kMostScore : score < -kMostScore ? -kMostScore : score;
    return 1.0F / (1.0F + std::exp(-bounded));
  }
  static bool Allows(float label) noexcept { return label == 1 || label == 0 || label == -1; }
};

}  // namespace tiffin::learn
