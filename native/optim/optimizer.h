// Optimisers of sparse parameters: each weight has its own state beside it.
//
// An optimiser is a struct, made of its settings, with
//   static constexpr int kState                          floats of state for a weight
//   void Step(F& weight, F* state, F gradient, F value) const
//                                                        F: a float, or several of them (base/lanes.h);
//                                                        value: the feature's, which the gradient was multiplied by
//   void Decay(float& weight, float* state, float factor) const
//                                                        what is learned so far is to count less, by a factor up to 1
// State begins as zeros.
#pragma once

#include <string_view>

#include "optim/accumulate.h"
#include "optim/adagrad.h"
#include "optim/ftrl.h"
#include "optim/normalized.h"
#include "optim/sgd.h"

namespace tiffin::learn {

enum class OptimizerKind : unsigned char { kSgd, kAdaGrad, kFtrl, kNormalized, kAccumulate };

// What all of them are made of; each takes what it knows.
struct OptimizerSettings {
  OptimizerKind kind = OptimizerKind::kFtrl;
  float alpha = 0.1F;  // size of a step
  float beta = 1.0F;
  float l1 = 0.0F;
  float l2 = 0.0F;
};

// Calls f(optimizer) with the optimiser that the settings describe.
template <typename F>
static decltype(auto) WithOptimizer(const OptimizerSettings& settings, F f) {
  switch (settings.kind) {
    case OptimizerKind::kSgd:
      return f(Sgd{settings.alpha, settings.l2});
    case OptimizerKind::kAdaGrad:
      return f(AdaGrad{settings.alpha, settings.beta, settings.l2});
    case OptimizerKind::kAccumulate:
      return f(Accumulate{});
    case OptimizerKind::kNormalized:
      return f(Normalized{settings.alpha, settings.l2});
    default: {
      const FtrlRates rates{settings.alpha, settings.beta + settings.alpha * settings.l2};
      return settings.l1 > 0 ? f(Ftrl{rates, settings.l1}) : f(FtrlWithoutL1{rates});
    }
  }
}

// Floats of state that it keeps for a weight.
inline int StatesOf(const OptimizerSettings& settings) noexcept {
  return WithOptimizer(settings, []<typename Optimizer>(const Optimizer&) { return Optimizer::kState; });
}

}  // namespace tiffin::learn
