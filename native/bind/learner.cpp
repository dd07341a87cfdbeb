// Models in training.
#include <nanobind/stl/unique_ptr.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "bind/learn.h"
#include "engine/arrays.h"

namespace tiffin::bind {
namespace {

using namespace tiffin::learn;
using nb::literals::operator""_a;

template <typename Kind>
Kind Named(std::string_view name, std::string_view what, std::initializer_list<std::pair<std::string_view, Kind>> known) {
  for (const auto& [text, kind] : known) {
    if (text == name) return kind;
  }
  throw std::invalid_argument("no " + std::string(what) + " '" + std::string(name) + "'");
}

std::unique_ptr<Learner> NewLearner(std::string_view score, std::string_view loss, const Optimizer& linear,
                                    const Optimizer& latent, int size, std::uint32_t fields, float first,
                                    std::uint64_t seed, bool unit_length, std::size_t heads, float decay, int bits, bool exact, int admit,
                                    std::int32_t ttl, std::size_t memory, const Path& spill) {
  ModelSettings settings;
  settings.score = Named<ScoreKind>(
      score, "score", {{"linear", ScoreKind::kLinear}, {"fm", ScoreKind::kFm}, {"ffm", ScoreKind::kFfm}});
  settings.loss = ToLoss(loss);
  settings.linear = ToOptimizer(linear);
  settings.latent = ToOptimizer(latent);
  settings.size = size;
  settings.fields = fields;
  settings.first = first;
  settings.seed = seed;
  settings.unit_length = unit_length;
  settings.heads = heads;
  settings.decay = decay;
  const bool vectors = settings.score != ScoreKind::kLinear;
  if (vectors != (size > 0)) throw std::invalid_argument("latent vectors need a size, and a linear score has none");
  if ((settings.score == ScoreKind::kFfm) != (fields > 0)) throw std::invalid_argument("fields are for ffm, and it needs them");
  if (heads == 0 || (heads > 1 && fields > 0)) throw std::invalid_argument("there is a head at least, and one of ffm");
  if (settings.loss == LossKind::kSoftmax && heads < 2) throw std::invalid_argument("softmax needs several heads");
  return std::make_unique<Learner>(settings, ToTable(bits, exact, admit, ttl, memory, spill));
}

void Pass(Learner& learner, RowsSource& rows, bool learn, int threads, bool deterministic, std::uint64_t max_bad,
          bool go_on, float negatives, nb::handle progress) {
  // Before anybody is told of progress and asks how far this pass is.
  if (!go_on) learner.set_pass_state({});
  Control control;
  PassOptions options{threads, deterministic, learn, max_bad, go_on};
  options.negatives = negatives;
  RunPass(control, progress, [&] { learner.Pass(rows, options, control); });
}

using Begins = Array<std::int64_t>;
using Keys = Array<std::uint64_t>;
using Floats = Array<float>;

void PassMatrix(Learner& learner, const Begins& begins, const Keys& keys, const Floats& values, const Floats& labels,
                const Floats& weights, bool learn, int threads, bool deterministic, nb::handle progress) {
  MatrixRows rows({View(begins), View(keys), View(values), View(labels), View(weights)});
  Control control;
  const PassOptions options{.threads = threads, .deterministic = deterministic, .learn = learn};
  RunPass(control, progress, [&] { learner.Pass(rows, options, control); });
}

std::size_t Save(const Learner& learner, const Path& directory, bool state, bool ages) {
  const nb::gil_scoped_release release;
  return SaveTable(learner, directory.bytes, state, ages);
}

void Load(Learner& learner, const Path& directory, std::size_t rows, bool state, bool ages, std::string_view dtype,
          float weights_scale, bool mapped) {
  const Saved saved{directory.bytes, rows, state, ages, ToNumbers(dtype), weights_scale};
  const nb::gil_scoped_release release;
  if (mapped) {
    learner.set_table(MapTable(learner, saved, true));
  } else {
    LoadTable(learner, saved);
  }
}

}  // namespace

OptimizerSettings ToOptimizer(const Optimizer& settings) {
  const auto name = nb::cast<std::string>(settings[0]);
  const auto kind = Named<OptimizerKind>(name, "optimiser",
                                         {{"sgd", OptimizerKind::kSgd},
                                          {"adagrad", OptimizerKind::kAdaGrad},
                                          {"ftrl", OptimizerKind::kFtrl},
                                          {"normalized", OptimizerKind::kNormalized}});
  return {kind, nb::cast<float>(settings[1]), nb::cast<float>(settings[2]), nb::cast<float>(settings[3]),
          nb::cast<float>(settings[4])};
}

TableSettings ToTable(int bits, bool exact, int admit, std::int32_t ttl, std::size_t memory, const Path& spill) {
  if (bits < FixedTable::kLeastBits || bits > FixedTable::kMostBits) {
    throw std::invalid_argument("bits must be from 1 to 32, found " + std::to_string(bits));
  }
  if (admit < 1 || admit > AdmissionFilter::kMost) {
    throw std::invalid_argument("admit must be from 1 to 15, found " + std::to_string(admit));
  }
  return {exact, bits, {admit, ttl, memory, spill.bytes}};
}

LossKind ToLoss(std::string_view name) {
  return Named<LossKind>(name, "loss",
                         {{"logistic", LossKind::kLogistic},
                          {"squared", LossKind::kSquared},
                          {"poisson", LossKind::kPoisson},
                          {"softmax", LossKind::kSoftmax}});
}

NumberKind ToNumbers(std::string_view dtype) {
  return Named<NumberKind>(
      dtype, "type of numbers",
      {{"float32", NumberKind::kFloat}, {"float16", NumberKind::kHalf}, {"int8", NumberKind::kByte}});
}

nb::dict Describe(const Totals& totals) {
  nb::dict found;
  found["rows"] = totals.rows;
  found["features"] = totals.features;
  found["bytes"] = totals.bytes;
  found["bad_rows"] = totals.bad_rows;
  Describe(found, totals.weight, totals.loss, totals.counts);
  found["correct"] = totals.correct;
  found["read_s"] = totals.read_s;
  found["parse_s"] = totals.parse_s;
  found["learn_s"] = totals.learn_s;
  found["wait_s"] = totals.wait_s;
  found["taken"] = totals.taken;
  found["queued"] = totals.queued;
  return found;
}

nb::list DescribeTasks(const Totals& totals) {
  nb::list found;
  for (const TaskTotals& task : totals.tasks) {
    nb::dict its;
    its["rows"] = task.rows;
    Describe(its, task.weight, task.loss, task.counts);
    found.append(its);
  }
  return found;
}

nb::list ToPython(const std::vector<BadRow>& rows) {
  nb::list found;
  for (const BadRow& row : rows) {
    found.append(nb::make_tuple(row.file, row.line, row.column, ToPython(row.what)));
  }
  return found;
}

void BindLearner(nb::module_& module) {
  nb::class_<Learner> learner(module, "Learner", "A model in training: its table, and the passes over data.");
  learner
      .def(nb::new_(&NewLearner), "score"_a, "loss"_a, "linear"_a, "latent"_a, nb::kw_only(), "size"_a = 0,
           "fields"_a = 0, "first"_a = 0.1F, "seed"_a = 0, "unit_length"_a = false, "heads"_a = 1, "decay"_a = 1.0F, "bits"_a = 22,
           "exact"_a = false, "admit"_a = 1, "ttl"_a = 0, "memory"_a = 0, "spill"_a = Path{"."},
           "score: linear, fm, ffm.  loss: logistic, squared, poisson; softmax, with a head for each class.  heads: with the other\n"
           "losses one for each task; ffm has one.\n"
           "linear, latent: optimiser as (name, alpha, beta, l1, l2), name one of sgd, adagrad, ftrl, normalized.  exact: a table with a row for each key, which has the\n"
           "settings after it; else one of 2**bits rows.")
      .def("run", &Pass, "rows"_a, nb::kw_only(), "learn"_a = true, "threads"_a = 0, "deterministic"_a = false,
           "max_bad"_a = 0, "go_on"_a = false, "negatives"_a = 1.0F, "progress"_a = nb::none(),
           nb::sig("def run(self, rows: RowsSource, *, learn: bool = True, threads: int = 0, deterministic: bool = False, "
                   "max_bad: int = 0, go_on: bool = False, negatives: float = 1.0, progress: "
                   "collections.abc.Callable[[int, int], object] | None = None) -> None"),
           "One pass, or with go_on the rest of the last one.  negatives: the part of the examples without a positive label\n"
           "that is learned from, with weights to match.  progress is told rows and bytes.  Raises BadRows, Diverged,\n"
           "ChunkDamaged, OSError.")
      .def("run_matrix", &PassMatrix, "begins"_a.noconvert(), "keys"_a.noconvert(), "values"_a.noconvert(),
           "labels"_a.noconvert(), "weights"_a.noconvert(), nb::kw_only(), "learn"_a = true, "threads"_a = 0,
           "deterministic"_a = false, "progress"_a = nb::none(),
           nb::sig("def run_matrix(self, begins: object, keys: object, values: object, labels: object, weights: object, *, "
                   "learn: bool = True, threads: int = 0, deterministic: bool = False, progress: "
                   "collections.abc.Callable[[int, int], object] | None = None) -> None"),
           "One pass over a sparse matrix in compressed rows: begins int64, keys uint64, the others float32; an array of no\n"
           "size is none.  Lines are examples.  Raises as `run`, and ValueError where the arrays do not fit together.")
      .def("totals", [](const Learner& learner) { return Describe(learner.totals()); }, nb::sig("def totals(self) -> dict[str, float]"),
           "Of the pass under way or the last one: rows, features, bytes, bad_rows, weight, loss (its weighted sum), of softmax\n"
           "correct (the weight of rows whose class has the largest score), of the logistic loss auc, average_precision, calibration_error (NaN where they say nothing), positive_weight,\n"
           "predicted_weight, the seconds of all threads in read_s, parse_s, learn_s, wait_s, taken (blocks that were learned from), and\n"
           "queued (how many parsed ones waited when each was taken, added up).")
      .def("task_totals", [](const Learner& learner) { return DescribeTasks(learner.totals()); },
           nb::sig("def task_totals(self) -> list[dict[str, float]]"),
           "Of several tasks what each came to: the figures of `totals` that have to do with its label.")
      .def("bad_rows", [](const Learner& learner) { return ToPython(learner.bad_rows()); }, nb::sig("def bad_rows(self) -> list[tuple[int, int, int, str]]"),
           "The first of them: file (its number), line, column (0: not known), what.")
      .def(
          "pause", [](Learner& learner) { learner.pause().Begin(); }, nb::call_guard<nb::gil_scoped_release>(),
          "Returns when no thread learns; none goes on before `resume`, which the same thread calls.")
      .def(
          "resume", [](Learner& learner) { learner.pause().End(); }, "Ends a pause, if there is one.")
      .def_prop_rw("pass_state", &PassStateOf, &SetPassState, nb::for_getter(nb::sig("def pass_state(self) -> dict[str, object]")),
                   nb::for_setter(nb::sig("def pass_state(self, value: dict[str, object], /) -> None")),
                   "How far the pass under way or the last one is, as what JSON can hold.  ValueError for what is none.")
      .def_prop_rw(
          "bias",
          [](Learner& learner) {
            nb::list found;
            for (const float one : learner.bias()) found.append(one);
            return nb::tuple(found);
          },
          [](Learner& learner, const nb::tuple& bias) {
            if (bias.size() != learner.bias().size()) throw std::invalid_argument("bias must have three floats a head");
            for (std::size_t i = 0; i < bias.size(); ++i) learner.bias()[i] = nb::cast<float>(bias[i]);
          },
          nb::for_getter(nb::sig("def bias(self) -> tuple[float, ...]")),
          nb::for_setter(nb::sig("def bias(self, value: tuple[float, ...], /) -> None")),
          "The constant of each head: weight and two floats of state.")
      .def_prop_ro(
          "key_rows",
          [](Learner& learner) {
            const auto* const exact = dynamic_cast<const ExactTable*>(&learner.table());
            return exact == nullptr ? 0 : exact->size();
          },
          "Rows that an exact table has in memory, while no pass is under way.")
      .def("save", &Save, "directory"_a, "state"_a, "ages"_a = false,
           "Writes the arrays of docs/formats/model.md; gives the number of rows.  OSError where one is there already.")
      .def("save_sightings", [](Learner& learner, const Path& path) { return SaveSightings(learner.table().sightings(), path); },
           "path"_a, nb::sig("def save_sightings(self, path: str) -> dict[str, int] | None"),
           "Writes what the table counts to admit and forget keys to a new file; gives what `load_sightings` wants, None where\n"
           "it counts nothing.  OSError.")
      .def("load_sightings",
           [](Learner& learner, const Path& path, const nb::dict& found) {
             LoadSightings(learner.table().sightings(), path, found);
           },
           "path"_a, "found"_a, nb::sig("def load_sightings(self, path: str, found: dict[str, int]) -> None"),
           "Goes on counting from there, as far as this table counts the same things.  OSError; ValueError.")
      .def("load", &Load, "directory"_a, "rows"_a, nb::kw_only(), "state"_a = false, "ages"_a = false, "dtype"_a = "float32",
           "weights_scale"_a = 1.0F, "mapped"_a = false,
           "Fills an empty table with what `save` wrote, or what is in its place with numbers of type float16 or int8.\n"
           "weights_scale: of those bytes that are weights.  mapped: the table is these files, of which nothing is read before\n"
           "it is asked for, and learns nothing.  OSError; ValueError where a file is not of this model.");
  BindScoring(learner);
}

}  // namespace tiffin::bind
