// Included once by each engine, which defines ENGINE.  All functions are of that file alone: none may stand in for
// another engine's.
#include "engine/kernels.h"
#include "score/ffm.h"
#include "score/fm.h"
#include "score/linear.h"

namespace tiffin::learn::ENGINE {
namespace {

// What is called next may be older code, which waits for vectors whose upper halves are in use.  GCC (12) sees to that
// itself, but not where it took a larger vector than it was asked for.
TIFFIN_INLINE void EndVectors() {
#ifdef __AVX__
  __builtin_ia32_vzeroupper();
#endif
}

TIFFIN_INLINE float ScoreOf(const ModelSettings& settings, const Example& example, float* sums) {
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

float Score(const ModelSettings& settings, const Example& example, float* sums) {
  const float score = ScoreOf(settings, example, sums);
  EndVectors();
  return score;
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
  EndVectors();
}

}  // namespace

const Kernels kKernels = {TIFFIN_STRING(ENGINE), Score, Update};

}  // namespace tiffin::learn::ENGINE
