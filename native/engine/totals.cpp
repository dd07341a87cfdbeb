#include "engine/totals.h"

namespace tiffin::learn {

void TaskTotals::Add(const TaskTotals& other) noexcept {
  rows += other.rows;
  weight += other.weight;
  loss += other.loss;
  counts.Add(other.counts);
}

void Totals::Add(const Totals& other) {
  rows += other.rows;
  features += other.features;
  bytes += other.bytes;
  bad_rows += other.bad_rows;
  weight += other.weight;
  loss += other.loss;
  correct += other.correct;
  counts.Add(other.counts);
  if (tasks.size() < other.tasks.size()) tasks.resize(other.tasks.size());
  for (std::size_t i = 0; i < other.tasks.size(); ++i) tasks[i].Add(other.tasks[i]);
  read_s += other.read_s;
  parse_s += other.parse_s;
  learn_s += other.learn_s;
  wait_s += other.wait_s;
  taken += other.taken;
  queued += other.queued;
}

}  // namespace tiffin::learn
