// Sums of rows over the features of examples, and the way back for gradients.
//
// `rows` has `width` floats for each key of a batch, in the order of batch.unique.  A pool has `slots` times `width`
// floats for each example: one slot for all its features, or one for each field.  Numbers are added in the order of
// features, for any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/batches.h"

namespace tiffin::learn {

struct Pooling {
  std::size_t width;
  std::uint32_t slots = 1;
  bool squared = false;  // whether the squares of values count, not the values
};

// pools: the sums of rows times the values of features; what was there is overwritten.
// Throws std::invalid_argument for a feature whose field has no slot.
void Pool(const ExampleBatch& batch, const Pooling& how, std::span<const float> rows, std::span<float> pools);

// The derivative by `rows` of what has the derivative `pools` by the pools.  Overwrites; throws as above.
void Unpool(const ExampleBatch& batch, const Pooling& how, std::span<const float> pools, std::span<float> rows);

// scores: the dot products of the rows of each pair of features, each times its value, added up (Rendle, ICDM 2010).
// sums: pools of one slot, which UnpairRows needs.
void PairRows(const ExampleBatch& batch, std::size_t width, std::span<const float> rows, std::span<float> sums,
              std::span<float> scores);

// The derivative by `rows` of what has the derivative `slopes` by the scores.  Overwrites.
void UnpairRows(const ExampleBatch& batch, std::size_t width, std::span<const float> rows, std::span<const float> sums,
                std::span<const float> slopes, std::span<float> derivative);

// to[index[i]] += from[i], rows of `width` floats.  Throws std::invalid_argument for an index past the end of `to`.
void ScatterAdd(std::span<const std::uint32_t> index, std::size_t width, std::span<const float> from,
                std::span<float> to);

}  // namespace tiffin::learn
