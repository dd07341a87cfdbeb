#include "params/local_table.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "batch/threads.h"
#include "rows/key.h"

namespace tiffin::learn {
namespace {

constexpr std::size_t kAhead = 8;                               // rows that are asked for before they are needed
constexpr std::size_t kFloatsOfAWorker = std::size_t{1} << 19;  // with less to do a thread costs more than it gives
constexpr std::size_t kLineFloats = 16;                         // of a cache line

int Workers(std::size_t floats) { return WorkerCount(0, floats / kFloatsOfAWorker); }

void Prefetch(const float* row, std::size_t floats) {
  for (std::size_t i = 0; i < floats; i += kLineFloats) __builtin_prefetch(row + i, 1);
}

}  // namespace

LocalTable::LocalTable(int bits, const Settings& settings)
    : settings_(settings),
      states_(static_cast<std::size_t>(StatesOf(settings.optimizer.kind))),
      table_(bits, settings.width * (1 + states_)) {}

bool LocalTable::IsChanged(const float* row) const noexcept {
  return std::any_of(row, row + floats(), [](float x) { return x != 0; });
}

// Values depend on the place and the seed alone, so they are the same whenever a row is first met.
void LocalTable::Begin(std::uint32_t number, float* values) const noexcept {
  const float reach = settings_.first / std::sqrt(static_cast<float>(settings_.width));
  std::uint64_t random = Mix(number, settings_.seed);
  for (std::size_t f = 0; f < settings_.width; ++f) {
    random = Mix(random + f + 1, settings_.seed);
    values[f] = reach * (static_cast<float>(random >> 40) * 0x1p-23F - 1.0F);
  }
}

void LocalTable::Pull(std::span<const std::uint64_t> keys, bool unseen, std::span<float> values) const {
  const std::size_t width = settings_.width;
  const auto workers = static_cast<std::size_t>(Workers(values.size()));
  OnWorkers(static_cast<int>(workers), [&](int number) {
    const auto worker = static_cast<std::size_t>(number);
    const std::size_t end = keys.size() * (worker + 1) / workers;
    for (std::size_t i = keys.size() * worker / workers; i < end; ++i) {
      if (i + kAhead < end) Prefetch(table_.row(FixedTable::RowOf(keys[i + kAhead], table_.bits())), width);
      const std::uint32_t place = FixedTable::RowOf(keys[i], table_.bits());
      const float* const row = table_.row(place);
      float* const to = values.data() + i * width;
      if (unseen && settings_.first > 0 && row[0] == 0 && !IsChanged(row)) {
        Begin(place, to);
      } else {
        std::copy_n(row, width, to);
      }
    }
  });
}

void LocalTable::Push(std::span<const std::uint64_t> keys, std::span<const float> gradients) {
  if (std::ranges::adjacent_find(keys, std::ranges::greater_equal()) != keys.end()) {
    throw std::invalid_argument("keys must be ascending, each once");
  }
  const std::size_t width = settings_.width;
  const auto workers = static_cast<std::uint32_t>(Workers(gradients.size()));
  WithOptimizer(settings_.optimizer, [&](const auto& optimizer) {
    OnWorkers(static_cast<int>(workers), [&](int number) {
      const auto worker = static_cast<std::uint32_t>(number);
      for (std::size_t i = 0; i < keys.size(); ++i) {
        // Keys may share a row: whose it is goes by the row.
        const std::uint32_t place = FixedTable::RowOf(keys[i], table_.bits());
        if (i + kAhead < keys.size()) {
          const std::uint32_t next = FixedTable::RowOf(keys[i + kAhead], table_.bits());
          if (next % workers == worker) Prefetch(table_.row(next), floats());
        }
        if (place % workers != worker) continue;
        float* const row = table_.row(place);
        if (settings_.first > 0 && row[0] == 0 && !IsChanged(row)) Begin(place, row);
        const float* const gradient = gradients.data() + i * width;
        constexpr auto states = std::size_t{std::remove_cvref_t<decltype(optimizer)>::kState};
        float state[states + 1];
        for (std::size_t f = 0; f < width; ++f) {
          for (std::size_t s = 0; s < states; ++s) state[s] = row[(s + 1) * width + f];
          optimizer.Step(row[f], state, gradient[f], 1.0F);
          for (std::size_t s = 0; s < states; ++s) row[(s + 1) * width + f] = state[s];
        }
      }
    });
  });
}

std::vector<std::uint32_t> LocalTable::Changed() const {
  std::vector<std::uint32_t> changed;
  for (std::size_t number = 0; number < table_.size(); ++number) {
    if (IsChanged(table_.row(number))) changed.push_back(static_cast<std::uint32_t>(number));
  }
  return changed;
}

void LocalTable::CheckRows(std::span<const std::uint32_t> rows) const {
  for (const std::uint32_t row : rows) {
    if (row >= table_.size()) {
      throw std::invalid_argument("row " + std::to_string(row) + " of a table of " + std::to_string(table_.size()));
    }
  }
}

void LocalTable::Read(std::span<const std::uint32_t> rows, std::span<float> values, std::span<float> states) const {
  CheckRows(rows);
  const std::size_t width = settings_.width;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const float* const row = table_.row(rows[i]);
    std::copy_n(row, width, values.data() + i * width);
    std::copy_n(row + width, states_ * width, states.data() + i * states_ * width);
  }
}

void LocalTable::Write(std::span<const std::uint32_t> rows, std::span<const float> values,
                       std::span<const float> states) {
  CheckRows(rows);
  const std::size_t width = settings_.width;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    float* const row = table_.row(rows[i]);
    std::copy_n(values.data() + i * width, width, row);
    if (!states.empty()) std::copy_n(states.data() + i * states_ * width, states_ * width, row + width);
  }
}

}  // namespace tiffin::learn
