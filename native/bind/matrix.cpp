// Examples all at once, as NumPy arrays.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "bind/learn.h"
#include "engine/gather.h"
#include "rows/columns.h"

namespace tiffin::bind {
namespace {

using namespace tiffin::learn;
using nb::literals::operator""_a;

nb::tuple GatherRows(RowsSource& rows, std::string_view loss, std::size_t heads, bool labels, int threads,
                     std::uint64_t max_bad, nb::handle progress) {
  ModelSettings settings;
  settings.loss = ToLoss(loss);
  settings.heads = heads;
  Control control;
  Gathered all;
  RunPass(control, progress, [&] { all = Gather(rows, settings, labels, threads, max_bad, control); });
  return nb::make_tuple(ToArray(std::move(all.begins)), ToArray(std::move(all.keys)), ToArray(std::move(all.values)),
                        ToArray(std::move(all.labels)), ToArray(std::move(all.weights)), all.bytes, all.bad.count,
                        ToPython(all.bad.first));
}

void CheckRows(std::span<const std::int64_t> begins, std::size_t features) {
  if (begins.empty() || begins.front() != 0 || !std::is_sorted(begins.begin(), begins.end()) ||
      static_cast<std::size_t>(begins.back()) != features) {
    throw std::invalid_argument("begins must go up from 0 to the number of keys");
  }
}

nb::tuple Columns(const Array<std::int64_t>& begins, const Array<std::uint64_t>& keys, const Array<float>& values,
                  const Array<std::uint64_t>& known) {
  CheckRows(View(begins), keys.size());
  if (values.size() != keys.size()) throw std::invalid_argument("there must be a value for each key");
  if (!std::is_sorted(known.data(), known.data() + known.size()) || known.size() > INT32_MAX) {
    throw std::invalid_argument("known keys must ascend");
  }
  Columned found;
  {
    const nb::gil_scoped_release release;
    found = ToColumns(View(begins), View(keys), View(values), View(known));
  }
  return nb::make_tuple(ToArray(std::move(found.begins)), ToArray(std::move(found.columns)),
                        ToArray(std::move(found.values)));
}

nb::object Common(const Array<std::uint64_t>& keys, std::uint64_t least) {
  std::vector<std::uint64_t> found;
  {
    const nb::gil_scoped_release release;
    found = CommonKeys(View(keys), least);
  }
  return ToArray(std::move(found));
}

double WeightOf(std::span<const float> weights, std::size_t row) {
  return weights.empty() ? 1.0 : static_cast<double>(weights[row]);
}

template <typename Loss>
void CountAll(Loss loss, std::span<const float> scores, std::span<const float> labels, std::span<const float> weights,
              Totals& totals) {
  LogSum logs;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    totals.Count(loss, scores[row], labels[row], WeightOf(weights, row), logs);
  }
  totals.loss += logs.Total();
}

void CountClasses(std::span<const float> scores, std::size_t heads, std::span<const float> labels,
                  std::span<const float> weights, Totals& totals) {
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (!Softmax::Allows(labels[row], heads)) throw std::invalid_argument("a label is no class");
    totals.CountClass(scores.subspan(row * heads, heads), labels[row], WeightOf(weights, row));
  }
}

nb::dict Compare(std::string_view loss, const Array<float>& scores, const Array<float>& labels,
                 const Array<float>& weights) {
  const std::size_t heads = labels.size() == 0 ? 1 : scores.size() / labels.size();
  if (labels.size() * heads != scores.size()) throw std::invalid_argument("there must be scores for each label");
  if (weights.size() != 0 && weights.size() != labels.size()) {
    throw std::invalid_argument("there must be a weight for each label");
  }
  const auto totals = std::make_unique<Totals>();
  if (ToLoss(loss) == LossKind::kSoftmax) {
    CountClasses(View(scores), heads, View(labels), View(weights), *totals);
    return Describe(*totals);
  }
  if (heads != 1) throw std::invalid_argument("there must be a score for each label");
  WithLoss(ToLoss(loss), [&](auto known) { CountAll(known, View(scores), View(labels), View(weights), *totals); });
  return Describe(*totals);
}

}  // namespace

void BindMatrix(nb::module_& module) {
  module.def(
      "gather", &GatherRows, "rows"_a, "loss"_a, nb::kw_only(), "heads"_a = 1, "labels"_a = true, "threads"_a = 0,
      "max_bad"_a = 0, "progress"_a = nb::none(),
      nb::sig("def gather(rows: RowsSource, loss: str, *, heads: int = 1, labels: bool = True, threads: int = 0, "
              "max_bad: int = 0, progress: collections.abc.Callable[[int, int], object] | None = None) -> "
              "tuple[object, object, object, object, object, int, int, list[tuple[int, int, int, str]]]"),
      "All examples at once, as NumPy arrays: begins int64 (one more than there are), keys uint64, values float32,\n"
      "labels float32 (NaN: not known), weights float32 (none: all are 1); then bytes of text, bad rows, and the first of\n"
      "these.  labels: examples need one that the loss allows.  Raises BadRows, ChunkDamaged, OSError.");
  module.def("common_keys", &Common, "keys"_a.noconvert(), "least"_a,
             nb::sig("def common_keys(keys: object, least: int) -> object"),
             "Of uint64 keys those that occur at least so many times, ascending.");
  module.def("to_columns", &Columns, "begins"_a.noconvert(), "keys"_a.noconvert(), "values"_a.noconvert(),
             "known"_a.noconvert(),
             nb::sig("def to_columns(begins: object, keys: object, values: object, known: object) -> "
                     "tuple[object, object, object]"),
             "Keys by their places in `known`, which ascends: begins int64, columns int32, values float32.  Others are left\n"
             "out; columns ascend within a row, and one that is there twice is the sum.  ValueError where arrays do not fit.");
  module.def("compare", &Compare, "loss"_a, "scores"_a.noconvert(), "labels"_a.noconvert(), "weights"_a.noconvert(),
             nb::sig("def compare(loss: str, scores: object, labels: object, weights: object) -> dict[str, float]"),
             "What scores come to beside labels, float32 all, as Learner.totals; no weights: all are 1.  For softmax there are as\n"
             "many scores a label as classes.");
}

}  // namespace tiffin::bind
