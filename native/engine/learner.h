// Learning from text: blocks of lines in, a better table out.
//
// Every thread takes a block, parses it and learns from its rows: in deterministic passes when its turn has come, else at
// once, or it leaves them to threads that learn already (engine/handoff.h).  An example is scored before it is learned
// from, so the loss of the first pass is that of predictions (progressive validation).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "base/control.h"
#include "engine/bad_rows.h"
#include "engine/crowd.h"
#include "engine/kernels.h"
#include "engine/model.h"
#include "engine/pass_state.h"
#include "engine/pause.h"
#include "params/new_table.h"
#include "params/pages.h"
#include "source/rows_source.h"

namespace tiffin::learn {

struct PassOptions {
  int threads = 0;  // 0: one for each processor the process may use
  bool deterministic = false;
  bool learn = true;  // false: only compare scores with labels
  std::uint64_t max_bad = 0;
  // With the last pass, past the blocks it has learned from.  Its source gives the same blocks, and if it was
  // deterministic, so is this.
  bool go_on = false;
  bool staged = false;  // learn from copies of rows, as a client of a server would (params/staged_view.h)
  // The part of the negative examples that is learned from, each with its weight divided by it, so that predictions stay
  // calibrated (McMahan et al., KDD 2013, section 4.6).  Which ones: by hash of seed, block and line.
  float negatives = 1.0F;
};

// Takes the scores of a block's rows, one a head of each, which it may change.  One call at a time, in the order of
// blocks, from any thread.
using TakeScores = std::function<void(const Block& block, const Rows& rows, std::span<float> scores)>;

// Scores are not finite any more.
struct Diverged {
  std::size_t file;
  std::uint64_t line;  // from 1
};

// Scores, one a head of each example, become predictions.
void ToMeans(const ModelSettings& settings, std::span<float> scores);

class Learner {
 public:
  // Throws std::bad_alloc.
  Learner(const ModelSettings& settings, const TableSettings& table);

  // One pass over the source.  Throws SystemFault, TooManyBadRows, Diverged, and what the source throws.
  // control.files counts rows.
  void Pass(RowsSource& source, const PassOptions& options, Control& control);

  // Scores all rows of the source, and learns nothing.  labels: rows need one.  Threads wait for their turn to hand over
  // scores, so that no more blocks are in memory than there are threads.  Throws as Pass, and what `take` does.
  void Score(RowsSource& source, const PassOptions& options, bool labels, const TakeScores& take, Control& control);

  // Of the pass under way, or the last one.  Thread-safe.
  Totals totals() const;
  // The same, with where it is.  While learners pause it fits the table.
  PassState pass_state() const;
  void set_pass_state(PassState state);
  // The first few bad rows of the last pass, in order.
  std::vector<BadRow> bad_rows() const;
  // Between blocks, so that the table holds still while somebody writes it down.
  Pause& pause() noexcept { return pause_; }

  const ModelSettings& settings() const noexcept { return settings_; }
  const TableSettings& table_settings() const noexcept { return table_settings_; }
  bool is_exact() const noexcept { return table_settings_.is_exact; }  // whether rows of the table are named by keys
  Table& table() noexcept { return *table_; }
  const Table& table() const noexcept { return *table_; }
  // Another one of these settings in its place.  REQUIRES: no pass is under way.
  void set_table(std::unique_ptr<Table> table) noexcept { table_ = std::move(table); }
  // [weight, state, state] of the constant of each head.
  std::span<float> bias() noexcept { return bias_; }

 private:
  class Worker;

  Crowd& CrowdOf(int threads);
  bool IsDone(std::uint64_t block) const;
  void NoteBad(BadRows&& found, const PassOptions& options);

  const ModelSettings settings_;
  const TableSettings table_settings_;
  std::unique_ptr<Table> table_;
  const Pages bias_memory_;  // of its own: what else were in its cache line, all threads would wait for
  const std::span<float> bias_;
  const Kernels& kernels_;

  mutable std::mutex mutex_;
  PassState pass_;
  Pause pause_;
  std::unique_ptr<Crowd> crowd_;  // from one pass to the next, as what it has found out is still so
};

}  // namespace tiffin::learn
