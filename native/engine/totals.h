// What a pass over data came to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "engine/score_counts.h"
#include "loss/logistic.h"

namespace tiffin::learn {

struct Totals {
  std::uint64_t rows = 0;
  std::uint64_t features = 0;
  std::uint64_t bytes = 0;  // of text
  std::uint64_t bad_rows = 0;
  double weight = 0;
  double loss = 0;     // weighted sum
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
};

}  // namespace tiffin::learn
