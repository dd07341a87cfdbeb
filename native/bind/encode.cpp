// Features over columns, and columns as a source of examples.
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bind/learn.h"
#include "encode/batch_rows.h"
#include "encode/encoder.h"
#include "rows/key.h"

namespace tiffin::bind {
namespace {

using namespace tiffin::learn;
using nb::literals::operator""_a;

nb::object& BadColumns() {
  static nb::object* const known = new nb::object;
  return *known;
}

[[noreturn]] void Raise(const ColumnFault& fault) {
  nb::list known;
  for (const std::string& name : fault.known) known.append(ToPython(name));
  PyErr_SetObject(BadColumns().ptr(), nb::make_tuple(fault.what, ToPython(fault.column), known).ptr());
  throw nb::python_error();
}

Op OpOf(std::string_view name) {
  constexpr std::pair<std::string_view, Op> kKnown[] = {
      {"cat", Op::kCat},   {"num", Op::kNum},   {"text", Op::kText},     {"each", Op::kEach},
      {"split", Op::kSplit}, {"tokens", Op::kTokens}, {"log", Op::kLog},       {"clip", Op::kClip},
      {"scale", Op::kScale}, {"bucket", Op::kBucket}, {"log_bucket", Op::kLogBucket}, {"cross", Op::kCross}};
  for (const auto& [known, op] : kKnown) {
    if (known == name) return op;
  }
  throw std::invalid_argument("no operator '" + std::string(name) + "'");
}

// node := (operator, column or -1, (argument, ...), (node, ...))
Node ToNode(nb::handle source) {
  const auto parts = nb::cast<nb::tuple>(source);
  Node node;
  node.op = OpOf(nb::cast<std::string_view>(parts[0]));
  node.column = static_cast<std::size_t>(std::max(nb::cast<std::int64_t>(parts[1]), std::int64_t{0}));
  for (const nb::handle argument : nb::cast<nb::tuple>(parts[2])) {
    if (nb::isinstance<nb::str>(argument)) {
      node.text = nb::cast<std::string>(argument);
    } else if (nb::isinstance<nb::bool_>(argument)) {
      node.lower = nb::cast<bool>(argument);
    } else {
      node.numbers.push_back(nb::cast<double>(argument));
    }
  }
  for (const nb::handle input : nb::cast<nb::tuple>(parts[3])) node.inputs.push_back(ToNode(input));
  return node;
}

void NewEncoder(Encoder* self, std::vector<std::string> columns, nb::handle features, std::vector<std::size_t> labels, int weight) {
  std::vector<Feature> found;
  for (const nb::handle feature : features) {
    const auto parts = nb::cast<nb::tuple>(feature);
    const auto id = nb::cast<std::string>(parts[2]);
    found.push_back({nb::cast<std::string>(parts[0]), nb::cast<std::uint32_t>(parts[1]), IdOf(id), ToNode(parts[3])});
  }
  if (labels.size() > Encoder::kMostLabels) throw std::invalid_argument("there are at most 256 labels");
  const std::size_t at = weight < 0 ? Encoder::kNoColumn : static_cast<std::size_t>(weight);
  new (self) Encoder(std::move(columns), std::move(found), std::move(labels), at);
}

// Calls visit(batch) for each batch that `data` gives, without the interpreter lock, until it says false.
template <typename Visit>
void ForEachBatch(nb::handle data, const std::vector<std::string>& wanted, Visit visit) {
  const nb::object capsule = data.attr("__arrow_c_stream__")();
  auto* const stream = static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule.ptr(), "arrow_array_stream"));
  if (stream == nullptr) throw nb::python_error();
  try {
    const nb::gil_scoped_release release;
    const auto check = [&](int outcome) {
      if (outcome == 0) return;
      const char* const what = stream->get_last_error(stream);
      throw std::invalid_argument(what == nullptr ? "the columns cannot be read" : what);
    };
    Lent<ArrowSchema> schema;
    check(stream->get_schema(stream, schema.get()));
    for (;;) {
      Lent<ArrowArray> array;
      check(stream->get_next(stream, array.get()));
      if (!array) return;
      if (!visit(Batch(*schema, std::move(array), wanted))) return;
    }
  } catch (const ColumnFault& fault) {
    Raise(fault);
  }
}

using Faults = std::vector<std::pair<std::size_t, std::string>>;

nb::object Feed(BatchRows& source, nb::handle data, std::size_t file, std::uint64_t first_row, const nb::list& faults) {
  Faults noted;
  for (const nb::handle fault : faults) {
    const auto parts = nb::cast<nb::tuple>(fault);
    noted.emplace_back(nb::cast<std::size_t>(parts[0]), nb::cast<std::string>(parts[1]));
  }
  std::uint64_t rows = 0;
  bool open = true;
  ForEachBatch(data, source.encoder().columns(), [&](Batch batch) {
    batch.file = file;
    batch.first_row = first_row + rows;
    for (auto& [row, what] : noted) {
      if (row >= rows && row < rows + batch.size()) batch.faults.emplace_back(row - rows, std::move(what));
    }
    rows += batch.size();
    open = source.Feed(std::move(batch));
    return open;
  });
  return open ? nb::cast(rows) : nb::none();
}

template <typename T>
nb::bytes Bytes(const Buffer<T>& values) {
  return nb::bytes(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

nb::tuple Encode(const Encoder& encoder, nb::handle data) {
  Rows rows;
  std::vector<Fault> faults;
  nb::list wrong;
  std::size_t before = 0;
  std::vector<std::pair<std::size_t, std::string>> found;
  ForEachBatch(data, encoder.columns(), [&](const Batch& batch) {
    encoder.Check(batch);
    faults.clear();
    encoder.Encode(batch, 0, batch.size(), rows, faults);
    for (const Fault& fault : faults) found.emplace_back(before + fault.line, fault.what);
    before += batch.size();
    return true;
  });
  for (const auto& [row, what] : found) wrong.append(nb::make_tuple(row, what));
  if (!rows.has_values()) rows.values.Clear();
  return nb::make_tuple(Bytes(rows.offsets), Bytes(rows.keys), Bytes(rows.values), Bytes(rows.labels), Bytes(rows.weights), wrong);
}

}  // namespace

void BindEncode(nb::module_& module) {
  BadColumns() = nb::steal(PyErr_NewExceptionWithDoc(
      "tiffin._native._learn.BadColumns",
      "Columns do not fit what is made of them.  args: what, column, and the names there are where it is missing.",
      PyExc_ValueError, nullptr));
  module.attr("BadColumns") = BadColumns();

  nb::class_<Encoder>(module, "Encoder", "What features are made of, and what they give for each row.")
      .def("__init__", &NewEncoder, "columns"_a, "features"_a, "labels"_a = std::vector<std::size_t>(), "weight"_a = -1,
           nb::sig("def __init__(self, columns: list[str], features: collections.abc.Iterable[tuple[str, int, str, tuple[object, ...]]], "
                   "labels: list[int] = [], weight: int = -1) -> None"),
           "features: (name, field, text whose id a number has, node), node := (operator, column or -1, arguments, nodes).\n"
           "Columns are meant by their place in `columns`; labels: one for each task; weight: -1 for none.")
      .def_prop_ro("columns", &Encoder::columns, "What it reads.")
      .def("encode", &Encode, "data"_a,
           nb::sig("def encode(self, data: object) -> tuple[bytes, bytes, bytes, bytes, bytes, list[tuple[int, str]]]"),
           "data: what has `__arrow_c_stream__`.  Gives offsets (uint32), keys (uint64), values (float32; empty: all are\n"
           "1), labels, weights (the same), and the rows that are none, with reasons.  Raises BadColumns.");

  nb::class_<BatchRows, RowsSource>(module, "BatchRows", "Examples from columns that another thread feeds.")
      .def(
          "__init__",
          [](BatchRows* self, std::shared_ptr<Encoder> encoder, std::size_t most_batches, std::ptrdiff_t by) {
            new (self) BatchRows(std::move(encoder), most_batches, by < 0 ? Encoder::kNoColumn : static_cast<std::size_t>(by));
          },
          "encoder"_a, "most_batches"_a = 4, "by"_a = -1,
          "by: of the encoder's columns, text to compare predictions by; -1: none.")
      .def("feed", &Feed, "data"_a, "file"_a, "first_row"_a, "faults"_a = nb::list(),
           nb::sig("def feed(self, data: object, file: int, first_row: int, faults: list[tuple[int, str]] = ...) -> int | None"),
           "Rows of a file, as what has `__arrow_c_stream__`; waits while there is no room.  faults: rows of `data` that\n"
           "are none, with reasons.  Gives how many rows there were, None once it was closed.  Raises BadColumns.")
      .def("end", &BatchRows::End, nb::call_guard<nb::gil_scoped_release>(), "Nothing more comes.")
      .def("fail", &BatchRows::Fail, nb::call_guard<nb::gil_scoped_release>(),
           "The same, though it is not all there is: who asks for more gets an OSError of ECANCELED.")
      .def("close", &BatchRows::Close, nb::call_guard<nb::gil_scoped_release>(), "Nobody listens any more.");
}

}  // namespace tiffin::bind
