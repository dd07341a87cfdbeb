// Losses: what a score costs, and which way it should go.
//
// A loss is a struct with
//   static double Value(float score, float label)   what the score costs
//   static float Slope(float score, float label)    its derivative by the score
//   static float Mean(float score)                  the prediction that the score stands for
//   static bool Allows(float label)
// Softmax (softmax.h) has several scores and stands apart.
// Scores are in the loss's own scale: the logit, the logarithm of the rate, the value.
#pragma once

#include <cmath>
#include <string_view>

#include "loss/logistic.h"
#include "loss/poisson.h"
#include "loss/softmax.h"
#include "loss/squared.h"

namespace tiffin::learn {

enum class LossKind : unsigned char { kLogistic, kSquared, kPoisson, kSoftmax };

// Calls f(Loss{}) with the loss of this kind.  REQUIRES: it has one score.
template <typename F>
decltype(auto) WithLoss(LossKind kind, F f) {
  switch (kind) {
    case LossKind::kSquared:
      return f(Squared{});
    case LossKind::kPoisson:
      return f(Poisson{});
    default:
      return f(Logistic{});
  }
}

}  // namespace tiffin::learn
