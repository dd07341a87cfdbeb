#include "source/rows_source.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "parse/line.h"

namespace tiffin::learn {
namespace {

constexpr float kUnknown[] = {kNoLabel};
constexpr std::span<const float> kNoLabels(kUnknown);

}  // namespace

MatrixRows::MatrixRows(const Matrix& matrix) : matrix_(matrix) {
  const auto refuse = [](const char* what) { throw std::invalid_argument(what); };
  const auto& begins = matrix.begins;
  if (begins.empty() || begins.front() != 0 || !std::is_sorted(begins.begin(), begins.end()) ||
      static_cast<std::size_t>(begins.back()) != matrix.keys.size()) {
    refuse("begins must go up from 0 to the number of keys");
  }
  if (!matrix.values.empty() && matrix.values.size() != matrix.keys.size()) refuse("there must be a value for each key");
  if (!matrix.labels.empty() && (size() == 0 || matrix.labels.size() % size() != 0)) {
    refuse("there must be as many labels for each example");
  }
  if (!matrix.weights.empty() && matrix.weights.size() != size()) refuse("there must be a weight for each example");
}

void MatrixRows::Parse(const Block& block, Rows& rows, std::vector<Fault>& faults) const {
  const std::size_t first = block.first_line;
  const std::size_t last = std::min(first + kRows, size());
  rows.SetTasks(tasks());
  rows.Reserve(last - first, static_cast<std::size_t>(matrix_.begins[last] - matrix_.begins[first]));
  for (std::size_t row = first; row < last; ++row) {
    const char* what = nullptr;
    for (std::int64_t i = matrix_.begins[row]; i < matrix_.begins[row + 1]; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const float value = matrix_.values.empty() ? 1.0F : matrix_.values[at];
      if (!std::isfinite(value)) what = "a value is no finite number";
      if (value != 0) rows.Push(matrix_.keys[at], value);
    }
    if (what != nullptr) {
      rows.DropRow();
      faults.push_back({row - first, 0, what});
      continue;
    }
    const bool is_known = !matrix_.labels.empty();
    rows.EndRow(is_known ? matrix_.labels.subspan(row * tasks(), tasks()) : kNoLabels,
                matrix_.weights.empty() ? 1.0F : matrix_.weights[row]);
    rows.lines.back() = static_cast<std::uint32_t>(row - first);
  }
}

}  // namespace tiffin::learn
