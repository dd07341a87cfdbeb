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
  std::size_t heads = 1;     // scores of an example: the classes of a softmax, or several tasks
  bool unit_length = false;  // whether the values of an example are divided by the length of their vector
};

// Floats of a feature for one head, and of one row of the table, which has them for all heads one after the other.
std::size_t HeadWidth(const ModelSettings& settings) noexcept;
inline std::size_t RowWidth(const ModelSettings& settings) noexcept { return settings.heads * HeadWidth(settings); }

}  // namespace tiffin::learn
