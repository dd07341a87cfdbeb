// Negative log likelihood of a count, without the part that depends on the label alone: labels from 0 on, the score is
// the logarithm of the expected count.
#pragma once

#include <cmath>

namespace tiffin::learn {

struct Poisson {
  static constexpr float kMostScore = 30.0F;

  static double Value(float score, float label) noexcept {
    return static_cast<double>(Mean(score)) - static_cast<double>(label) * static_cast<double>(score);
  }
  static float Slope(float score, float label) noexcept { return Mean(score) - label; }
  static float Mean(float score) noexcept { return std::exp(score > kMostScore ? kMostScore : score); }
  static bool Allows(float label) noexcept { return std::isfinite(label) && label >= 0; }
};

}  // namespace tiffin::learn
