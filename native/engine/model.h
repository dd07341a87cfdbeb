// What a model is made of.
#pragma once

#include <cstddef>
#include <cstdint>

#include "loss/loss.h"
#include "optim/optimizer.h"
#include "score/score.h"

namespace tiffin::learn {

struct ModelSettings {
  ScoreKind score = ScoreKind::kLinear;
  LossKind loss = LossKind::kLogistic;
  OptimizerSettings linear;  // of the weights
  OptimizerSettings latent;  // of the latent vectors
  int size = 0;              // floats of a latent vector; 0: there are none
  std::uint32_t fields = 0;  // FFM: how many there are
  float first = 0.1F;        // latent values begin between -first and first, over the root of their number
  std::uint64_t seed = 0;
  float decay = 1.0F;        // what weights and statistics are multiplied by at the end of each pass
  bool unit_length = false;  // whether the values of an example are divided by the length of their vector
};

// Floats of one row of the table.
std::size_t RowWidth(const ModelSettings& settings) noexcept;

}  // namespace tiffin::learn
