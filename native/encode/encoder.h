// Columns to examples: what features are made of, and what they give for each row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "encode/batch.h"
#include "parse/text.h"
#include "rows/rows.h"

namespace tiffin::learn {

// docs/formats/features.md says what each gives.
enum class Op : std::uint8_t { kCat, kNum, kText, kEach, kSplit, kTokens, kLog, kClip, kScale, kBucket, kLogBucket, kCross };

// An expression: an operator, its arguments, and what it is applied to.
struct Node {
  Op op = Op::kCat;
  std::size_t column = 0;       // of a leaf: of the encoder's columns
  std::vector<double> numbers;  // kClip: least, most; kScale: by, center; kBucket: bounds, ascending
  std::string text;             // kSplit: the separator
  bool lower = false;           // kTokens: A to Z become a to z
  std::vector<Node> inputs;
};

// An expression and the keys of what it gives: a category's id in `field`, or `id` there for a number.
struct Feature {
  std::string name;
  std::uint32_t field = 0;
  std::uint64_t id = 0;
  Node root;
};

class Encoder {
 public:
  static constexpr std::size_t kNoColumn = ~std::size_t{0};

  static constexpr std::size_t kMostLabels = 256;

  // labels: of the columns, one for each task; none: not known.  weight: of the columns, or kNoColumn: all are 1.
  Encoder(std::vector<std::string> columns, std::vector<Feature> features, std::vector<std::size_t> labels,
          std::size_t weight);

  const std::vector<std::string>& columns() const noexcept { return columns_; }

  // Whether the columns of a batch have types that the features can be made of.  Throws ColumnFault.
  void Check(const Batch& batch) const;

  // Appends the examples of rows [from, to); their lines count from `from`.  Thread-safe.  Faults point to text of the
  // batch and of this.  REQUIRES: the batch was checked.
  void Encode(const Batch& batch, std::size_t from, std::size_t to, Rows& rows, std::vector<Fault>& faults) const;

 private:
  void CheckNode(const Batch& batch, const Node& node) const;
  void CheckNumbers(const Batch& batch, std::size_t column, const char* role) const;

  std::vector<std::string> columns_;
  std::vector<Feature> features_;
  std::vector<std::size_t> labels_;
  std::size_t weight_;
  std::vector<std::string> infinite_;  // of each feature: what is said of a row
  std::vector<std::string> many_pairs_;
  std::string on_weight_;
};

}  // namespace tiffin::learn
