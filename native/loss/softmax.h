// Log loss of one of several classes: labels 0, 1 and so on, and a score for each class.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace tiffin::learn {

struct Softmax {
  // Scores become probabilities.
  static void ToMeans(std::span<float> scores) noexcept {
    const float most = *std::ranges::max_element(scores);
    float sum = 0;
    for (float& score : scores) sum += score = std::exp(score - most);
    for (float& score : scores) score /= sum;
  }
  // What the scores cost where `label` is the class.
  static double Value(std::span<const float> scores, std::size_t label) noexcept {
    const auto most = static_cast<double>(*std::ranges::max_element(scores));
    double sum = 0;
    for (const float score : scores) sum += std::exp(static_cast<double>(score) - most);
    return std::log(sum) + most - static_cast<double>(scores[label]);
  }
  static bool Allows(float label, std::size_t classes) noexcept {
    return label >= 0 && label < static_cast<float>(classes) && label == std::floor(label);
  }
};

}  // namespace tiffin::learn
