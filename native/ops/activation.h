// Activation functions and their gradients, elementwise.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "cpu/tables/activation.h"
#include "ops/fields.h"

namespace gradlane {

struct ActivationArgs {
  Dtype dtype;
  Activation kind;
  Buffer x, y;
  std::int64_t n;
  double parameter;

  GRADLANE_FIELDS(ActivationArgs, dtype, kind, x, y, n, parameter)
};
void ActivationForward(const ActivationArgs& args);

struct ActivationGradientArgs {
  Dtype dtype;
  Activation kind;
  Buffer x, y, grad_y, grad_x;
  std::int64_t n;
  double parameter;

  GRADLANE_FIELDS(ActivationGradientArgs, dtype, kind, x, y, grad_y, grad_x, n, parameter)
};
void ActivationGradient(const ActivationGradientArgs& args);

}  // namespace gradlane
