// What a table counts to admit and to forget keys, as files (docs/formats/model.md).
#pragma once

#include <cstddef>
#include <string>

#include "params/table.h"

namespace tiffin::learn {

// Writes all counts to a new file, u32 (n); gives n.  Throws SystemFault.
std::size_t SaveCounts(const Sightings& sightings, const std::string& path);

// Lets a table go on from what another one counted: of `count` keys without a row, in a file that SaveCounts wrote.
// Throws SystemFault, and std::invalid_argument for what no table counted.
void LoadCounts(Sightings& sightings, const Sightings::Head& head, const std::string& path, std::size_t count);

}  // namespace tiffin::learn
