#include "engine/pooling.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "batch/threads.h"
#include "rows/key.h"

namespace tiffin::learn {
namespace {

constexpr std::size_t kFloatsOfAWorker = std::size_t{1} << 21;  // with less to do a thread costs more than it gives

int Workers(std::size_t floats) { return WorkerCount(0, floats / kFloatsOfAWorker); }

// Calls f(width as a type), so that the common widths are loops of known length.
template <typename F>
void WithWidth(std::size_t width, F f) {
  switch (width) {
    case 1:
      return f(std::integral_constant<std::size_t, 1>());
    case 4:
      return f(std::integral_constant<std::size_t, 4>());
    case 8:
      return f(std::integral_constant<std::size_t, 8>());
    case 16:
      return f(std::integral_constant<std::size_t, 16>());
    default:
      return f(width);
  }
}

void AddScaled(auto width, const float* __restrict from, float scale, float* __restrict to) {
  for (std::size_t f = 0; f < width; ++f) to[f] += scale * from[f];
}

// Calls f(value), where value(feature) is what a feature of the batch is worth.
template <typename F>
void WithValues(const ExampleBatch& batch, bool squared, F f) {
  const float* const values = batch.values.data();
  if (batch.values.empty()) return f([](std::size_t) { return 1.0F; });
  if (squared) return f([values](std::size_t feature) { return values[feature] * values[feature]; });
  f([values](std::size_t feature) { return values[feature]; });
}

std::size_t SlotOf(std::uint64_t key, std::uint32_t slots) {
  const std::uint32_t field = FieldOf(key);
  if (field >= slots) {
    throw std::invalid_argument("field " + std::to_string(field) + ", and there are " + std::to_string(slots));
  }
  return field;
}

// Calls f(slot), where slot(feature) is the slot that a feature of the batch goes to.
template <typename F>
void WithSlots(const ExampleBatch& batch, std::uint32_t slots, F f) {
  if (slots == 1) return f([](std::size_t) { return std::size_t{0}; });
  f([keys = batch.keys.data(), slots](std::size_t feature) { return SlotOf(keys[feature], slots); });
}

// Calls f(row, begin, end) for the rows of each of several workers, with where their features are.
template <typename F>
void ForRows(const ExampleBatch& batch, std::size_t floats, F f) {
  const auto workers = static_cast<std::size_t>(Workers(floats));
  OnWorkers(static_cast<int>(workers), [&](int number) {
    const auto worker = static_cast<std::size_t>(number);
    const std::uint32_t* const offsets = batch.offsets.data();
    const std::size_t end = batch.rows() * (worker + 1) / workers;
    for (std::size_t row = batch.rows() * worker / workers; row < end; ++row) f(row, offsets[row], offsets[row + 1]);
  });
}

// Calls f(row, feature) for the features that add to what belongs to their keys: each worker has keys of its own.
template <typename F>
void ForFeatures(const ExampleBatch& batch, std::size_t floats, F f) {
  const auto workers = static_cast<std::uint32_t>(Workers(floats));
  OnWorkers(static_cast<int>(workers), [&](int number) {
    const auto worker = static_cast<std::uint32_t>(number);
    const std::uint32_t* const offsets = batch.offsets.data();
    const std::uint32_t* const index = batch.index.data();
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      for (std::uint32_t i = offsets[row]; i < offsets[row + 1]; ++i) {
        if (workers == 1 || index[i] % workers == worker) f(row, i);
      }
    }
  });
}

}  // namespace

// Lambdas take pointers by value: else they would be read anew after each number that is written.

void Pool(const ExampleBatch& batch, const Pooling& how, std::span<const float> rows, std::span<float> pools) {
  std::ranges::fill(pools, 0.0F);
  WithWidth(how.width, [&](auto width) {
    WithSlots(batch, how.slots, [&](auto slot) {
      WithValues(batch, how.squared, [&](auto value) {
        ForRows(batch, batch.features() * width,
                [=, index = batch.index.data(), from = rows.data(), to = pools.data(), step = how.slots * width](
                    std::size_t row, std::size_t begin, std::size_t end) {
                  for (std::size_t i = begin; i < end; ++i) {
                    AddScaled(width, from + index[i] * width, value(i), to + row * step + slot(i) * width);
                  }
                });
      });
    });
  });
}

void Unpool(const ExampleBatch& batch, const Pooling& how, std::span<const float> pools, std::span<float> rows) {
  std::ranges::fill(rows, 0.0F);
  WithWidth(how.width, [&](auto width) {
    WithSlots(batch, how.slots, [&](auto slot) {
      WithValues(batch, how.squared, [&](auto value) {
        ForFeatures(batch, batch.features() * width,
                    [=, index = batch.index.data(), from = pools.data(), to = rows.data(), step = how.slots * width](
                        std::size_t row, std::size_t i) {
                      AddScaled(width, from + row * step + slot(i) * width, value(i), to + index[i] * width);
                    });
      });
    });
  });
}

void PairRows(const ExampleBatch& batch, std::size_t size, std::span<const float> rows, std::span<float> sums,
              std::span<float> scores) {
  std::ranges::fill(sums, 0.0F);
  WithWidth(size, [&](auto width) {
    WithValues(batch, false, [&](auto value_of) {
      ForRows(batch, batch.features() * width,
              [=, index = batch.index.data(), from = rows.data(), to = sums.data(), out = scores.data()](
                  std::size_t row, std::size_t begin, std::size_t end) {
                float* const sum = to + row * width;
                float squares = 0;
                for (std::size_t i = begin; i < end; ++i) {
                  const float* const vector = from + index[i] * width;
                  const float value = value_of(i);
                  AddScaled(width, vector, value, sum);
                  float square = 0;
                  for (std::size_t f = 0; f < width; ++f) square += vector[f] * vector[f];
                  squares += value * value * square;
                }
                float square = 0;
                for (std::size_t f = 0; f < width; ++f) square += sum[f] * sum[f];
                out[row] = 0.5F * (square - squares);
              });
    });
  });
}

void UnpairRows(const ExampleBatch& batch, std::size_t size, std::span<const float> rows, std::span<const float> sums,
                std::span<const float> slopes, std::span<float> derivative) {
  std::ranges::fill(derivative, 0.0F);
  WithWidth(size, [&](auto width) {
    WithValues(batch, false, [&](auto value_of) {
      ForFeatures(batch, batch.features() * width,
                  [=, index = batch.index.data(), from = rows.data(), its_sums = sums.data(), its_slopes = slopes.data(),
                   to = derivative.data()](std::size_t row, std::size_t i) {
                    const float value = value_of(i);
                    const std::size_t at = index[i] * width;
                    AddScaled(width, its_sums + row * width, its_slopes[row] * value, to + at);
                    AddScaled(width, from + at, -its_slopes[row] * value * value, to + at);
                  });
    });
  });
}

void ScatterAdd(std::span<const std::uint32_t> index, std::size_t size, std::span<const float> from,
                std::span<float> to) {
  const std::size_t count = to.size() / size;
  WithWidth(size, [&](auto width) {
    for (std::size_t i = 0; i < index.size(); ++i) {
      if (index[i] >= count) {
        throw std::invalid_argument("index " + std::to_string(index[i]) + " of " + std::to_string(count) + " rows");
      }
      AddScaled(width, from.data() + i * width, 1.0F, to.data() + index[i] * width);
    }
  });
}

}  // namespace tiffin::learn
