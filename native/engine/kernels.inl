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
  const int size = settings.size;
  if (settings.score == ScoreKind::kFm) {
    switch (size) {
      case 4:
        return linear + FmScore<4>(example, size, sums);
      case 8:
        return linear + FmScore<8>(example, size, sums);
      case 16:
        return linear + FmScore<16>(example, size, sums);
      default:
        return linear + FmScore<0>(example, size, sums);
    }
  }
  if (settings.score == ScoreKind::kFfm) {
    const int states = StatesOf(settings.latent.kind);
    switch (size) {
      case 4:
        return linear + FfmScore<4>(example, size, states);
      case 8:
        return linear + FfmScore<8>(example, size, states);
      default:
        return linear + FfmScore<0>(example, size, states);
    }
  }
  return linear;
}

void Update(const ModelSettings& settings, const Example& example, const float* sums, float slope) {
  const int size = settings.size;
  if (settings.score == ScoreKind::kFm) {
    WithOptimizer(settings.latent, [&](const auto& optimizer) {
      switch (size) {
        case 4:
          return UpdateFm<4>(example, size, sums, slope, optimizer);
        case 8:
          return UpdateFm<8>(example, size, sums, slope, optimizer);
        case 16:
          return UpdateFm<16>(example, size, sums, slope, optimizer);
        default:
          return UpdateFm<0>(example, size, sums, slope, optimizer);
      }
    });
  } else if (settings.score == ScoreKind::kFfm) {
    WithOptimizer(settings.latent, [&](const auto& optimizer) {
      switch (size) {
        case 4:
          return UpdateFfm<4>(example, size, slope, optimizer);
        case 8:
          return UpdateFfm<8>(example, size, slope, optimizer);
        default:
          return UpdateFfm<0>(example, size, slope, optimizer);
      }
    });
  }
  WithOptimizer(settings.linear, [&](const auto& optimizer) { UpdateLinear(example, slope, optimizer); });
}

}  // namespace

const Kernels kKernels = {TIFFIN_STRING(ENGINE), Score, Update};

}  // namespace tiffin::learn::ENGINE
