// Half the squared difference: any label.
#pragma once

#include <cmath>

namespace tiffin::learn {

struct Squared {
  static double Value(float score, float label) noexcept {
    const double difference = static_cast<double>(score) - static_cast<double>(label);
    return 0.5 * difference * difference;
  }
  static float Slope(float score, float label) noexcept { return score - label; }
  static float Mean(float score) noexcept { return score; }
  static bool Allows(float label) noexcept { return std::isfinite(label); }
};

}  // namespace tiffin::learn
