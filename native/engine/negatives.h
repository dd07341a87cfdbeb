// Negative examples that are left out, and those that stand for them.
#pragma once

#include <cstdint>

#include "rows/rows.h"

namespace tiffin::learn {

// Takes out negative examples of a block, of which `part` stay, each with its weight divided by it, so that predictions
// stay calibrated (McMahan et al., KDD 2013, section 4.6).  Which ones: by hash of seed, block and line.
void ThinNegatives(float part, std::uint64_t seed, std::uint64_t block, Rows& rows);

}  // namespace tiffin::learn
