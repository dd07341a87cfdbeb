#include "engine/fill.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "engine/layout.h"

namespace tiffin::learn {

void FillTable(Learner& learner, std::span<const std::uint64_t> names, std::span<const float> weights,
               std::span<const float> latent) {
  const Layout layout(learner.settings());
  const auto refuse = [](const char* what) { throw std::invalid_argument(what); };
  const std::size_t floats = layout.vectors * layout.size;  // of the latent vectors of a row
  if (weights.size() != names.size() * layout.heads) refuse("there must be weights for each row");
  if (latent.size() != names.size() * floats) refuse("there must be latent vectors for each row");
  const auto finite = [](float value) { return std::isfinite(value); };
  if (!std::ranges::all_of(weights, finite) || !std::ranges::all_of(latent, finite)) refuse("a value is no finite number");
  for (std::size_t i = 0; i < names.size(); ++i) {
    // In their order no key is there twice.
    if (learner.is_exact() && i > 0 && Scramble(names[i]) <= Scramble(names[i - 1])) refuse("the keys are not in their order");
    float* const row = learner.table().Place(names[i], 0);
    for (std::size_t head = 0; head < layout.heads; ++head) row[head * layout.head_width] = weights[i * layout.heads + head];
    for (std::size_t vector = 0; vector < layout.vectors; ++vector) {
      std::copy_n(latent.data() + i * floats + vector * layout.size, layout.size, row + layout.vector_at(vector));
    }
    if (layout.size > 0) row[kSeen] = 1.0F;
  }
}

}  // namespace tiffin::learn
