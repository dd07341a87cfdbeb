// What a pass over data came to.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "base/prefetch.h"
#include "engine/score_counts.h"
#include "loss/log_sum.h"
#include "loss/logistic.h"
#include "loss/softmax.h"

namespace tiffin::learn {

// Of one task, over the rows whose label it has.
struct TaskTotals {
  std::uint64_t rows = 0;
  double weight = 0;
  double loss = 0;  // weighted sum
  ScoreCounts counts;

  void Add(const TaskTotals& other) noexcept;
};

// What is added up over blocks.
struct Figures {
  std::uint64_t rows = 0;
  std::uint64_t features = 0;
  std::uint64_t bytes = 0;  // of text
  std::uint64_t bad_rows = 0;
  double weight = 0;
  double loss = 0;     // weighted sum
  double correct = 0;  // weight of the examples whose class has the largest score
  // Seconds of all threads.
  double read_s = 0;
  double parse_s = 0;
  double learn_s = 0;
  double wait_s = 0;  // for their turn, or for room where they leave what they parsed
  std::uint64_t taken = 0;   // blocks or batches that were learned from
  std::uint64_t queued = 0;  // how many were parsed and waited when each was taken, added up
};

// On cache lines of its own, as each thread has one that it writes to all the time.
struct alignas(kLineBytes) Totals : Figures {
  ScoreCounts counts;             // for the logistic loss
  std::vector<TaskTotals> tasks;  // where there are several; weight and loss are then those of all together

  void Add(const Totals& other);
  void Clear() noexcept {
    static_cast<Figures&>(*this) = {};
    counts.Clear();
    tasks.clear();
  }
  // One example that is compared with its label; gives the derivative of its loss by the score.  logs: whose total the
  // caller adds to the loss in the end.
  template <typename Loss>
  float Count(Loss of, float score, float label, double its_weight, LogSum& logs) noexcept {
    rows += 1;
    weight += its_weight;
    if constexpr (std::is_same_v<Loss, Logistic>) {
      const Logistic::Judged judged = of.Judge(score, label);
      if (its_weight == 1) {
        logs.Add(1 + static_cast<double>(judged.odds));
      } else {
        loss += its_weight * std::log1p(static_cast<double>(judged.odds));
      }
      loss += its_weight * static_cast<double>(judged.excess);
      counts.Add(score, judged.mean, label > 0, its_weight);
      return judged.slope;
    } else {
      loss += its_weight * of.Value(score, label);
      return of.Slope(score, label);
    }
  }
  // The same of several tasks, each with its score and label; labels may be unknown.
  template <typename Loss>
  void CountTasks(Loss of, std::span<const float> scores, std::span<const float> labels, double its_weight) {
    rows += 1;
    tasks.resize(scores.size());
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (!of.Allows(labels[i])) continue;
      const double value = its_weight * of.Value(scores[i], labels[i]);
      tasks[i].rows += 1;
      tasks[i].weight += its_weight;
      tasks[i].loss += value;
      weight += its_weight;
      loss += value;
      if constexpr (std::is_same_v<Loss, Logistic>) {
        tasks[i].counts.Add(scores[i], of.Mean(scores[i]), labels[i] > 0, its_weight);
      }
    }
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
