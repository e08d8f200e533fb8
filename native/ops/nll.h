// Negative log likelihood of log-probabilities against class indices, and its gradient.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"
#include "ops/reduction.h"

namespace gradlane {

struct NllArgs {
  Dtype dtype;
  Buffer log_probabilities;  // (outer, classes, inner)
  Buffer target;             // int32 (outer, inner)
  Buffer weight;             // (classes), may be absent
  Buffer loss;               // (outer, inner) or one element
  Buffer divisor;            // one element, written
  std::int64_t outer, classes, inner;
  Reduction reduction;
  std::int64_t ignore_index;

  GRADLANE_FIELDS(NllArgs, dtype, log_probabilities, target, weight, loss, divisor, outer, classes,
                  inner, reduction, ignore_index)
};
void Nll(const NllArgs& args);

struct NllGradientArgs {
  Dtype dtype;
  Buffer target, weight;
  Buffer divisor;  // one element, as Nll wrote it
  Buffer grad;     // (outer, classes, inner)
  std::int64_t outer, classes, inner;
  std::int64_t ignore_index;

  GRADLANE_FIELDS(NllGradientArgs, dtype, target, weight, divisor, grad, outer, classes, inner,
                  ignore_index)
};
void NllGradient(const NllGradientArgs& args);

}  // namespace gradlane
