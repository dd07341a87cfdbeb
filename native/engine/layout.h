// Where the parts of a row are (score/score.h).
#pragma once

#include <cstddef>

#include "engine/model.h"

namespace tiffin::learn {

struct Layout {
  explicit Layout(const ModelSettings& settings)
      : linear_states(static_cast<std::size_t>(StatesOf(settings.linear.kind))),
        latent_states(static_cast<std::size_t>(StatesOf(settings.latent.kind))),
        size(settings.score == ScoreKind::kLinear ? 0 : static_cast<std::size_t>(settings.size)),
        vectors(settings.score == ScoreKind::kFfm ? settings.fields : size > 0 ? 1 : 0) {}

  std::size_t linear_states;
  std::size_t latent_states;
  std::size_t size;     // of a latent vector; 0: there are none
  std::size_t vectors;  // of a row

  std::size_t vector_at(std::size_t vector) const noexcept { return kLinearFloats + vector * size * (1 + latent_states); }
};

}  // namespace tiffin::learn
