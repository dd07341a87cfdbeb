// What a pass over data came to.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "engine/score_counts.h"
#include "loss/logistic.h"
#include "loss/softmax.h"

namespace tiffin::learn {

struct Totals {
  std::uint64_t rows = 0;
  std::uint64_t features = 0;
  std::uint64_t bytes = 0;  // of text
  std::uint64_t bad_rows = 0;
  double weight = 0;
  double loss = 0;     // weighted sum
  double correct = 0;  // weight of the examples whose class has the largest score
  ScoreCounts counts;  // for the logistic loss
  // Seconds of all threads.
  double read_s = 0;
  double parse_s = 0;
  double learn_s = 0;
  double wait_s = 0;  // for their turn

  void Add(const Totals& other) noexcept;
  // One example that was compared with its label.
  template <typename Loss>
  void Count(Loss of, float score, float label, double its_weight) noexcept {
    rows += 1;
    weight += its_weight;
    loss += its_weight * of.Value(score, label);
    if constexpr (std::is_same_v<Loss, Logistic>) counts.Add(score, of.Mean(score), label > 0, its_weight);
  }
  // The same with a score for each class.
  void CountClass(std::span<const float> scores, float label, double its_weight) noexcept {
    const auto its_class = static_cast<std::size_t>(label);
    rows += 1;
    weight += its_weight;
    loss += its_weight * Softmax::Value(scores, its_class);
    if (std::ranges::max_element(scores) - scores.begin() == static_cast<std::ptrdiff_t>(its_class)) correct += its_weight;
  }
};

}  // namespace tiffin::learn
