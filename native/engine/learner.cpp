#include "engine/learner.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/prefetch.h"
#include "base/turns.h"
#include "batch/threads.h"
#include "engine/decay.h"
#include "engine/handoff.h"
#include "engine/layout.h"
#include "engine/negatives.h"
#include "params/staged_view.h"
#include "rows/key.h"

namespace tiffin::learn {
namespace {

constexpr std::size_t kBiasRows = 8;  // where threads share the constant, it learns from so many rows at once
constexpr std::size_t kPlacesAhead = 16;  // examples, whose places are asked for before their rows are
constexpr std::size_t kPiece = 1 << 14;  // features whose rows are held at once: their places stay in the cache

// How many examples ahead memory is asked for.  An FFM's rows are long, and most of them is looked at.
std::size_t AheadOf(const ModelSettings& settings) { return settings.score == ScoreKind::kFfm ? 1 : 4; }

Fade FadeOf(const ModelSettings& settings) {
  if (settings.decay == 1) return nullptr;
  return [settings](float* row) { DecayRow(settings, row); };
}

}  // namespace

// One thread's memory.
class Learner::Worker {
 public:
  Worker(Learner& learner, const PassOptions& options)
      : learner_(learner),
        settings_(learner.settings_),
        view_(learner.table_->NewView()),
        piece_(std::min(kPiece, learner.table_->most_open())),
        layout_(settings_),
        ahead_(AheadOf(settings_)),
        is_staged_(options.staged),
        row_floats_(learner.table_->row_floats()),
        sums_(static_cast<std::size_t>(settings_.size) * settings_.heads),
        scores_(settings_.heads) {
    if (is_staged_) view_ = std::make_unique<StagedView>(std::move(view_), learner.table_->row_floats());
  }

  ParsedBlock parsed;
  Block& block = parsed.block;
  Rows& rows = parsed.rows;

  // Has the block's rows, and what is bad in it: no rows, or none that the model can take.  labels: rows need one.
  void Parse(RowsSource& source, bool labels) {
    rows.Clear();
    parsed.places.Clear();
    faults_.clear();
    source.Parse(block, rows, faults_);
    parsed.bad = TakeBad(settings_, block, faults_, labels, rows);
  }

  // Has the places of the rows' features, where those are there to be found, so that who learns need not look for them.
  void FindPlaces() {
    if (!is_staged_) learner_.table_->Find({rows.keys.data(), rows.features()}, parsed.places);
  }

  // Learns from all rows; bias_rows: how many the constant learns from at once.
  void Learn(Totals& totals, std::size_t bias_rows) {
    Prepare();
    if (rows.size() > 0 && settings_.loss != LossKind::kSoftmax && rows.tasks() != settings_.heads) {
      throw std::invalid_argument("examples with labels of " + std::to_string(rows.tasks()) + " tasks, and the model has " +
                                  std::to_string(settings_.heads));
    }
    now_ = learner_.table_->Begin(rows.size());
    if (settings_.heads > 1) return LearnHeads(totals, bias_rows);
    LogSum logs;
    WithLoss(settings_.loss, [&](auto loss) {
      float slopes = 0;
      for (std::size_t row = 0; row < rows.size(); ++row) {
        Reach(row, RowView::Purpose::kLearn);
        const float label = rows.labels[row];
        const Example example = ExampleOf(row);
        Waken(example, row);
        const float score = Bias() + learner_.kernels_.score(settings_, example, sums_.data());
        if (!std::isfinite(score)) throw Diverged{block.file, Line(rows.lines[row])};
        const float slope = totals.Count(loss, score, label, Weight(row), logs) * Weight(row);
        Update(example, slope);
        slopes += slope;
        if ((row + 1) % bias_rows == 0) UpdateBias(std::exchange(slopes, 0.0F));
      }
      if (rows.size() % bias_rows != 0) UpdateBias(slopes);
    });
    totals.loss += logs.Total();
    view_->Close();
  }

  // Scores all rows; those without a usable label are not counted.  scores: one a row and head, or nullptr.
  void Score(Totals& totals, float* scores) {
    Prepare();
    if (settings_.heads > 1) return AskHeads(totals, scores);
    LogSum logs;
    WithLoss(settings_.loss, [&](auto loss) {
      for (std::size_t row = 0; row < rows.size(); ++row) {
        Reach(row, RowView::Purpose::kScore);
        const float score = Bias() + learner_.kernels_.score(settings_, ExampleOf(row), sums_.data());
        if (!std::isfinite(score)) throw Diverged{block.file, Line(rows.lines[row])};
        if (loss.Allows(rows.labels[row])) totals.Count(loss, score, rows.labels[row], Weight(row), logs);
        if (scores != nullptr) scores[row] = score;
      }
    });
    totals.loss += logs.Total();
    view_->Close();
  }

 private:
  std::uint64_t Line(std::size_t line) const { return block.first_line + line + 1; }
  float Weight(std::size_t row) const { return rows.has_weights() ? rows.weights[row] : 1.0F; }

  void Update(const Example& example, float slope) {
    if (view_->has_absent()) return learner_.kernels_.update(settings_, Present(example), sums_.data(), slope);
    learner_.kernels_.update(settings_, example, sums_.data(), slope);
  }

  // As Learn and Score, with a score for each class or task.

  void LearnHeads(Totals& totals, std::size_t bias_rows) {
    std::vector<float> slopes(settings_.heads);
    std::vector<bool> due(settings_.heads);  // whether the constant has anything to learn
    known_.assign(settings_.heads, true);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      Reach(row, RowView::Purpose::kLearn);
      const Example example = ExampleOf(row);
      Waken(example, row);
      ScoreHeads(example, row);
      Count(totals, row);
      ToSlopes(row);
      ForEachHead(view_->has_absent() ? Present(example) : example, [&](std::size_t head, const Example& at_head) {
        if (!known_[head]) return;
        const float slope = scores_[head] * Weight(row);
        learner_.kernels_.update(settings_, at_head, SumsOf(head), slope);
        slopes[head] += slope;
        due[head] = true;
      });
      if ((row + 1) % bias_rows == 0 || row + 1 == rows.size()) {
        for (std::size_t head = 0; head < slopes.size(); ++head) {
          if (due[head]) UpdateBias(std::exchange(slopes[head], 0.0F), head);
          due[head] = false;
        }
      }
    }
    view_->Close();
  }

  void AskHeads(Totals& totals, float* scores) {
    for (std::size_t row = 0; row < rows.size(); ++row) {
      Reach(row, RowView::Purpose::kScore);
      ScoreHeads(ExampleOf(row), row);
      Count(totals, row);
      if (scores != nullptr) std::ranges::copy(scores_, scores + row * settings_.heads);
    }
    view_->Close();
  }

  // Compares scores_ with labels, as far as these are known.
  void Count(Totals& totals, std::size_t row) const {
    const std::span<const float> labels = rows.LabelsOf(row);
    if (settings_.loss == LossKind::kSoftmax) {
      if (Softmax::Allows(labels[0], settings_.heads)) totals.CountClass(scores_, labels[0], Weight(row));
    } else if (labels.size() == settings_.heads) {
      WithLoss(settings_.loss, [&](auto loss) { totals.CountTasks(loss, scores_, labels, Weight(row)); });
    }
  }

  // Makes scores_ the derivatives of the loss by them, as far as labels are known_.
  void ToSlopes(std::size_t row) {
    const std::span<const float> labels = rows.LabelsOf(row);
    if (settings_.loss == LossKind::kSoftmax) {
      Softmax::ToMeans(scores_);
      scores_[static_cast<std::size_t>(labels[0])] -= 1.0F;
      return;
    }
    WithLoss(settings_.loss, [&](auto loss) {
      for (std::size_t head = 0; head < scores_.size(); ++head) {
        known_[head] = loss.Allows(labels[head]);
        scores_[head] = loss.Slope(scores_[head], labels[head]);
      }
    });
  }

  // Into scores_.
  void ScoreHeads(const Example& example, std::size_t row) {
    ForEachHead(example, [&](std::size_t head, const Example& at_head) {
      scores_[head] = Bias(head) + learner_.kernels_.score(settings_, at_head, SumsOf(head));
      if (!std::isfinite(scores_[head])) throw Diverged{block.file, Line(rows.lines[row])};
    });
  }

  // Calls f(head, example) with the rows of the example at that head.
  template <typename F>
  void ForEachHead(const Example& example, F f) {
    const std::size_t width = HeadWidth(settings_);
    for (std::size_t head = 0; head < settings_.heads; ++head) {
      for (std::size_t i = 0; i < example.size; ++i) head_rows_[i] = example.rows[i] + head * width;
      f(head, Example{head_rows_.data(), example.values, example.fields, example.size});
    }
  }

  float* SumsOf(std::size_t head) { return sums_.data() + head * static_cast<std::size_t>(settings_.size); }

  // Makes room for the longest example, and finds the fields of all features where they are needed.
  void Prepare() {
    if (settings_.score == ScoreKind::kFfm) {
      fields_.Resize(rows.features());
      for (std::size_t i = 0; i < rows.features(); ++i) fields_[i] = FieldOf(rows.keys[i]);
    }
    std::size_t longest = 0;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      longest = std::max<std::size_t>(longest, rows.offsets[row + 1] - rows.offsets[row]);
    }
    present_rows_.Resize(longest);
    present_values_.Resize(longest);
    present_fields_.Resize(longest);
    head_rows_.Resize(longest);
    if (settings_.unit_length) scaled_.Resize(longest);
    piece_end_ = 0;
  }

  // Holds the rows of an example, and has the memory of one that comes later on its way.
  void Reach(std::size_t row, RowView::Purpose purpose) {
    if (row < piece_end_) return PrefetchRow(row + ahead_);
    if (!parsed.places.empty()) {
      places_ = parsed.places.data();
      piece_begin_ = 0;
      piece_end_ = rows.size();
    } else {
      Open(row, purpose);
    }
    for (std::size_t ahead = 0; ahead <= ahead_; ++ahead) PrefetchRow(row + ahead);
  }

  // Holds as many rows as may be held at once, from those of an example on.
  void Open(std::size_t row, RowView::Purpose purpose) {
    view_->Close();
    piece_begin_ = rows.offsets[row];
    piece_end_ = row + 1;
    while (piece_end_ < rows.size() && rows.offsets[piece_end_ + 1] - piece_begin_ <= piece_) ++piece_end_;
    view_->Open({rows.keys.data() + piece_begin_, rows.offsets[piece_end_] - piece_begin_}, now_, purpose);
    places_ = view_->rows();
  }

  // Where the rows of an example's features are.  REQUIRES: they are held.
  float* const* Places(std::size_t row) const { return places_ + (rows.offsets[row] - piece_begin_); }

  void PrefetchRow(std::size_t row) const {
    if (row >= piece_end_) return;
    float* const* const places = Places(row);
    const std::size_t size = rows.offsets[row + 1] - rows.offsets[row];
    // The places themselves may be in the cache of the processor that found them.
    for (std::size_t i = 0; i < size; i += kLineBytes / sizeof(float*)) Prefetch(places + kPlacesAhead * size + i);
    if (row_floats_ <= kLineFloats) {
      for (std::size_t i = 0; i < size; ++i) Prefetch(places[i]);
    } else if (settings_.fields > 2 * size) {
      PrefetchVectors(places, fields_.data() + rows.offsets[row], size);
    } else {
      for (std::size_t i = 0; i < size; ++i) PrefetchFloats(places[i], row_floats_);
    }
  }

  // Of an example that has few of an FFM's fields: the first line of each vector that it needs.
  void PrefetchVectors(float* const* places, const std::uint32_t* fields, std::size_t size) const {
    for (std::size_t i = 0; i < size; ++i) {
      Prefetch(places[i]);
      for (std::size_t j = 0; j < size; ++j) Prefetch(places[i] + layout_.vector_at(fields[j]));
    }
  }

  Example ExampleOf(std::size_t row) {
    const std::uint32_t begin = rows.offsets[row];
    const std::size_t size = rows.offsets[row + 1] - begin;
    const float* values = rows.has_values() ? rows.values.data() + begin : nullptr;
    if (settings_.unit_length && size > 0) {
      double squares = 0;
      for (std::size_t i = 0; i < size; ++i) {
        scaled_[i] = values == nullptr ? 1.0F : values[i];
        squares += static_cast<double>(scaled_[i]) * static_cast<double>(scaled_[i]);
      }
      const double scale = 1.0 / std::sqrt(squares);  // of tiny values no float has it
      for (std::size_t i = 0; i < size; ++i) scaled_[i] = static_cast<float>(scaled_[i] * scale);
      values = scaled_.data();
    }
    const std::uint32_t* const fields = fields_.empty() ? nullptr : fields_.data() + begin;
    return {Places(row), values, fields, size};
  }

  // An example without the features that have no row: those are not learned from.
  Example Present(const Example& example) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < example.size; ++i) {
      if (example.rows[i] == view_->absent()) continue;
      present_rows_[size] = example.rows[i];
      present_values_[size] = example.value(i);
      if (example.fields != nullptr) present_fields_[size] = example.fields[i];
      ++size;
    }
    const std::uint32_t* const fields = example.fields == nullptr ? nullptr : present_fields_.data();
    return {present_rows_.data(), present_values_.data(), fields, size};
  }

  // Gives latent vectors that no example had yet their first values, which depend on the first key that a row is of, and
  // on the seed alone.
  void Waken(const Example& example, std::size_t row) const {
    if (settings_.score == ScoreKind::kLinear) return;
    for (std::size_t i = 0; i < example.size; ++i) {
      float* const features = example.rows[i];
      const bool is_new = std::atomic_ref(features[kSeen]).load(std::memory_order_relaxed) == 0;
      if (is_new && features != view_->absent()) WakenRow(features, rows.keys[rows.offsets[row] + i]);
    }
  }

  void WakenRow(float* row, std::uint64_t key) const {
    const float reach = settings_.first / std::sqrt(static_cast<float>(layout_.size));
    std::uint64_t random = Mix(key, settings_.seed);
    for (std::size_t vector = 0; vector < layout_.vectors; ++vector) {
      float* const values = row + layout_.vector_at(vector);
      for (std::size_t f = 0; f < layout_.size; ++f) {
        random = Mix(random + f + 1, settings_.seed);
        values[f] = reach * (static_cast<float>(random >> 40) * 0x1p-23F - 1.0F);
      }
    }
    std::atomic_ref(row[kSeen]).store(1.0F, std::memory_order_relaxed);
  }

  float Bias(std::size_t head = 0) const {
    return std::atomic_ref(learner_.bias_[3 * head]).load(std::memory_order_relaxed);
  }

  void UpdateBias(float slope, std::size_t head = 0) const {
    float* const shared = learner_.bias_.data() + 3 * head;
    std::array<float, 3> bias;
    for (std::size_t i = 0; i < 3; ++i) bias[i] = std::atomic_ref(shared[i]).load(std::memory_order_relaxed);
    WithOptimizer(settings_.linear, [&](const auto& optimizer) { optimizer.Step(bias[0], &bias[1], slope, 1.0F); });
    for (std::size_t i = 0; i < 3; ++i) std::atomic_ref(shared[i]).store(bias[i], std::memory_order_relaxed);
  }

  Learner& learner_;
  const ModelSettings& settings_;
  std::unique_ptr<RowView> view_;
  const std::size_t piece_;      // features whose rows are held at once, or those of one example
  const Layout layout_;
  const std::size_t ahead_;      // examples whose memory is asked for before it is needed
  const bool is_staged_;
  const std::size_t row_floats_;
  float* const* places_ = nullptr;  // of the features whose rows are held
  std::uint32_t now_ = 0;        // of the block, as the table counts
  std::size_t piece_begin_ = 0;  // the first feature whose row is held
  std::size_t piece_end_ = 0;    // the row after the last one whose features' rows are
  std::vector<Fault> faults_;    // of the block
  std::vector<float> sums_;    // of each head
  std::vector<float> scores_;  // the same
  std::vector<bool> known_;    // of each task, whether an example has its label
  Buffer<float*> head_rows_;   // of an example at one head
  Buffer<std::uint32_t> fields_;
  Buffer<float> scaled_;
  // Of an example some of whose features have no row.
  Buffer<float*> present_rows_;
  Buffer<float> present_values_;
  Buffer<std::uint32_t> present_fields_;
};

Learner::Learner(const ModelSettings& settings, const TableSettings& table)
    : settings_(settings),
      table_settings_(table),
      table_(NewTable(RowWidth(settings), table, FadeOf(settings))),
      bias_memory_(3 * settings.heads * sizeof(float)),
      bias_(bias_memory_.as<float>(), 3 * settings.heads),
      kernels_(ChosenKernels()) {}

Totals Learner::totals() const {
  const std::scoped_lock lock(mutex_);
  return pass_.totals;
}

PassState Learner::pass_state() const {
  const std::scoped_lock lock(mutex_);
  return pass_;
}

void Learner::set_pass_state(PassState state) {
  const std::scoped_lock lock(mutex_);
  pass_ = std::move(state);
}

std::vector<BadRow> Learner::bad_rows() const {
  const std::scoped_lock lock(mutex_);
  return pass_.bad.first;
}

Crowd& Learner::CrowdOf(int threads) {
  if (!crowd_ || crowd_->threads() != threads) crowd_ = std::make_unique<Crowd>(threads);
  return *crowd_;
}

bool Learner::IsDone(std::uint64_t block) const {
  const std::scoped_lock lock(mutex_);
  return pass_.cursor.Has(block);
}

void Learner::NoteBad(BadRows&& found, const PassOptions& options) {
  const std::scoped_lock lock(mutex_);
  pass_.totals.bad_rows += found.count;
  pass_.bad.Add(std::move(found), options.max_bad);
}

void ToMeans(const ModelSettings& settings, std::span<float> scores) {
  if (settings.loss == LossKind::kSoftmax) {
    for (std::size_t at = 0; at < scores.size(); at += settings.heads) {
      Softmax::ToMeans(scores.subspan(at, settings.heads));
    }
    return;
  }
  WithLoss(settings.loss, [&](auto loss) {
    for (float& score : scores) score = loss.Mean(score);
  });
}

void Learner::Pass(RowsSource& source, const PassOptions& options, Control& control) {
  if (!options.go_on) set_pass_state({});
  control.files = pass_.totals.rows;
  control.bytes = pass_.totals.bytes;
  Turns turns(pass_.cursor.first());
  const int threads = WorkerCount(options.threads, static_cast<std::size_t>(-1));
  Handoff handoff(options.learn && !options.deterministic && threads > 1 ? &CrowdOf(threads) : nullptr);
  OnWorkers(threads, [&](int) {
    Worker worker(*this, options);
    const auto totals = std::make_unique<Totals>();
    Handoff::Member member(handoff);
    const ParsedBlock& parsed = worker.parsed;
    try {
      Clock clock;
      const auto learn = [&] {
        totals->Clear();
        const auto inside = pause_.Enter();
        totals->wait_s = std::exchange(worker.parsed.wait_s, 0.0) + clock.Lap();
        NoteBad(std::move(worker.parsed.bad), options);
        if (options.learn) {
          worker.Learn(*totals, options.deterministic ? 1 : kBiasRows);
        } else {
          worker.Score(*totals, nullptr);
        }
        totals->read_s = parsed.read_s;
        totals->parse_s = parsed.parse_s;
        totals->learn_s = clock.Lap();
        totals->features = parsed.rows.features();
        totals->bytes = parsed.block.size;
        totals->taken = 1;
        totals->queued = member.waiting();
        member.Did({static_cast<double>(totals->features), totals->learn_s, totals->read_s + totals->parse_s});
        control.files.fetch_add(totals->rows, std::memory_order_relaxed);
        control.bytes.fetch_add(totals->bytes, std::memory_order_relaxed);
        const std::scoped_lock lock(mutex_);
        pass_.totals.Add(*totals);
        pass_.cursor.Add(parsed.block.number);
      };
      while (!control.stop.load(std::memory_order_relaxed) && source.Next(worker.block, control.stop)) {
        if (IsDone(worker.block.number)) continue;
        worker.parsed.read_s = clock.Lap();
        worker.Parse(source, true);
        if (options.learn) ThinNegatives(options.negatives, settings_.seed, worker.block.number, worker.rows);
        if (!member.learns()) worker.FindPlaces();
        worker.parsed.parse_s = clock.Lap();
        if (options.deterministic && !turns.Wait(worker.block.number)) return;
        for (bool some = member.Keeps(worker.parsed); some;) {
          learn();
          some = !control.stop.load(std::memory_order_relaxed) && member.Takes(worker.parsed);
        }
        worker.parsed.wait_s = clock.Lap();
        if (options.deterministic) turns.Done();
      }
      while (!control.stop.load(std::memory_order_relaxed) && member.TakesLast(worker.parsed)) learn();
    } catch (...) {  // rethrown: the others only learn that there is nothing to wait for
      control.stop.store(true, std::memory_order_relaxed);
      turns.GiveUp();
      handoff.GiveUp();
      throw;
    }
  });
  // Once, and only when all blocks are done; a snapshot has the table as it was before, or as it is after.
  const auto inside = pause_.Enter();
  if (!options.learn || pass_.has_ended || control.stop.load(std::memory_order_relaxed)) return;
  table_->EndPass();
  const std::scoped_lock lock(mutex_);
  pass_.has_ended = true;
}

void Learner::Score(RowsSource& source, const PassOptions& options, bool labels, const TakeScores& take,
                    Control& control) {
  set_pass_state({});
  Turns turns(0);
  const int threads = WorkerCount(options.threads, static_cast<std::size_t>(-1));
  OnWorkers(threads, [&](int) {
    Worker worker(*this, options);
    const auto totals = std::make_unique<Totals>();
    std::vector<float> scores;
    try {
      while (!control.stop.load(std::memory_order_relaxed) && source.Next(worker.block, control.stop)) {
        totals->Clear();
        worker.Parse(source, labels);
        NoteBad(std::move(worker.parsed.bad), options);
        scores.resize(worker.rows.size() * settings_.heads);
        worker.Score(*totals, scores.data());
        if (!turns.Wait(worker.block.number)) return;
        take(worker.block, worker.rows, scores);
        turns.Done();
        control.files.fetch_add(worker.rows.size(), std::memory_order_relaxed);
        control.bytes.fetch_add(worker.block.size, std::memory_order_relaxed);
        const std::scoped_lock lock(mutex_);
        pass_.totals.Add(*totals);
      }
    } catch (...) {  // rethrown: the others only learn that there is nothing to wait for
      control.stop.store(true, std::memory_order_relaxed);
      turns.GiveUp();
      throw;
    }
  });
}

}  // namespace tiffin::learn
