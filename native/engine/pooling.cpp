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

float ValueOf(const ExampleBatch& batch, std::size_t feature, bool squared) {
  const float value = batch.values.empty() ? 1.0F : batch.values[feature];
  return squared ? value * value : value;
}

std::size_t SlotOf(std::uint64_t key, std::uint32_t slots) {
  if (slots == 1) return 0;
  const std::uint32_t field = FieldOf(key);
  if (field >= slots) {
    throw std::invalid_argument("field " + std::to_string(field) + ", and there are " + std::to_string(slots));
  }
  return field;
}

// Calls f(row, feature) for the features of the rows of each of several workers.
template <typename F>
void ForRows(const ExampleBatch& batch, std::size_t floats, F f) {
  const auto workers = static_cast<std::size_t>(Workers(floats));
  OnWorkers(static_cast<int>(workers), [&](int number) {
    const auto worker = static_cast<std::size_t>(number);
    for (std::size_t row = batch.rows() * worker / workers; row < batch.rows() * (worker + 1) / workers; ++row) {
      f(row, batch.offsets[row], batch.offsets[row + 1]);
    }
  });
}

// The same where features add to what belongs to their keys: each worker has keys of its own.
template <typename F>
void ForFeatures(const ExampleBatch& batch, std::size_t floats, F f) {
  const auto workers = static_cast<std::uint32_t>(Workers(floats));
  OnWorkers(static_cast<int>(workers), [&](int number) {
    const auto worker = static_cast<std::uint32_t>(number);
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      for (std::uint32_t i = batch.offsets[row]; i < batch.offsets[row + 1]; ++i) {
        if (workers == 1 || batch.index[i] % workers == worker) f(row, i);
      }
    }
  });
}

}  // namespace

void Pool(const ExampleBatch& batch, const Pooling& how, std::span<const float> rows, std::span<float> pools) {
  std::ranges::fill(pools, 0.0F);
  WithWidth(how.width, [&](auto width) {
    ForRows(batch, batch.features() * width, [&](std::size_t row, std::size_t begin, std::size_t end) {
      float* const pool = pools.data() + row * how.slots * width;
      for (std::size_t i = begin; i < end; ++i) {
        AddScaled(width, rows.data() + batch.index[i] * width, ValueOf(batch, i, how.squared),
                  pool + SlotOf(batch.keys[i], how.slots) * width);
      }
    });
  });
}

void Unpool(const ExampleBatch& batch, const Pooling& how, std::span<const float> pools, std::span<float> rows) {
  std::ranges::fill(rows, 0.0F);
  WithWidth(how.width, [&](auto width) {
    ForFeatures(batch, batch.features() * width, [&](std::size_t row, std::size_t i) {
      const std::size_t slot = row * how.slots + SlotOf(batch.keys[i], how.slots);
      AddScaled(width, pools.data() + slot * width, ValueOf(batch, i, how.squared),
                rows.data() + batch.index[i] * width);
    });
  });
}

void PairRows(const ExampleBatch& batch, std::size_t size, std::span<const float> rows, std::span<float> sums,
              std::span<float> scores) {
  std::ranges::fill(sums, 0.0F);
  WithWidth(size, [&](auto width) {
    ForRows(batch, batch.features() * width, [&](std::size_t row, std::size_t begin, std::size_t end) {
      float* const sum = sums.data() + row * width;
      float squares = 0;
      for (std::size_t i = begin; i < end; ++i) {
        const float* const vector = rows.data() + batch.index[i] * width;
        const float value = ValueOf(batch, i, false);
        AddScaled(width, vector, value, sum);
        float square = 0;
        for (std::size_t f = 0; f < width; ++f) square += vector[f] * vector[f];
        squares += value * value * square;
      }
      float square = 0;
      for (std::size_t f = 0; f < width; ++f) square += sum[f] * sum[f];
      scores[row] = 0.5F * (square - squares);
    });
  });
}

void UnpairRows(const ExampleBatch& batch, std::size_t size, std::span<const float> rows, std::span<const float> sums,
                std::span<const float> slopes, std::span<float> derivative) {
  std::ranges::fill(derivative, 0.0F);
  WithWidth(size, [&](auto width) {
    ForFeatures(batch, batch.features() * width, [&](std::size_t row, std::size_t i) {
      const float value = ValueOf(batch, i, false);
      const std::size_t at = batch.index[i] * width;
      AddScaled(width, sums.data() + row * width, slopes[row] * value, derivative.data() + at);
      AddScaled(width, rows.data() + at, -slopes[row] * value * value, derivative.data() + at);
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
