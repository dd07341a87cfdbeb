// Included once by each engine, which defines ENGINE.  All functions are of that file alone: none may stand in for
// another engine's.
#include "engine/kernels.h"
#include "score/ffm.h"
#include "score/fm.h"
#include "score/linear.h"

namespace tiffin::learn::ENGINE {
namespace {

float Score(const ModelSettings& settings, const Example& example, float* sums) {
  const float linear = LinearScore(example);
  switch (settings.score) {
    case ScoreKind::kFm:
      return linear + FmScore(example, settings.size, sums);
    case ScoreKind::kFfm:
      return linear + FfmScore(example, settings.size, StatesOf(settings.latent));
    default:
      return linear;
  }
}

void Update(const ModelSettings& settings, const Example& example, const float* sums, float slope) {
  if (settings.score != ScoreKind::kLinear) {
    WithOptimizer(settings.latent, [&](const auto& optimizer) {
      if (settings.score == ScoreKind::kFm) {
        UpdateFm(example, settings.size, sums, slope, optimizer);
      } else {
        UpdateFfm(example, settings.size, slope, optimizer);
      }
    });
  }
  WithOptimizer(settings.linear, [&](const auto& optimizer) { UpdateLinear(example, slope, optimizer); });
}

}  // namespace

const Kernels kKernels = {TIFFIN_STRING(ENGINE), Score, Update};

}  // namespace tiffin::learn::ENGINE
