// tiffin._native._learn
//
// A module of its own: the versioning commands start without it.
#include "bind/learn.h"

#include <memory>
#include <stdexcept>
#include <string>

#include "base/perf_counters.h"
#include "params/pages.h"
#include "rows/key.h"

namespace tiffin::bind {
namespace {

using namespace tiffin::learn;

// The exceptions of the module, each with what a message is made of as its arguments.
struct Exceptions {
  nb::object bad_rows;
  nb::object diverged;
  nb::object chunk_damaged;
};

Exceptions& Known() {
  static Exceptions* const known = new Exceptions;
  return *known;
}

// What is counted here, by name.
nb::typed<nb::dict, nb::str, nb::int_> CountsOf(const PerfCounters& counters) {
  nb::typed<nb::dict, nb::str, nb::int_> found;
  for (const auto& [name, event] : {std::pair{"cycles", PerfCounters::Event::kCycles},
                                    {"instructions", PerfCounters::Event::kInstructions},
                                    {"cache_misses", PerfCounters::Event::kCacheMisses}}) {
    if (const auto count = counters.Count(event)) found[name] = *count;
  }
  return found;
}

}  // namespace

void Raise(const TooManyBadRows& bad) {
  const BadRow& row = bad.first;
  PyErr_SetObject(Known().bad_rows.ptr(), nb::make_tuple(row.file, row.line, row.column, ToPython(row.what)).ptr());
  throw nb::python_error();
}

void Raise(const Diverged& diverged) {
  PyErr_SetObject(Known().diverged.ptr(), nb::make_tuple(diverged.file, diverged.line).ptr());
  throw nb::python_error();
}

void Raise(const ChunkDamaged&) {
  PyErr_SetNone(Known().chunk_damaged.ptr());
  throw nb::python_error();
}

Parser ParserOf(std::string_view format) {
  if (const Parser parser = FindParser(format)) return parser;
  throw std::invalid_argument("no format '" + std::string(format) + "'");
}

NewFloats MakeFloats(std::initializer_list<std::size_t> shape) {
  std::size_t size = 1;
  for (const std::size_t extent : shape) size *= extent;
  auto floats = std::make_unique_for_overwrite<float[]>(size);
  nb::capsule owner(floats.get(), [](void* memory) noexcept { delete[] static_cast<float*>(memory); });
  return NewFloats(floats.release(), shape, owner);
}

void BindFindings(nb::module_& module) {
  Known().bad_rows = nb::steal(PyErr_NewExceptionWithDoc(
      "tiffin._native._learn.BadRows", "More bad rows than allowed.  args: file (its number), line, column (0: not known), what.",
      PyExc_ValueError, nullptr));
  module.attr("BadRows") = Known().bad_rows;
  Known().diverged = nb::steal(PyErr_NewExceptionWithDoc(
      "tiffin._native._learn.Diverged", "A score is no finite number any more.  args: file (its number), line.",
      PyExc_ArithmeticError, nullptr));
  module.attr("Diverged") = Known().diverged;
  Known().chunk_damaged = nb::steal(PyErr_NewExceptionWithDoc(
      "tiffin._native._learn.ChunkDamaged", "A cache does not hold what was written to it.", PyExc_ValueError, nullptr));
  module.attr("ChunkDamaged") = Known().chunk_damaged;
  nb::exception<ReadOnly>(module, "ReadOnly");
}

}  // namespace tiffin::bind

NB_MODULE(_learn, module) {
  using namespace tiffin::bind;
  using namespace tiffin::learn;
  using nb::literals::operator""_a;
  TranslateErrors();
  BindFindings(module);
  BindSources(module);
  BindChunks(module);
  BindEncode(module);
  BindLearner(module);
  BindBatches(module);
  BindTables(module);
  BindMatrix(module);
  BindComparing(module);

  nb::class_<tiffin::PerfCounters>(
      module, "PerfCounters",
      "Counts what this thread, and those that begin later, do in user space: cycles, instructions, cache misses.")
      .def(nb::init<>())
      .def("read", CountsOf, "So far.  What the kernel or the processor does not count is not there.");
  module.def("get_memory_ready", &Pages::GetReady, "size"_a,
             "A thread begins to have memory cleared for the next table, which may be larger.");
  module.def(
      "key", [](std::uint32_t field, std::string_view text) { return Key(field, IdOf(text)); }, "field"_a, "text"_a,
      "The key of a feature: whole numbers stand for themselves, other text is hashed.");
  module.def(
      "table_row", [](std::uint64_t key, int bits) { return FixedTable::RowOf(key, bits); }, "key"_a, "bits"_a,
      "Which row of a table of 2**bits a key has.");
}
