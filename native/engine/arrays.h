// What a model has learned, as arrays in files (docs/formats/model.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/learner.h"
#include "engine/mapped_table.h"

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

// What SaveTable wrote, or the same with weights and latent vectors in fewer bytes.
struct Saved {
  std::string directory;
  std::size_t rows = 0;
  bool state = false;  // whether states are there
  bool ages = false;   // the same
  NumberKind kind = NumberKind::kFloat;
  float weights_scale = 1;  // of bytes; latent_scale.npy, f32 (n), has those of the latent vectors of each row
};

// A table of these rows.  mapped: it can score, and nothing is read before it is asked for; else they can be gone
// through.  Throws SystemFault, and
// std::invalid_argument where a file is not what would have been written for this model, as far as sizes and types go.
std::unique_ptr<MappedTable> MapTable(const Learner& learner, const Saved& saved, bool mapped);

// Fills an empty table with them.  Throws the same, and std::invalid_argument for rows that no such table has.
void LoadTable(Learner& learner, const Saved& saved);

}  // namespace tiffin::learn
