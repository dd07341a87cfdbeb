#include "encode/encoder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "encode/evaluate.h"
#include "rows/key.h"

namespace tiffin::learn {

Encoder::Encoder(std::vector<std::string> columns, std::vector<Feature> features, std::vector<std::size_t> labels,
                 std::size_t weight)
    : columns_(std::move(columns)), features_(std::move(features)), labels_(std::move(labels)), weight_(weight) {
  for (const Feature& feature : features_) {
    infinite_.push_back("a value of '" + feature.name + "' is not finite");
    many_pairs_.push_back("'" + feature.name + "' crosses to more than " + std::to_string(kMostPairs) + " pairs");
  }
  if (weight_ != kNoColumn) on_weight_ = "the weight in '" + columns_[weight_] + "' is no number from 0 on";
}

void Encoder::Check(const Batch& batch) const {
  for (const std::size_t label : labels_) CheckNumbers(batch, label, "labels");
  if (weight_ != kNoColumn) CheckNumbers(batch, weight_, "weights");
  for (const Feature& feature : features_) CheckNode(batch, feature.root);
}

void Encoder::CheckNumbers(const Batch& batch, std::size_t column, const char* role) const {
  const Family family = batch.column(column).family();
  if (family == Family::kNumber || family == Family::kNull) return;
  throw ColumnFault{std::string(role) + " are numbers, and this is " + batch.column(column).Describe(), columns_[column]};
}

void Encoder::CheckNode(const Batch& batch, const Node& node) const {
  for (const Node& input : node.inputs) CheckNode(batch, input);
  if (!node.inputs.empty()) return;
  const Column& column = batch.column(node.column);
  const Family family = column.family();
  const auto wants = [&](Family wanted, const char* what) {
    if (family == wanted || family == Family::kNull) return;
    throw ColumnFault{std::string(what) + ", and this is " + column.Describe(), columns_[node.column]};
  };
  if (node.op == Op::kNum) wants(Family::kNumber, "num() takes numbers");
  if (node.op == Op::kText) wants(Family::kText, "text() takes text");
  if (node.op == Op::kEach) {
    wants(Family::kList, "each() takes lists");
    if (family == Family::kNull) return;
    const Family inner = column.elements().family();
    if (inner != Family::kList && inner != Family::kOther) return;
    throw ColumnFault{"each() takes lists of text or numbers, and this is " + column.Describe(), columns_[node.column]};
  }
  if (node.op == Op::kCat && (family == Family::kList || family == Family::kOther)) {
    throw ColumnFault{"cat() takes text or numbers, and this is " + column.Describe(), columns_[node.column]};
  }
}

void Encoder::Encode(const Batch& batch, std::size_t from, std::size_t to, Rows& rows, std::vector<Fault>& faults) const {
  const std::size_t count = to - from;
  std::vector<const char*> wrong(count, nullptr);
  for (const auto& [row, what] : batch.faults) {
    if (row >= from && row < to) wrong[row - from] = what.c_str();
  }
  const auto note = [&](std::size_t row, const std::string& what) {
    if (wrong[row] == nullptr) wrong[row] = what.c_str();
  };

  std::vector<Values> values;
  values.reserve(features_.size());
  std::size_t most = 0;
  Buffer<Flaw> flaws;
  flaws.Resize(count);
  for (std::size_t f = 0; f < features_.size(); ++f) {
    std::fill_n(flaws.data(), count, Flaw::kNone);
    values.push_back(Evaluate(features_[f].root, batch, from, to, flaws));
    Values& found = values.back();
    if (found.is_number) {
      for (std::size_t row = 0; row < count; ++row) {
        if (std::isinf(static_cast<float>(found.numbers[row]))) flaws[row] = Flaw::kInfinite;
      }
    }
    for (std::size_t row = 0; row < count; ++row) {
      if (flaws[row] != Flaw::kNone) note(row, flaws[row] == Flaw::kInfinite ? infinite_[f] : many_pairs_[f]);
    }
    most += found.is_number ? count : found.ids.size();
  }

  const auto read = [&](std::size_t column) {
    Buffer<double> numbers;
    numbers.Resize(count);
    batch.column(column).Numbers(from + batch.offset(), to + batch.offset(), numbers.data());
    return numbers;
  };
  std::vector<Buffer<double>> labels;
  for (const std::size_t label : labels_) labels.push_back(read(label));
  Buffer<double> weights;
  if (weight_ != kNoColumn) weights = read(weight_);
  for (std::size_t row = 0; row < weights.size(); ++row) {
    if (!(weights[row] >= 0 && weights[row] <= std::numeric_limits<float>::max())) note(row, on_weight_);
  }

  std::vector<float> its_labels(std::max<std::size_t>(labels.size(), 1), std::numeric_limits<float>::quiet_NaN());
  if (rows.size() == 0) rows.SetTasks(its_labels.size());
  rows.Reserve(count, most);
  for (std::size_t row = 0; row < count; ++row) {
    if (wrong[row] != nullptr) {
      faults.push_back({row, 0, wrong[row]});
      continue;
    }
    for (std::size_t f = 0; f < features_.size(); ++f) {
      const Feature& feature = features_[f];
      const Values& found = values[f];
      if (found.is_number) {
        const auto value = static_cast<float>(found.numbers[row]);
        if (value == value && value != 0) rows.Push(Key(feature.field, feature.id), value);
        continue;
      }
      for (std::size_t i = found.offsets[row]; i < found.offsets[row + 1]; ++i) {
        const float value = found.values.empty() ? 1.0F : found.values[i];
        if (value != 0) rows.Push(Key(feature.field, found.ids[i]), value);
      }
    }
    for (std::size_t task = 0; task < labels.size(); ++task) its_labels[task] = static_cast<float>(labels[task][row]);
    rows.EndRow(its_labels, weights.empty() ? 1.0F : static_cast<float>(weights[row]));
    rows.lines.back() = static_cast<std::uint32_t>(row);
  }
}

}  // namespace tiffin::learn
