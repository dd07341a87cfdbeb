// How far a pass is, as numbers and lists that JSON can hold.
//
//   totals := {rows, features, bytes, bad_rows, weight, loss, correct, read_s, parse_s, learn_s, wait_s, taken, queued,
//              positives: counts, negatives: counts, predicted: counts, tasks: [task...]}
//   task   := {rows, weight, loss, positives: counts, negatives: counts, predicted: counts}
//   state  := totals and {first, beyond: [block...], first_bad: [[file, line, column, what]...], has_ended: bool}
//   counts := [[bucket, weight]...]                        of buckets that have any
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "bind/learn.h"

namespace tiffin::bind {
namespace {

using namespace tiffin::learn;
using Buckets = ScoreCounts::Buckets;

// Calls see(name, number) for each of them.
template <typename See>
void ForEachTotal(Totals& totals, See see) {
  see("rows", totals.rows);
  see("features", totals.features);
  see("bytes", totals.bytes);
  see("bad_rows", totals.bad_rows);
  see("weight", totals.weight);
  see("loss", totals.loss);
  see("correct", totals.correct);
  see("read_s", totals.read_s);
  see("parse_s", totals.parse_s);
  see("learn_s", totals.learn_s);
  see("wait_s", totals.wait_s);
  see("taken", totals.taken);
  see("queued", totals.queued);
}

template <typename See>
void ForEachTotal(TaskTotals& task, See see) {
  see("rows", task.rows);
  see("weight", task.weight);
  see("loss", task.loss);
}

nb::list ToList(const Buckets& buckets) {
  nb::list found;
  for (std::size_t bucket = 0; bucket < buckets.size(); ++bucket) {
    if (buckets[bucket] != 0) found.append(nb::make_tuple(bucket, buckets[bucket]));
  }
  return found;
}

void FromList(nb::handle list, Buckets& buckets) {
  for (const nb::handle pair : list) {
    const auto bucket = nb::cast<std::size_t>(pair[0]);
    if (bucket >= buckets.size()) throw std::invalid_argument("no bucket " + std::to_string(bucket));
    buckets[bucket] = nb::cast<double>(pair[1]);
  }
}

template <typename T>
nb::dict FiguresOf(T& totals) {
  nb::dict found;
  ForEachTotal(totals, [&](const char* name, auto number) { found[name] = number; });
  found["positives"] = ToList(totals.counts.positives());
  found["negatives"] = ToList(totals.counts.negatives());
  found["predicted"] = ToList(totals.counts.predicted());
  return found;
}

template <typename T>
void SetFigures(const nb::dict& from, T& totals) {
  ForEachTotal(totals, [&](const char* name, auto& number) {
    number = nb::cast<std::remove_reference_t<decltype(number)>>(from[name]);
  });
  FromList(from["positives"], totals.counts.positives());
  FromList(from["negatives"], totals.counts.negatives());
  FromList(from["predicted"], totals.counts.predicted());
}

}  // namespace

nb::dict StateOf(Totals& totals) {
  nb::dict found = FiguresOf(totals);
  nb::list tasks;
  for (TaskTotals& task : totals.tasks) tasks.append(FiguresOf(task));
  found["tasks"] = tasks;
  return found;
}

Totals TotalsOf(const nb::dict& state) {
  Totals totals;
  try {
    SetFigures(state, totals);
    for (const nb::handle task : state["tasks"]) SetFigures(nb::cast<nb::dict>(task), totals.tasks.emplace_back());
  } catch (const nb::cast_error&) {
    throw std::invalid_argument("a number is of another kind");
  }
  return totals;
}

nb::dict PassStateOf(const Learner& learner) {
  PassState state = learner.pass_state();
  nb::dict found = StateOf(state.totals);
  found["first"] = state.cursor.first();
  nb::list beyond;
  for (const std::uint64_t block : state.cursor.beyond()) beyond.append(block);
  found["beyond"] = beyond;
  nb::list bad;
  for (const BadRow& row : state.bad.first) bad.append(nb::make_tuple(row.file, row.line, row.column, ToPython(row.what)));
  found["first_bad"] = bad;
  found["has_ended"] = state.has_ended;
  return found;
}

void SetPassState(Learner& learner, const nb::dict& from) {
  PassState state;
  state.totals = TotalsOf(from);
  try {
    state.has_ended = nb::cast<bool>(from["has_ended"]);
    state.bad.count = state.totals.bad_rows;
    std::set<std::uint64_t> beyond;
    for (const nb::handle block : from["beyond"]) beyond.insert(nb::cast<std::uint64_t>(block));
    state.cursor = Cursor(nb::cast<std::uint64_t>(from["first"]), std::move(beyond));
    for (const nb::handle row : from["first_bad"]) {
      state.bad.first.push_back({nb::cast<std::size_t>(row[0]), nb::cast<std::uint64_t>(row[1]),
                                nb::cast<std::size_t>(row[2]), nb::cast<std::string>(row[3])});
    }
  } catch (const nb::cast_error&) {
    throw std::invalid_argument("a number is of another kind");
  }
  learner.set_pass_state(std::move(state));
}

}  // namespace tiffin::bind
