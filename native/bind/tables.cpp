// Parameters that Python's loops learn: tables of rows, arrays, and how good the scores were.
#include <nanobind/stl/unique_ptr.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "bind/learn.h"
#include "engine/mapped_table.h"
#include "engine/npy.h"
#include "engine/pooling.h"
#include "engine/row_files.h"
#include "params/local_table.h"

namespace tiffin::bind {
namespace {

using namespace tiffin::learn;
using nb::literals::operator""_a;

using Matrix = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using InPlace = nb::ndarray<float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using InPlaceMatrix = nb::ndarray<float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

template <typename A>
std::span<const float> Floats(const A& array) {
  return {array.data(), array.size()};
}
std::span<float> Floats(NewFloats& array) { return {array.data(), array.size()}; }

std::unique_ptr<LocalTable> NewLocalTable(int bits, std::size_t width, const Optimizer& optimizer, float first,
                                          std::uint64_t seed, float decay, bool exact, int admit, std::int32_t ttl,
                                          std::size_t memory, const Path& spill) {
  if (width == 0) throw std::invalid_argument("a row has a float at least");
  return std::make_unique<LocalTable>(ToTable(bits, exact, admit, ttl, memory, spill),
                                      LocalTable::Settings{width, ToOptimizer(optimizer), first, seed, decay});
}

NewFloats Pull(LocalTable& table, const Array<std::uint64_t>& keys, bool unseen) {
  NewFloats values = MakeFloats({keys.size(), table.width()});
  const nb::gil_scoped_release release;
  table.Pull(View(keys), unseen, Floats(values));
  return values;
}

void Push(LocalTable& table, const Array<std::uint64_t>& keys, const Matrix& gradients, std::size_t examples) {
  if (gradients.shape(0) != keys.size() || gradients.shape(1) != table.width()) {
    throw std::invalid_argument("expected gradients (" + std::to_string(keys.size()) + ", " +
                                std::to_string(table.width()) + "), found (" + std::to_string(gradients.shape(0)) +
                                ", " + std::to_string(gradients.shape(1)) + ")");
  }
  const nb::gil_scoped_release release;
  table.Push(View(keys), Floats(gradients), examples);
}

const char* NameTypeOf(const LocalTable& table) {
  return table.is_exact() ? kNpyType<std::uint64_t> : kNpyType<std::uint32_t>;
}

std::size_t Save(const LocalTable& table, const Path& names, const Path& values, const Path& states, const Path& ages) {
  const nb::gil_scoped_release release;
  RowFiles files;
  const std::size_t names_file = files.Add(names.bytes, NameTypeOf(table), {});
  const std::size_t values_file = files.Add(values.bytes, kNpyType<float>, {table.width()});
  std::optional<std::size_t> states_file;
  if (!states.bytes.empty()) states_file = files.Add(states.bytes, kNpyType<float>, {table.states(), table.width()});
  std::optional<std::size_t> ages_file;
  if (!ages.bytes.empty()) ages_file = files.Add(ages.bytes, kNpyType<std::uint32_t>, {});
  const auto is_finite = [](float value) { return std::isfinite(value); };
  files.Write(table.parts(), [&](std::size_t part, RowFiles::Part& to) {
    table.ForEachIn(part, [&](std::uint64_t name, std::span<const float> its_values, std::span<const float> its_states,
                              std::uint32_t age) {
      // Such a model could not be read.
      if (!std::ranges::all_of(its_values, is_finite) || !std::ranges::all_of(its_states, is_finite)) {
        throw std::overflow_error("a number of the table is not finite");
      }
      if (table.is_exact()) {
        *to.Append<std::uint64_t>(names_file, 1) = name;
      } else {
        *to.Append<std::uint32_t>(names_file, 1) = static_cast<std::uint32_t>(name);
      }
      if (ages_file) *to.Append<std::uint32_t>(*ages_file, 1) = age;
      std::ranges::copy(its_values, to.Append<float>(values_file, its_values.size()));
      if (states_file) std::ranges::copy(its_states, to.Append<float>(*states_file, its_states.size()));
      to.End(1);
    });
  });
  return files.Finish();
}

void Load(LocalTable& table, const Path& names, const Path& values, const Path& states, const Path& ages,
          std::size_t count, std::string_view dtype, const Path& scales, bool mapped) {
  const NumberKind kind = ToNumbers(dtype);
  const nb::gil_scoped_release release;
  const std::size_t width = table.width();
  const auto open = [&](const Path& path, const char* type, const RowShape& shape) {
    return NpyArray(path.bytes, type, count, shape, mapped);
  };
  MappedTable::Settings settings{.names = open(names, NameTypeOf(table), {}),
                                 .bits = table.is_exact() ? 0 : table.table_settings().bits,
                                 .rows = count,
                                 .width = width * (1 + table.states()),
                                 .parts = {}};
  MappedPart part{open(values, NpyTypeOf(kind), {width}), kind, 0, width};
  if (!scales.bytes.empty()) part.scales = open(scales, kNpyType<float>, {});
  settings.parts.push_back(std::move(part));
  if (!states.bytes.empty()) {
    settings.parts.push_back({open(states, kNpyType<float>, {table.states(), width}), NumberKind::kFloat, width,
                              table.states() * width});
  }
  if (!ages.bytes.empty()) settings.ages = open(ages, kNpyType<std::uint32_t>, {});
  auto rows = std::make_unique<MappedTable>(std::move(settings));
  if (mapped) {
    table.set_table(std::move(rows));
  } else {
    table.Fill(*rows, count);
  }
}

void ScatterInto(const InPlaceMatrix& to, const Array<std::uint32_t>& index, const Matrix& from) {
  if (from.shape(0) != index.size() || from.shape(1) != to.shape(1)) {
    throw std::invalid_argument("expected a row of the same width for each index");
  }
  const nb::gil_scoped_release release;
  ScatterAdd(View(index), to.shape(1), Floats(from), {to.data(), to.size()});
}

void Step(const Optimizer& optimizer, const InPlace& weights, const InPlaceMatrix& states, const Array<float>& gradient) {
  const OptimizerSettings settings = ToOptimizer(optimizer);
  const std::size_t size = weights.size();
  if (gradient.size() != size || states.shape(1) != size ||
      states.shape(0) != static_cast<std::size_t>(StatesOf(settings))) {
    throw std::invalid_argument("weights, states and gradient must fit together");
  }
  WithOptimizer(settings, [&](const auto& optimizer) {
    constexpr auto count = std::size_t{std::remove_cvref_t<decltype(optimizer)>::kState};
    float state[count + 1];
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t s = 0; s < count; ++s) state[s] = states.data()[s * size + i];
      optimizer.Step(weights.data()[i], state, gradient.data()[i], 1.0F);
      for (std::size_t s = 0; s < count; ++s) states.data()[s * size + i] = state[s];
    }
  });
}

// Scores beside labels, batch after batch.
class ScoreTotals {
 public:
  ScoreTotals(std::string_view loss, std::size_t outputs) : loss_(ToLoss(loss)), outputs_(outputs) {
    if (outputs == 0) throw std::invalid_argument("an example has a score at least");
  }

  // Rows whose label the loss does not allow are not counted.  weights: none, or as many.
  void Add(const Array<float>& scores, const Array<float>& labels, const Array<float>& weights) {
    const std::size_t its_labels = loss_ == LossKind::kSoftmax ? 1 : outputs_;
    const std::size_t rows = labels.size() / its_labels;
    if (labels.size() != rows * its_labels || scores.size() != rows * outputs_ || (weights.size() > 0 && weights.size() != rows)) {
      throw std::invalid_argument("expected a label, a weight and " + std::to_string(outputs_) + " scores for each example");
    }
    const nb::gil_scoped_release release;
    const auto weight = [&](std::size_t row) -> double { return weights.size() > 0 ? weights.data()[row] : 1.0F; };
    if (loss_ == LossKind::kSoftmax) {
      for (std::size_t row = 0; row < rows; ++row) {
        const float label = labels.data()[row];
        const std::span<const float> its = Floats(scores).subspan(row * outputs_, outputs_);
        if (Softmax::Allows(label, outputs_)) totals_.CountClass(its, label, weight(row));
      }
      return;
    }
    LogSum logs;
    WithLoss(loss_, [&](auto loss) {
      for (std::size_t row = 0; row < rows; ++row) {
        if (outputs_ > 1) {
          const std::size_t at = row * outputs_;
          totals_.CountTasks(loss, Floats(scores).subspan(at, outputs_), View(labels).subspan(at, outputs_), weight(row));
        } else if (const float label = labels.data()[row]; loss.Allows(label)) {
          totals_.Count(loss, scores.data()[row], label, weight(row), logs);
        }
      }
    });
    totals_.loss += logs.Total();
  }
  nb::dict totals() const { return Describe(totals_); }
  nb::list task_totals() const { return DescribeTasks(totals_); }
  nb::dict state() { return StateOf(totals_); }
  void set_state(const nb::dict& state) { totals_ = TotalsOf(state); }

  NewFloats Means(const Array<float>& scores) const {
    NewFloats means = MakeFloats({scores.size()});
    std::copy_n(scores.data(), scores.size(), means.data());
    ModelSettings settings;
    settings.loss = loss_;
    settings.heads = outputs_;
    ToMeans(settings, Floats(means));
    return means;
  }

 private:
  LossKind loss_;
  std::size_t outputs_;
  Totals totals_;
};

}  // namespace

void BindTables(nb::module_& module) {
  nb::class_<LocalTable>(module, "LocalTable", "A row of floats for each key, in the memory of this process.")
      .def(nb::new_(&NewLocalTable), "bits"_a, "width"_a, "optimizer"_a, "first"_a = 0.0F, "seed"_a = 0, nb::kw_only(),
           "decay"_a = 1.0F, "exact"_a = false, "admit"_a = 1, "ttl"_a = 0, "memory"_a = 0, "spill"_a = Path{"."},
           "2**bits rows, or exact: a row for each key, which has the settings after it.  optimizer: (name, alpha, beta, l1,\n"
           "l2).  Values begin between -first and first, over the root of the width.  decay: of all at the end of a pass.")
      .def_prop_ro("width", &LocalTable::width)
      .def_prop_ro("states", &LocalTable::states, "Floats of state for each value.")
      .def("pull", &Pull, "keys"_a.noconvert(), "unseen"_a = true,
           nb::sig("def pull(self, keys: object, unseen: bool = True) -> numpy.typing.NDArray[numpy.float32]"),
           "The rows of keys, uint64, in any order.  unseen: whether rows that nobody changed come as they begin, or else\n"
           "as zeros.")
      .def("push", &Push, "keys"_a.noconvert(), "gradients"_a.noconvert(), "examples"_a = 1,
           nb::sig("def push(self, keys: object, gradients: object, examples: int = 1) -> None"),
           "One step of the optimiser for each key, by gradients of so many examples.  ValueError unless keys are ascending,\n"
           "each once; OSError where rows cannot be spilled.")
      .def("end_pass", &LocalTable::EndPass, nb::call_guard<nb::gil_scoped_release>(),
           "All was learned from once: rows decay, and those not seen for long leave.")
      .def("save", &Save, "names"_a, "values"_a, "states"_a = Path{""}, "ages"_a = Path{""},
           "Writes all rows that were changed to new files, in the order that `load` wants: names, which are numbers or keys,\n"
           "values (n, width), and if they are named states (n, states, width) and ages (n), in examples.  Gives n.  OSError;\n"
           "OverflowError where a number is not finite.")
      .def("load", &Load, "names"_a, "values"_a, "states"_a, "ages"_a, "count"_a, nb::kw_only(), "dtype"_a = "float32",
           "scales"_a = Path{""}, "mapped"_a = false,
           "Fills an empty table with what `save` wrote; \"\": there is no such file.  dtype: of values, float16 or int8 in\n"
           "another file's place, the latter with scales, float32 (n).  mapped: the table is these files, of which nothing is\n"
           "read before it is asked for, and learns nothing.  OSError; ValueError where a file is not of such a table.")
      .def("save_sightings", [](const LocalTable& table, const Path& path) { return SaveSightings(table.sightings(), path); },
           "path"_a, nb::sig("def save_sightings(self, path: str) -> dict[str, int] | None"), "As of a Learner.")
      .def("load_sightings",
           [](const LocalTable& table, const Path& path, const nb::dict& found) {
             LoadSightings(table.sightings(), path, found);
           },
           "path"_a, "found"_a, nb::sig("def load_sightings(self, path: str, found: dict[str, int]) -> None"),
           "As of a Learner.");
  module.def("scatter_add", &ScatterInto, "to"_a.noconvert(), "index"_a.noconvert(), "rows"_a.noconvert(),
             nb::sig("def scatter_add(to: object, index: object, rows: object) -> None"),
             "to[index[i]] += rows[i], float32 and uint32.");
  module.def("optimizer_step", &Step, "optimizer"_a, "weights"_a.noconvert(), "states"_a.noconvert(),
             "gradient"_a.noconvert(),
             nb::sig("def optimizer_step(optimizer: tuple[str, float, float, float, float], weights: object, states: "
                     "object, gradient: object) -> None"),
             "One step in place: weights (n), states (states, n), gradient (n).");
  module.def(
      "states_of", [](const Optimizer& optimizer) { return StatesOf(ToOptimizer(optimizer)); }, "optimizer"_a,
      "Floats of state that an optimiser (name, alpha, beta, l1, l2) keeps for a weight.");
  nb::class_<ScoreTotals>(module, "ScoreTotals", "Scores compared with labels, as a loss has them.")
      .def(nb::init<std::string_view, std::size_t>(), "loss"_a, "outputs"_a = 1)
      .def("add", &ScoreTotals::Add, "scores"_a.noconvert(), "labels"_a.noconvert(), "weights"_a.noconvert(),
           nb::sig("def add(self, scores: object, labels: object, weights: object) -> None"),
           "float32, scores (n * outputs) of weights (n) and labels, (n * outputs) unless of softmax (n); weights of no size: all are 1.  Rows without a label are\n"
           "passed over.")
      .def("totals", &ScoreTotals::totals, nb::sig("def totals(self) -> dict[str, float]"),
           "As those of a Learner, without what only it knows.")
      .def_prop_rw("state", &ScoreTotals::state, &ScoreTotals::set_state,
                   nb::for_getter(nb::sig("def state(self) -> dict[str, object]")),
                   nb::for_setter(nb::sig("def state(self, value: dict[str, object], /) -> None")),
                   "What was counted so far, as what JSON can hold.  ValueError for what is none.")
      .def("task_totals", &ScoreTotals::task_totals, nb::sig("def task_totals(self) -> list[dict[str, float]]"),
           "As of a Learner.")
      .def("means", &ScoreTotals::Means, "scores"_a.noconvert(),
           nb::sig("def means(self, scores: object) -> numpy.typing.NDArray[numpy.float32]"),
           "The predictions that scores stand for.");
}

}  // namespace tiffin::bind
