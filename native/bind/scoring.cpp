// Asking models: predictions, and how they compare with labels.
#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "bind/learn.h"
#include "engine/slices.h"
#include "source/rows_source.h"

namespace tiffin::bind {
namespace {

using namespace tiffin::learn;
using nb::literals::operator""_a;

nb::bytes ToBytes(std::span<const float> values) {
  return nb::bytes(reinterpret_cast<const char*>(values.data()), values.size_bytes());
}

void Predict(Learner& learner, RowsSource& rows, const nb::callable& take, bool scores, int threads,
             std::uint64_t max_bad, nb::handle progress) {
  Control control;
  const PassOptions options{.threads = threads, .learn = false, .max_bad = max_bad};
  const auto hand_over = [&](const Block&, const Rows&, std::span<float> found) {
    if (!scores) ToMeans(learner.settings(), found);
    const nb::gil_scoped_acquire acquire;
    take(ToBytes(found));
  };
  RunPass(control, progress, [&] { learner.Score(rows, options, false, hand_over, control); });
}

nb::object PredictMatrix(Learner& learner, const Array<std::int64_t>& begins, const Array<std::uint64_t>& keys,
                         const Array<float>& values, bool scores, int threads) {
  MatrixRows rows({View(begins), View(keys), View(values), {}, {}});
  Control control;
  const PassOptions options{.threads = threads, .learn = false};
  std::vector<float> all;
  const auto gather = [&](const Block&, const Rows&, std::span<float> found) {
    if (!scores) ToMeans(learner.settings(), found);
    all.insert(all.end(), found.begin(), found.end());
  };
  RunPass(control, nb::none(), [&] { learner.Score(rows, options, false, gather, control); });
  return ToArray(std::move(all));
}

nb::dict DescribeSlice(const Slice& slice) {
  nb::dict found;
  found["rows"] = slice.rows();
  Describe(found, slice.weight(), slice.loss(), slice.Counts());
  return found;
}

// Values that are followed, if no more are asked for: 100 MB of counts when all of them have many rows.
constexpr std::size_t kFollowed = 1000;

nb::tuple Compare(Learner& learner, RowsSource& rows, std::size_t most, int threads, std::uint64_t max_bad,
                  nb::handle progress) {
  if (learner.settings().heads > 1) throw std::invalid_argument("only one score can be counted by a column");
  Control control;
  const PassOptions options{.threads = threads, .learn = false, .max_bad = max_bad};
  Slices slices(std::max(kFollowed, most));
  std::vector<std::string_view> values;
  const auto count = [&](const Block& block, const Rows& examples, std::span<float> scores) {
    rows.ColumnOf(block, examples, values);
    WithLoss(learner.settings().loss, [&](auto loss) {
      for (std::size_t row = 0; row < examples.size(); ++row) {
        const float label = examples.labels[row];
        const float weight = examples.has_weights() ? examples.weights[row] : 1.0F;
        slices.Of(values[row]).Add(scores[row], loss.Mean(scores[row]), label, weight, loss.Value(scores[row], label));
      }
    });
  };
  RunPass(control, progress, [&] { learner.Score(rows, options, true, count, control); });
  nb::list named;
  for (const Slices::Named& one : slices.TakeLargest(most)) {
    named.append(nb::make_tuple(ToPython(one.value), one.missed, DescribeSlice(one.slice)));
  }
  return nb::make_tuple(named, DescribeSlice(slices.others()));
}

}  // namespace

void Describe(nb::dict& found, double weight, double loss, const ScoreCounts& counts) {
  found["weight"] = weight;
  found["loss"] = loss;
  found["auc"] = counts.Auc();
  found["average_precision"] = counts.AveragePrecision();
  found["calibration_error"] = counts.CalibrationError();
  found["positive_weight"] = counts.positive_weight();
  found["predicted_weight"] = counts.predicted_weight();
}

void BindScoring(nb::class_<Learner>& learner) {
  learner
      .def("predict", &Predict, "rows"_a, "take"_a, nb::kw_only(), "scores"_a = false, "threads"_a = 0, "max_bad"_a = 0,
           "progress"_a = nb::none(),
           nb::sig("def predict(self, rows: RowsSource, take: collections.abc.Callable[[bytes], object], *, scores: bool = "
                   "False, threads: int = 0, max_bad: int = 0, progress: collections.abc.Callable[[int, int], object] | "
                   "None = None) -> None"),
           "Hands over the predictions of one block after the other, in order, one float32 a row and\n"
           "head; `take` is called from\n"
           "threads of the pass, never twice at a time, and an exception of it ends the pass.  Raises as `run`.")
      .def("predict_matrix", &PredictMatrix, "begins"_a.noconvert(), "keys"_a.noconvert(), "values"_a.noconvert(),
           nb::kw_only(), "scores"_a = false, "threads"_a = 0,
           nb::sig("def predict_matrix(self, begins: object, keys: object, values: object, *, scores: bool = False, "
                   "threads: int = 0) -> object"),
           "One float32 a row and head of a matrix as in `run_matrix`, in a NumPy array.")
      .def("compare", &Compare, "rows"_a, "most"_a, nb::kw_only(), "threads"_a = 0, "max_bad"_a = 0,
           "progress"_a = nb::none(),
           nb::sig("def compare(self, rows: RowsSource, most: int, *, threads: int = 0, max_bad: int = 0, progress: "
                   "collections.abc.Callable[[int, int], object] | None = None) -> tuple[list[tuple[str, int, dict[str, "
                   "float]]], dict[str, float]]"),
           "Compares predictions with labels for each value of the rows' column.  Of the values with most rows, largest\n"
           "first: the value, how many of its rows at most are among the others, and figures as in `totals`; and the\n"
           "figures of the others.  The totals are of all rows.  Raises as `run`.");
}

}  // namespace tiffin::bind
