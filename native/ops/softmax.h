// Softmax along one dimension, its logarithm, and their gradients.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"

namespace gradlane {

// y = softmax of x (outer, n, inner) along n, or its logarithm
struct SoftmaxArgs {
  Dtype dtype;
  Buffer x, y;
  std::int64_t outer, n, inner;
  bool log;

  GRADLANE_FIELDS(SoftmaxArgs, dtype, x, y, outer, n, inner, log)
};
void Softmax(const SoftmaxArgs& args);

struct SoftmaxGradientArgs {
  Dtype dtype;
  Buffer y, grad_y, grad_x;
  std::int64_t outer, n, inner;
  bool log;

  GRADLANE_FIELDS(SoftmaxGradientArgs, dtype, y, grad_y, grad_x, outer, n, inner, log)
};
void SoftmaxGradient(const SoftmaxGradientArgs& args);

}  // namespace gradlane
