// Parameters that Python's loops learn: tables of rows, arrays, and how good the scores were.
#include <nanobind/stl/unique_ptr.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "bind/learn.h"
#include "engine/pooling.h"
#include "params/local_table.h"

namespace tiffin::bind {
namespace {

using namespace tiffin::learn;
using nb::literals::operator""_a;

using Matrix = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Cube = nb::ndarray<const float, nb::ndim<3>, nb::c_contig, nb::device::cpu>;
using InPlace = nb::ndarray<float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using InPlaceMatrix = nb::ndarray<float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

template <typename A>
std::span<const float> Floats(const A& array) {
  return {array.data(), array.size()};
}
std::span<float> Floats(NewFloats& array) { return {array.data(), array.size()}; }

std::unique_ptr<LocalTable> NewTable(int bits, std::size_t width, const Optimizer& optimizer, float first,
                                     std::uint64_t seed) {
  if (bits < FixedTable::kLeastBits || bits > FixedTable::kMostBits) {
    throw std::invalid_argument("bits must be from 1 to 32, found " + std::to_string(bits));
  }
  if (width == 0) throw std::invalid_argument("a row has a float at least");
  return std::make_unique<LocalTable>(bits, LocalTable::Settings{width, ToOptimizer(optimizer), first, seed});
}

NewFloats Pull(const LocalTable& table, const Array<std::uint64_t>& keys, bool unseen) {
  NewFloats values = MakeFloats({keys.size(), table.width()});
  const nb::gil_scoped_release release;
  table.Pull(View(keys), unseen, Floats(values));
  return values;
}

void Push(LocalTable& table, const Array<std::uint64_t>& keys, const Matrix& gradients) {
  if (gradients.shape(0) != keys.size() || gradients.shape(1) != table.width()) {
    throw std::invalid_argument("expected gradients (" + std::to_string(keys.size()) + ", " +
                                std::to_string(table.width()) + "), found (" + std::to_string(gradients.shape(0)) +
                                ", " + std::to_string(gradients.shape(1)) + ")");
  }
  const nb::gil_scoped_release release;
  table.Push(View(keys), Floats(gradients));
}

nb::tuple Read(const LocalTable& table) {
  const std::vector<std::uint32_t> changed = table.Changed();
  auto rows = std::make_unique<std::uint32_t[]>(changed.size());
  std::copy(changed.begin(), changed.end(), rows.get());
  NewFloats values = MakeFloats({changed.size(), table.width()});
  NewFloats states = MakeFloats({changed.size(), table.states(), table.width()});
  table.Read(changed, Floats(values), Floats(states));
  nb::capsule owner(rows.get(), [](void* memory) noexcept { delete[] static_cast<std::uint32_t*>(memory); });
  const std::uint32_t* const numbers = rows.release();
  return nb::make_tuple(nb::ndarray<nb::numpy, const std::uint32_t, nb::ndim<1>>(numbers, {changed.size()}, owner),
                        values, states);
}

void Write(LocalTable& table, const Array<std::uint32_t>& rows, const Matrix& values, const Cube& states) {
  const bool whole = states.shape(0) == rows.size() && states.shape(1) == table.states() && states.shape(2) == table.width();
  if (values.shape(0) != rows.size() || values.shape(1) != table.width() || (states.shape(0) > 0 && !whole)) {
    throw std::invalid_argument("values and states must be those of the rows of such a table");
  }
  table.Write(View(rows), Floats(values), Floats(states));
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
      states.shape(0) != static_cast<std::size_t>(StatesOf(settings.kind))) {
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
  explicit ScoreTotals(std::string_view loss) : loss_(ToLoss(loss)) {}

  // Rows whose label the loss does not allow are not counted.  weights: none, or as many.
  void Add(const Array<float>& scores, const Array<float>& labels, const Array<float>& weights) {
    if (labels.size() != scores.size() || (weights.size() > 0 && weights.size() != scores.size())) {
      throw std::invalid_argument("expected a label and a weight for each score");
    }
    const nb::gil_scoped_release release;
    WithLoss(loss_, [&](auto loss) {
      for (std::size_t i = 0; i < scores.size(); ++i) {
        const double weight = weights.size() > 0 ? weights.data()[i] : 1.0F;
        if (loss.Allows(labels.data()[i])) totals_.Count(loss, scores.data()[i], labels.data()[i], weight);
      }
    });
  }
  nb::dict totals() const { return Describe(totals_); }

  NewFloats Means(const Array<float>& scores) const {
    NewFloats means = MakeFloats({scores.size()});
    WithLoss(loss_, [&](auto loss) {
      for (std::size_t i = 0; i < scores.size(); ++i) means.data()[i] = loss.Mean(scores.data()[i]);
    });
    return means;
  }

 private:
  LossKind loss_;
  Totals totals_;
};

}  // namespace

void BindTables(nb::module_& module) {
  nb::class_<LocalTable>(module, "LocalTable", "A row of floats for each key, in the memory of this process.")
      .def(nb::new_(&NewTable), "bits"_a, "width"_a, "optimizer"_a, "first"_a = 0.0F, "seed"_a = 0,
           "2**bits rows.  optimizer: (name, alpha, beta, l1, l2).  Values begin between -first and first, over the root of\n"
           "the width.")
      .def_prop_ro("width", &LocalTable::width)
      .def_prop_ro("states", &LocalTable::states, "Floats of state for each value.")
      .def("pull", &Pull, "keys"_a.noconvert(), "unseen"_a = true,
           nb::sig("def pull(self, keys: object, unseen: bool = True) -> numpy.typing.NDArray[numpy.float32]"),
           "The rows of keys, uint64, in any order.  unseen: whether rows that nobody changed come as they begin, or else\n"
           "as zeros.")
      .def("push", &Push, "keys"_a.noconvert(), "gradients"_a.noconvert(),
           nb::sig("def push(self, keys: object, gradients: object) -> None"),
           "One step of the optimiser for each key.  ValueError unless keys are ascending, each once.")
      .def("read", &Read,
           nb::sig("def read(self) -> tuple[numpy.typing.NDArray[numpy.uint32], numpy.typing.NDArray[numpy.float32], "
                   "numpy.typing.NDArray[numpy.float32]]"),
           "Of all rows that were changed: numbers (n) ascending, values (n, width), states (n, states, width).")
      .def("write", &Write, "rows"_a.noconvert(), "values"_a.noconvert(), "states"_a.noconvert(),
           nb::sig("def write(self, rows: object, values: object, states: object) -> None"),
           "What `read` gave; states of no rows are zeros.  ValueError where they are not of such a table.");
  module.def("scatter_add", &ScatterInto, "to"_a.noconvert(), "index"_a.noconvert(), "rows"_a.noconvert(),
             nb::sig("def scatter_add(to: object, index: object, rows: object) -> None"),
             "to[index[i]] += rows[i], float32 and uint32.");
  module.def("optimizer_step", &Step, "optimizer"_a, "weights"_a.noconvert(), "states"_a.noconvert(),
             "gradient"_a.noconvert(),
             nb::sig("def optimizer_step(optimizer: tuple[str, float, float, float, float], weights: object, states: "
                     "object, gradient: object) -> None"),
             "One step in place: weights (n), states (states, n), gradient (n).");
  module.def(
      "states_of", [](const Optimizer& optimizer) { return StatesOf(ToOptimizer(optimizer).kind); }, "optimizer"_a,
      "Floats of state that an optimiser (name, alpha, beta, l1, l2) keeps for a weight.");
  nb::class_<ScoreTotals>(module, "ScoreTotals", "Scores compared with labels, as a loss has them.")
      .def(nb::init<std::string_view>(), "loss"_a)
      .def("add", &ScoreTotals::Add, "scores"_a.noconvert(), "labels"_a.noconvert(), "weights"_a.noconvert(),
           nb::sig("def add(self, scores: object, labels: object, weights: object) -> None"),
           "float32; weights of no size: all are 1.  Rows without a label are passed over.")
      .def("totals", &ScoreTotals::totals, nb::sig("def totals(self) -> dict[str, float]"),
           "As those of a Learner, without what only it knows.")
      .def("means", &ScoreTotals::Means, "scores"_a.noconvert(),
           nb::sig("def means(self, scores: object) -> numpy.typing.NDArray[numpy.float32]"),
           "The predictions that scores stand for.");
}

}  // namespace tiffin::bind
