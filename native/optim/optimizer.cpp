#include "optim/optimizer.h"

namespace tiffin::learn {

int StatesOf(OptimizerKind kind) noexcept {
  switch (kind) {
    case OptimizerKind::kSgd:
      return Sgd::kState;
    case OptimizerKind::kAdaGrad:
      return AdaGrad::kState;
    case OptimizerKind::kNormalized:
      return Normalized::kState;
    case OptimizerKind::kAccumulate:
      return Accumulate::kState;
    default:
      return Ftrl::kState;
  }
}

}  // namespace tiffin::learn
