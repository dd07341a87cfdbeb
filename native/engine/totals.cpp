#include "engine/totals.h"

namespace tiffin::learn {

void Totals::Add(const Totals& other) noexcept {
  rows += other.rows;
  features += other.features;
  bytes += other.bytes;
  bad_rows += other.bad_rows;
  weight += other.weight;
  loss += other.loss;
  correct += other.correct;
  counts.Add(other.counts);
  read_s += other.read_s;
  parse_s += other.parse_s;
  learn_s += other.learn_s;
  wait_s += other.wait_s;
}

}  // namespace tiffin::learn
