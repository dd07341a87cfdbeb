// Batches of examples, and sums over their features.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/unique_ptr.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "bind/learn.h"
#include "engine/batches.h"
#include "engine/pooling.h"

namespace tiffin::bind {
namespace {

using namespace tiffin::learn;
using nb::literals::operator""_a;

constexpr auto kTick = std::chrono::milliseconds(50);

template <typename T>
using Column = nb::ndarray<nb::numpy, T, nb::ndim<1>>;

// As an array of NumPy that keeps the batch alive.
template <typename T>
nb::object ViewOf(nb::handle batch, Buffer<T> ExampleBatch::*column) {
  Buffer<T>& buffer = nb::cast<ExampleBatch&>(batch).*column;
  return nb::cast(Column<T>(buffer.data(), {buffer.size()}, batch));
}

// The same of a column that may be left out.
nb::object OptionalViewOf(nb::handle batch, Buffer<float> ExampleBatch::*column) {
  return (nb::cast<ExampleBatch&>(batch).*column).empty() ? nb::none() : ViewOf(batch, column);
}

// A source with the threads that read ahead, which end first.
class BatchReader {
 public:
  // alive: what the rows are views of, or themselves.
  BatchReader(RowsSource& rows, nb::object alive, const BatchOptions& options)
      : alive_(std::move(alive)), batches_(rows, options) {}
  BatchReader(std::unique_ptr<RowsSource> rows, nb::object alive, const BatchOptions& options)
      : alive_(std::move(alive)), rows_(std::move(rows)), batches_(*rows_, options) {}

  std::unique_ptr<ExampleBatch> Next() {
    for (;;) {
      {
        const nb::gil_scoped_release release;
        if (batches_.Wait(kTick)) break;
      }
      if (PyErr_CheckSignals() != 0) throw nb::python_error();
    }
    try {
      if (std::unique_ptr<ExampleBatch> batch = batches_.Next()) return batch;
    } catch (const TooManyBadRows& bad) {
      Raise(bad);
    } catch (const ChunkDamaged& damaged) {
      Raise(damaged);
    }
    throw nb::stop_iteration();
  }
  void Close() {
    const nb::gil_scoped_release release;
    batches_.Close();
  }
  nb::dict totals() const { return Describe(batches_.totals()); }
  nb::list bad_rows() const { return ToPython(batches_.bad_rows()); }

 private:
  nb::object alive_;
  std::unique_ptr<RowsSource> rows_;
  Batches batches_;
};

BatchOptions ToOptions(std::size_t rows, int threads, const std::optional<std::string>& labels = std::nullopt,
                       std::uint32_t fields = 0, std::uint64_t max_bad = 0) {
  if (rows == 0) throw std::invalid_argument("a batch has a row at least");
  BatchOptions options;
  options.rows = rows;
  options.threads = threads;
  options.fields = fields;
  options.max_bad = max_bad;
  if (labels) options.labels = ToLoss(*labels);
  return options;
}

void Read(BatchReader* self, const nb::object& rows, std::size_t size, int threads,
          const std::optional<std::string>& labels, std::uint32_t fields, std::uint64_t max_bad, float negatives,
          std::uint64_t seed, std::size_t outputs) {
  BatchOptions options = ToOptions(size, threads, labels, fields, max_bad);
  options.negatives = negatives;
  options.seed = seed;
  options.heads = outputs;
  new (self) BatchReader(nb::cast<RowsSource&>(rows), rows, options);
}

std::unique_ptr<BatchReader> ReadMatrix(const Array<std::int64_t>& begins, const Array<std::uint64_t>& keys,
                                        const Array<float>& values, const Array<float>& labels,
                                        const Array<float>& weights, std::size_t rows, int threads) {
  auto matrix = std::make_unique<MatrixRows>(
      MatrixRows::Matrix{View(begins), View(keys), View(values), View(labels), View(weights)});
  return std::make_unique<BatchReader>(std::move(matrix), nb::make_tuple(begins, keys, values, labels, weights),
                                       ToOptions(rows, threads));
}

// ---- sums over features

using Rows2 = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Pools = nb::ndarray<const float, nb::c_contig, nb::device::cpu>;

template <typename A>
std::span<const float> Floats(const A& array) {
  return {array.data(), array.size()};
}
std::span<float> Floats(NewFloats& array) { return {array.data(), array.size()}; }

void CheckRows(const ExampleBatch& batch, const Rows2& rows) {
  if (rows.shape(0) != batch.unique.size()) {
    throw std::invalid_argument("there are " + std::to_string(batch.unique.size()) + " keys and " +
                                std::to_string(rows.shape(0)) + " rows");
  }
}

NewFloats PoolOf(const ExampleBatch& batch, const Rows2& rows, std::uint32_t fields, bool squared) {
  CheckRows(batch, rows);
  const std::size_t width = rows.shape(1);
  NewFloats pools = fields == 0 ? MakeFloats({batch.rows(), width}) : MakeFloats({batch.rows(), fields, width});
  const nb::gil_scoped_release release;
  Pool(batch, {width, std::max(fields, 1U), squared}, Floats(rows), Floats(pools));
  return pools;
}

NewFloats UnpoolOf(const ExampleBatch& batch, const Pools& pools, bool squared) {
  const std::size_t dimensions = pools.ndim();
  if ((dimensions != 2 && dimensions != 3) || pools.shape(0) != batch.rows()) {
    throw std::invalid_argument("expected pools of " + std::to_string(batch.rows()) + " rows");
  }
  const std::size_t width = pools.shape(dimensions - 1);
  const auto slots = static_cast<std::uint32_t>(dimensions == 3 ? pools.shape(1) : 1);
  NewFloats rows = MakeFloats({batch.unique.size(), width});
  const nb::gil_scoped_release release;
  Unpool(batch, {width, slots, squared}, Floats(pools), Floats(rows));
  return rows;
}

nb::tuple PairsOf(const ExampleBatch& batch, const Rows2& rows) {
  CheckRows(batch, rows);
  const std::size_t width = rows.shape(1);
  NewFloats scores = MakeFloats({batch.rows()});
  NewFloats sums = MakeFloats({batch.rows(), width});
  {
    const nb::gil_scoped_release release;
    PairRows(batch, width, Floats(rows), Floats(sums), Floats(scores));
  }
  return nb::make_tuple(scores, sums);
}

NewFloats UnpairOf(const ExampleBatch& batch, const Rows2& rows, const Rows2& sums, const Array<float>& slopes) {
  CheckRows(batch, rows);
  const std::size_t width = rows.shape(1);
  if (sums.shape(0) != batch.rows() || sums.shape(1) != width || slopes.size() != batch.rows()) {
    throw std::invalid_argument("sums and slopes must be those of this batch");
  }
  NewFloats derivative = MakeFloats({batch.unique.size(), width});
  const nb::gil_scoped_release release;
  UnpairRows(batch, width, Floats(rows), Floats(sums), View(slopes), Floats(derivative));
  return derivative;
}

}  // namespace

void BindBatches(nb::module_& module) {
  nb::class_<ExampleBatch>(module, "Batch", "Examples as columns; its arrays are views.  Row r has the features offsets[r] to offsets[r + 1].")
      .def("__len__", &ExampleBatch::rows)
      .def_prop_ro("offsets", [](nb::handle self) { return ViewOf(self, &ExampleBatch::offsets); },
                   nb::sig("def offsets(self) -> numpy.typing.NDArray[numpy.uint32]"), "(rows + 1)")
      .def_prop_ro("labels", [](nb::handle self) { return ViewOf(self, &ExampleBatch::labels); },
                   nb::sig("def labels(self) -> numpy.typing.NDArray[numpy.float32]"),
                   "(rows * tasks), those of a row side by side; NaN: not known")
      .def_prop_ro("tasks", &ExampleBatch::tasks)
      .def_prop_ro("weights", [](nb::handle self) { return OptionalViewOf(self, &ExampleBatch::weights); },
                   nb::sig("def weights(self) -> numpy.typing.NDArray[numpy.float32] | None"), "(rows); None: all are 1")
      .def_prop_ro("keys", [](nb::handle self) { return ViewOf(self, &ExampleBatch::keys); },
                   nb::sig("def keys(self) -> numpy.typing.NDArray[numpy.uint64]"), "(features): field << 48 | id")
      .def_prop_ro("values", [](nb::handle self) { return OptionalViewOf(self, &ExampleBatch::values); },
                   nb::sig("def values(self) -> numpy.typing.NDArray[numpy.float32] | None"), "(features); None: all are 1")
      .def_prop_ro("unique", [](nb::handle self) { return ViewOf(self, &ExampleBatch::unique); },
                   nb::sig("def unique(self) -> numpy.typing.NDArray[numpy.uint64]"), "The keys, each once, ascending.")
      .def_prop_ro("index", [](nb::handle self) { return ViewOf(self, &ExampleBatch::index); },
                   nb::sig("def index(self) -> numpy.typing.NDArray[numpy.uint32]"),
                   "(features): where its key is in `unique`")
      .def("pool", &PoolOf, "rows"_a.noconvert(), "fields"_a = 0, "squared"_a = false,
           nb::sig("def pool(self, rows: object, fields: int = 0, squared: bool = False) -> numpy.typing.NDArray[numpy.float32]"),
           "Sums of rows (unique, width) times values over the features of each example, (rows, width); with fields over\n"
           "those of each field, (rows, fields, width).  squared: times the squares of values.  float32 and contiguous.\n"
           "ValueError for a field that is not there.")
      .def("unpool", &UnpoolOf, "pools"_a.noconvert(), "squared"_a = false,
           nb::sig("def unpool(self, pools: object, squared: bool = False) -> numpy.typing.NDArray[numpy.float32]"),
           "The way back: for each key the sum of the pools that its features were added to, times their values.")
      .def("pairs", &PairsOf, "rows"_a.noconvert(),
           nb::sig("def pairs(self, rows: object) -> tuple[numpy.typing.NDArray[numpy.float32], "
                   "numpy.typing.NDArray[numpy.float32]]"),
           "The products of all pairs of rows of each example, added up, and the pools that `unpair` needs.")
      .def("unpair", &UnpairOf, "rows"_a.noconvert(), "sums"_a.noconvert(), "slopes"_a.noconvert(),
           nb::sig("def unpair(self, rows: object, sums: object, slopes: object) -> numpy.typing.NDArray[numpy.float32]"),
           "The derivative by rows of what has the derivative `slopes` by the products.");

  nb::class_<BatchReader>(module, "BatchReader", "Batches of a source, parsed ahead by threads, in order.")
      .def("__init__", &Read, "source"_a, nb::kw_only(), "rows"_a, "threads"_a = 0,
           "labels"_a = nb::none(), "fields"_a = 0, "max_bad"_a = 0, "negatives"_a = 1.0F, "seed"_a = 0, "outputs"_a = 1,
           nb::sig("def __init__(self, source: RowsSource, *, rows: int, threads: int = 0, labels: str | None = "
                   "None, fields: int = 0, max_bad: int = 0, negatives: float = 1.0, seed: int = 0, outputs: int = 1) "
                   "-> None"),
           "labels: a loss, whose labels all rows must have.  fields: features must be of so many.  negatives: as of\n"
           "Learner.run; seed: which ones.  outputs: classes of softmax.")
      .def_static("matrix", &ReadMatrix, "begins"_a.noconvert(), "keys"_a.noconvert(), "values"_a.noconvert(),
                  "labels"_a.noconvert(), "weights"_a.noconvert(), nb::kw_only(), "rows"_a, "threads"_a = 0,
                  nb::sig("def matrix(begins: object, keys: object, values: object, labels: object, weights: object, *, rows: "
                          "int, threads: int = 0) -> BatchReader"),
                  "Those of a sparse matrix, as in Learner.run_matrix.")
      .def("__iter__", [](nb::handle self) { return nb::borrow(self); },
           nb::sig("def __iter__(self) -> BatchReader"))
      .def("__next__", &BatchReader::Next, "Raises BadRows, after all batches before it, ChunkDamaged and OSError.")
      .def("close", &BatchReader::Close, "Ends its threads.")
      .def("totals", &BatchReader::totals, nb::sig("def totals(self) -> dict[str, float]"),
           "Of what was read so far: features, bytes, bad_rows, the seconds of all threads in read_s, parse_s, wait_s, taken (batches),\n"
           "and queued (how many waited when each was taken, added up).")
      .def("bad_rows", &BatchReader::bad_rows, nb::sig("def bad_rows(self) -> list[tuple[int, int, int, str]]"),
           "The first of them: file (its number), line, column (0: not known), what.");
}

}  // namespace tiffin::bind
