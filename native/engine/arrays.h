// What a model has learned, as arrays in files (docs/formats/model.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/learner.h"

namespace tiffin::learn {

// Writes, below `directory`, which is there:
//   rows.npy           u32 (n)               fixed table: the rows that are not all zeros, ascending
//   keys.npy           u64 (n)               exact table: the keys that have a row, ascending by Scramble
//   weights.npy        f32 (n)               with several heads (n, heads)
//   latent.npy         f32 (n, size) or, for FFM, (n, fields, size); with heads (n, heads, size)
// and, for who goes on training,
//   weights_state.npy  f32 (n, states)       with heads (n, heads, states)
//   latent_state.npy   f32 (n, states, size) or (n, fields, states, size); with heads (n, heads, states, size)
// ages: and, of a table that counts sightings,
//   ages.npy           u32 (n)               examples since one had the row's key last
// state: also rows that predictions do without.  Returns n.  The files are not durable yet: learners may pause meanwhile,
// and shall not wait for a disk.  Throws SystemFault.
std::size_t SaveTable(const Learner& learner, const std::string& directory, bool state, bool ages);

// Fills an empty table with what SaveTable wrote.  count: rows.  state, ages: whether these are there, too.  Throws
// SystemFault, and std::invalid_argument where a file is not what SaveTable would have written for this model.
void LoadTable(Learner& learner, const std::string& directory, std::size_t count, bool state,
               bool ages);

}  // namespace tiffin::learn
