// Where the parts of a row are (score/score.h).
#pragma once

#include <cstddef>

#include "engine/model.h"

namespace tiffin::learn {

struct Layout {
  explicit Layout(const ModelSettings& settings)
      : linear_states(static_cast<std::size_t>(StatesOf(settings.linear))),
        latent_states(static_cast<std::size_t>(StatesOf(settings.latent))),
        size(settings.score == ScoreKind::kLinear ? 0 : static_cast<std::size_t>(settings.size)),
        vectors(settings.score == ScoreKind::kFfm ? settings.fields : size > 0 ? settings.heads : 0),
        stride(settings.score == ScoreKind::kFfm ? size * (1 + latent_states) : HeadWidth(settings)),
        first(settings.score == ScoreKind::kFfm ? FfmFirst(stride) : kLinearFloats),
        heads(settings.heads),
        head_width(HeadWidth(settings)) {}

  std::size_t linear_states;
  std::size_t latent_states;
  std::size_t size;     // of a latent vector; 0: there are none
  std::size_t vectors;  // of a row: of each field, or of each head
  std::size_t stride;   // from one to the next
  std::size_t first;    // where the vectors begin
  std::size_t heads;
  std::size_t head_width;

  std::size_t vector_at(std::size_t vector) const noexcept { return first + vector * stride; }

  // Whether a row changes what is predicted.
  bool IsHeard(const float* row) const noexcept {
    if (size > 0 && row[kSeen] != 0) return true;
    for (std::size_t head = 0; head < heads; ++head) {
      if (row[head * head_width] != 0) return true;
    }
    return false;
  }
};

}  // namespace tiffin::learn
