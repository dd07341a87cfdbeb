// Predictions compared with labels for each value of a column, in memory that does not grow with the number of values.
//
// So many values are followed.  When another comes, the one with the fewest rows gives its place up, as in Space-Saving
// (Metwally, Agrawal, El Abbadi, ICDT 2005), and its rows join those of the others: a value of more than 1/most of the
// rows is among the followed ones at the end.  It has lost rows to the others at most where it was given up before,
// which happens to what is rare so far; how many at most is known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/score_counts.h"

namespace tiffin::learn {

// What the rows of one value came to.
class Slice {
 public:
  void Add(float score, float mean, float label, double weight, double loss);
  // Takes over what another came to, which is empty then.
  void Take(Slice& other);

  std::uint64_t rows() const noexcept { return rows_; }
  double weight() const noexcept { return weight_; }
  double loss() const noexcept { return loss_; }
  ScoreCounts Counts() const;

 private:
  struct Example {
    float score;
    float mean;
    float label;
    float weight;
  };
  // From so many examples on their counts are smaller than they are.
  static constexpr std::size_t kMostExamples = sizeof(ScoreCounts) / sizeof(Example);

  static void Count(const Example& example, ScoreCounts& counts) {
    counts.Add(example.score, example.mean, example.label > 0, static_cast<double>(example.weight));
  }

  std::uint64_t rows_ = 0;
  double weight_ = 0;
  double loss_ = 0;
  std::vector<Example> examples_;       // until there are too many
  std::unique_ptr<ScoreCounts> counts_;  // from then on
};

// Thread-compatible.
class Slices {
 public:
  struct Named {
    std::string value;
    std::uint64_t missed;  // so many of its rows, at most, are among the others
    Slice slice;
  };

  // most: values that are followed, > 0.
  explicit Slices(std::size_t most) : most_(most) {}

  // Where an example of this value is counted; until the next call.
  Slice& Of(std::string_view value);

  // Ends it: the values of most rows, largest first, and at most so many; the rows of all others join others().
  std::vector<Named> TakeLargest(std::size_t count);
  const Slice& others() const noexcept { return others_; }

 private:
  struct HashText {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
  };

  std::size_t most_;
  std::vector<Named> named_;
  std::vector<std::uint64_t> estimates_;  // of named_: rows and those that were missed
  std::unordered_map<std::string, std::size_t, HashText, std::equal_to<>> places_;
  Slice others_;
};

}  // namespace tiffin::learn
