// Tables filled from arrays in memory: of models whose files keep numbers in fewer bytes than a table does.
#pragma once

#include <cstdint>
#include <span>

#include "engine/learner.h"

namespace tiffin::learn {

// Fills an empty table, without states.  names: of rows, numbers or keys, in the order of SaveTable; weights: one for
// each row and head; latent: for each row the latent vectors of its fields or heads, as docs/formats/model.md has them.
// Throws std::invalid_argument where arrays do not fit together or the table, or a number is not finite.
void FillTable(Learner& learner, std::span<const std::uint64_t> names, std::span<const float> weights,
               std::span<const float> latent);

}  // namespace tiffin::learn
