#include "engine/negatives.h"

#include <cstddef>
#include <vector>

#include "rows/key.h"

namespace tiffin::learn {

void ThinNegatives(float part, std::uint64_t seed, std::uint64_t block, Rows& rows) {
  if (part >= 1) return;
  const std::uint64_t stream = Mix(Mix(seed) + block);
  std::vector<std::size_t> gone;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows.labels[row] > 0) continue;
    const std::uint64_t random = Mix(Mix(stream + rows.lines[row]));  // once leaves neighbours too evenly spread
    if (static_cast<float>(random >> 40) * 0x1p-24F < part) {
      rows.Weigh(row, 1 / part);
    } else {
      gone.push_back(row);
    }
  }
  rows.Remove(gone);
}

}  // namespace tiffin::learn
