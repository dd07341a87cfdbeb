// What the files that bind the learning half share.
#pragma once

#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>

#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/control.h"
#include "bind/python.h"
#include "chunks/chunk_rows.h"
#include "engine/learner.h"
#include "engine/mapped_table.h"
#include "params/table.h"
#include "parse/text.h"

namespace tiffin::bind {

template <typename T>
using Array = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

template <typename T>
std::span<const T> View(const Array<T>& array) {
  return {array.data(), array.size()};
}

// A NumPy array that owns what was in the vector.
template <typename T>
nb::object ToArray(std::vector<T>&& values) {
  auto kept = std::make_unique<std::vector<T>>(std::move(values));
  T* const data = kept->data();
  const std::size_t size = kept->size();
  nb::capsule owner(kept.release(), [](void* vector) noexcept { delete static_cast<std::vector<T>*>(vector); });
  return nb::cast(nb::ndarray<nb::numpy, T, nb::ndim<1>>(data, {size}, owner));
}

// Throws std::invalid_argument.
learn::Parser ParserOf(std::string_view format);

// name, alpha, beta, l1, l2
using Optimizer = nb::typed<nb::tuple, nb::str, double, double, double, double>;
// By their names.  Throw std::invalid_argument.
learn::OptimizerSettings ToOptimizer(const Optimizer& settings);
learn::LossKind ToLoss(std::string_view name);
learn::NumberKind ToNumbers(std::string_view dtype);

// A new array for Python, whose floats are not set yet.
using NewFloats = nb::ndarray<nb::numpy, float, nb::c_contig>;
NewFloats MakeFloats(std::initializer_list<std::size_t> shape);

// Raise in Python what a pass found.
[[noreturn]] void Raise(const learn::TooManyBadRows& bad);
[[noreturn]] void Raise(const learn::Diverged& diverged);
[[noreturn]] void Raise(const learn::ChunkDamaged& damaged);

// Runs work without the interpreter lock, telling `progress`; its findings are raised in Python.
template <typename Work>
void RunPass(Control& control, nb::handle progress, Work work) {
  try {
    Watch(control, progress, work);
  } catch (const learn::TooManyBadRows& bad) {
    Raise(bad);
  } catch (const learn::Diverged& diverged) {
    Raise(diverged);
  } catch (const learn::ChunkDamaged& damaged) {
    Raise(damaged);
  }
}

// How far a pass is, as what JSON can hold.  Throw std::invalid_argument for what is none.
nb::dict PassStateOf(const learn::Learner& learner);
void SetPassState(learn::Learner& learner, const nb::dict& state);
// The same of its figures alone.
nb::dict StateOf(learn::Totals& totals);
learn::Totals TotalsOf(const nb::dict& state);

// Throws std::invalid_argument.
learn::TableSettings ToTable(int bits, bool exact, int admit, std::int32_t ttl, std::size_t memory, const Path& spill);

// What a table counts, in a new file, and what has to be known of it; None where it counts nothing.  Throws SystemFault.
nb::object SaveSightings(learn::Sightings* sightings, const Path& path);
// Throws SystemFault, std::invalid_argument.
void LoadSightings(learn::Sightings* sightings, const Path& path, const nb::dict& found);

// Adds what a pass, or a part of its rows, came to.
void Describe(nb::dict& found, double weight, double loss, const learn::ScoreCounts& counts);
nb::dict Describe(const learn::Totals& totals);
// The same of each task, where there are several.
nb::list DescribeTasks(const learn::Totals& totals);
// Tuples of file (its number), line, column (0: not known), what.
nb::list ToPython(const std::vector<learn::BadRow>& rows);

void BindFindings(nb::module_& module);
void BindChunks(nb::module_& module);
void BindSources(nb::module_& module);
void BindEncode(nb::module_& module);
void BindLearner(nb::module_& module);
void BindScoring(nb::class_<learn::Learner>& learner);
void BindBatches(nb::module_& module);
void BindTables(nb::module_& module);
void BindMatrix(nb::module_& module);
void BindComparing(nb::module_& module);

}  // namespace tiffin::bind
