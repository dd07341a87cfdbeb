#include "engine/decay.h"

#include "engine/layout.h"
#include "optim/vector.h"

namespace tiffin::learn {
void DecayRow(const ModelSettings& settings, float* row) noexcept {
  const Layout layout(settings);
  WithOptimizer(settings.linear, [&](const auto& optimizer) {
    for (std::size_t head = 0; head < layout.heads; ++head) {
      float* const weight = row + head * layout.head_width;
      optimizer.Decay(weight[0], weight + 1, settings.decay);
    }
  });
  WithOptimizer(settings.latent, [&](const auto& optimizer) {
    for (std::size_t vector = 0; vector < layout.vectors; ++vector) {
      DecayEach(optimizer, layout.size, settings.decay, row + layout.vector_at(vector));
    }
  });
}

}  // namespace tiffin::learn
