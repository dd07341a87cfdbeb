#include "params/local_table.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "base/prefetch.h"
#include "batch/threads.h"
#include "optim/vector.h"
#include "rows/key.h"

namespace tiffin::learn {
namespace {

constexpr std::size_t kAhead = 24;                              // rows that are asked for before they are needed
constexpr std::size_t kFloatsOfAWorker = std::size_t{1} << 19;  // with less to do a thread costs more than it gives

int Workers(std::size_t floats) { return WorkerCount(0, floats / kFloatsOfAWorker); }

Fade FadeOf(const LocalTable::Settings& settings) {
  if (settings.decay == 1) return nullptr;
  return [settings](float* row) {
    WithOptimizer(settings.optimizer, [&](const auto& optimizer) {
      DecayEach(optimizer, settings.width, settings.decay, row);
    });
  };
}

}  // namespace

LocalTable::LocalTable(const TableSettings& table, const Settings& settings)
    : kind_(table),
      settings_(settings),
      states_(static_cast<std::size_t>(StatesOf(settings.optimizer))),
      table_(NewTable(floats(), table, FadeOf(settings))) {}

bool LocalTable::IsNew(const float* row) const noexcept {
  return row[0] == 0 && std::all_of(row, row + floats(), [](float x) { return x == 0; });
}

// Values depend on the name of the row and the seed alone, so they are the same whenever a row is first met.
void LocalTable::Begin(std::uint64_t name, float* values) const noexcept {
  const float reach = settings_.first / std::sqrt(static_cast<float>(settings_.width));
  std::uint64_t random = Mix(name, settings_.seed);
  for (std::size_t f = 0; f < settings_.width; ++f) {
    random = Mix(random + f + 1, settings_.seed);
    values[f] = reach * (static_cast<float>(random >> 40) * 0x1p-23F - 1.0F);
  }
}

void LocalTable::InPieces(std::span<const std::uint64_t> keys, std::uint32_t now, RowView::Purpose purpose,
                          const std::function<void(std::size_t first, const RowView& view)>& work) {
  const std::unique_ptr<RowView> view = table_->NewView();
  for (std::size_t first = 0; first < keys.size();) {
    const std::size_t size = std::min(keys.size() - first, table_->most_open());
    view->Open(keys.subspan(first, size), now, purpose);
    work(first, *view);
    view->Close();
    first += size;
  }
}

void LocalTable::Pull(std::span<const std::uint64_t> keys, bool unseen, std::span<float> values) {
  const std::size_t width = settings_.width;
  const bool begins = unseen && settings_.first > 0 && (!kind_.is_exact || kind_.exact.admit == 1);
  InPieces(keys, 0, RowView::Purpose::kScore, [&](std::size_t first, const RowView& view) {
    const auto workers = static_cast<std::size_t>(Workers(view.size() * width));
    OnWorkers(static_cast<int>(workers), [&](int number) {
      const auto worker = static_cast<std::size_t>(number);
      const std::size_t end = view.size() * (worker + 1) / workers;
      for (std::size_t i = view.size() * worker / workers; i < end; ++i) {
        if (i + kAhead < end) PrefetchFloats(view.rows()[i + kAhead], width);
        const float* const row = view.rows()[i];
        float* const to = values.data() + (first + i) * width;
        if (begins && IsNew(row)) {
          Begin(NameOf(keys[first + i]), to);
        } else {
          std::copy_n(row, width, to);
        }
      }
    });
  });
}

void LocalTable::Push(std::span<const std::uint64_t> keys, std::span<const float> gradients, std::size_t examples) {
  if (std::ranges::adjacent_find(keys, std::ranges::greater_equal()) != keys.end()) {
    throw std::invalid_argument("keys must be ascending, each once");
  }
  const std::size_t width = settings_.width;
  const std::uint32_t now = table_->Begin(examples);
  InPieces(keys, now, RowView::Purpose::kLearn, [&](std::size_t first, const RowView& view) {
    const auto workers = static_cast<std::uint64_t>(Workers(view.size() * width));
    WithOptimizer(settings_.optimizer, [&](const auto& optimizer) {
      OnWorkers(static_cast<int>(workers), [&](int number) {
        const auto worker = static_cast<std::uint64_t>(number);
        // Keys may share a row: whose it is goes by its name.
        const auto is_its = [&](std::size_t i) { return workers == 1 || NameOf(keys[first + i]) % workers == worker; };
        for (std::size_t i = 0; i < view.size(); ++i) {
          if (i + kAhead < view.size() && is_its(i + kAhead)) PrefetchFloats(view.rows()[i + kAhead], floats());
          float* const row = view.rows()[i];
          if (!is_its(i) || row == view.absent()) continue;
          if (settings_.first > 0 && IsNew(row)) Begin(NameOf(keys[first + i]), row);
          StepEach(optimizer, gradients.subspan((first + i) * width, width), row);
        }
      });
    });
  });
}

void LocalTable::ForEachIn(std::size_t part, const Visit& visit) const {
  const bool are_counted = sightings() != nullptr;
  table_->VisitPart(part, [&](std::span<const NamedRow> rows) {
    for (const auto& [name, row, age] : rows) {
      if (!are_counted && IsNew(row)) continue;
      visit(name, {row, settings_.width}, {row + settings_.width, states_ * settings_.width}, age);
    }
  });
}

}  // namespace tiffin::learn
