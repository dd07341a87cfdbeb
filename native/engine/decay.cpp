#include "engine/decay.h"

#include "engine/layout.h"

namespace tiffin::learn {
namespace {

// The largest number of floats of state that an optimiser has.
constexpr std::size_t kMostStates = 2;

}  // namespace

void DecayRow(const ModelSettings& settings, float* row) noexcept {
  const Layout layout(settings);
  WithOptimizer(settings.linear, [&](const auto& optimizer) {
    for (std::size_t head = 0; head < layout.heads; ++head) {
      float* const weight = row + head * layout.head_width;
      optimizer.Decay(weight[0], weight + 1, settings.decay);
    }
  });
  WithOptimizer(settings.latent, [&](const auto& optimizer) {
    static_assert(std::remove_cvref_t<decltype(optimizer)>::kState <= kMostStates);
    for (std::size_t vector = 0; vector < layout.vectors; ++vector) {
      float* const values = row + layout.vector_at(vector);
      for (std::size_t f = 0; f < layout.size; ++f) {
        float state[kMostStates] = {};
        for (std::size_t s = 0; s < layout.latent_states; ++s) state[s] = values[(s + 1) * layout.size + f];
        optimizer.Decay(values[f], state, settings.decay);
        for (std::size_t s = 0; s < layout.latent_states; ++s) values[(s + 1) * layout.size + f] = state[s];
      }
    }
  });
}

}  // namespace tiffin::learn
