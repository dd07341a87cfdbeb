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

// Counts scores by the value of a column.
class Comparison {
 public:
  Comparison(const RowsSource& rows, LossKind loss, std::size_t most)
      : rows_(rows), loss_(loss), slices_(std::max(kFollowed, most)) {}

  // Of the examples of one block.
  void Count(const Block& block, const Rows& examples, std::span<const float> scores) {
    rows_.ColumnOf(block, examples, values_);
    WithLoss(loss_, [&](auto loss) {
      for (std::size_t row = 0; row < examples.size(); ++row) {
        const float label = examples.labels[row];
        const float weight = examples.has_weights() ? examples.weights[row] : 1.0F;
        slices_.Of(values_[row]).Add(scores[row], loss.Mean(scores[row]), label, weight, loss.Value(scores[row], label));
      }
    });
  }
  Slices& slices() noexcept { return slices_; }

 private:
  const RowsSource& rows_;
  const LossKind loss_;
  Slices slices_;
  std::vector<std::string_view> values_;
};

nb::tuple Told(Slices& slices, std::size_t most) {
  nb::list named;
  for (const Slices::Named& one : slices.TakeLargest(most)) {
    named.append(nb::make_tuple(ToPython(one.value), one.missed, DescribeSlice(one.slice)));
  }
  return nb::make_tuple(named, DescribeSlice(slices.others()));
}

nb::tuple Compare(Learner& learner, RowsSource& rows, std::size_t most, int threads, std::uint64_t max_bad,
                  nb::handle progress) {
  if (learner.settings().heads > 1) throw std::invalid_argument("only one score can be counted by a column");
  Control control;
  const PassOptions options{.threads = threads, .learn = false, .max_bad = max_bad};
  Comparison found(rows, learner.settings().loss, most);
  const auto count = [&](const Block& block, const Rows& examples, std::span<float> scores) {
    found.Count(block, examples, scores);
  };
  RunPass(control, progress, [&] { learner.Score(rows, options, true, count, control); });
  return Told(found.slices(), most);
}

nb::tuple CompareScores(RowsSource& rows, const Array<float>& scores, std::string_view loss, std::size_t most,
                        std::uint32_t fields, std::uint64_t max_bad) {
  ModelSettings demands;
  demands.loss = ToLoss(loss);
  if (fields > 0) demands.score = ScoreKind::kFfm;  // whose features must be of known fields
  demands.fields = fields;
  Comparison found(rows, demands.loss, most);
  Control control;
  RunPass(control, nb::none(), [&] {
    Block block;
    Rows examples;
    std::vector<Fault> faults;
    BadRows bad;
    std::span<const float> rest = View(scores);
    while (!control.stop.load(std::memory_order_relaxed) && rows.Next(block, control.stop)) {
      examples.Clear();
      faults.clear();
      rows.Parse(block, examples, faults);
      bad.Add(TakeBad(demands, block, faults, true, examples), max_bad);
      if (examples.size() > rest.size()) throw std::invalid_argument("there are more examples than scores");
      found.Count(block, examples, rest.first(examples.size()));
      rest = rest.subspan(examples.size());
    }
    if (!rest.empty() && !control.stop.load(std::memory_order_relaxed)) {
      throw std::invalid_argument("there are fewer examples than scores");
    }
  });
  return Told(found.slices(), most);
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

void BindComparing(nb::module_& module) {
  module.def("compare_scores", &CompareScores, "rows"_a, "scores"_a.noconvert(), "loss"_a, "most"_a, "fields"_a = 0,
             "max_bad"_a = 0,
             nb::sig("def compare_scores(rows: RowsSource, scores: object, loss: str, most: int, fields: int = 0, max_bad: int "
                     "= 0) -> tuple[list[tuple[str, int, dict[str, float]]], dict[str, float]]"),
             "As Learner.compare, of scores, float32, one for each example in order.  ValueError for more or fewer of them.");
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
