// Old evidence counts less: what `decay` does to a row at the end of each pass.
#pragma once

#include "engine/model.h"

namespace tiffin::learn {

// Each optimiser says what becomes of its weight and state.
void DecayRow(const ModelSettings& settings, float* row) noexcept;

}  // namespace tiffin::learn
