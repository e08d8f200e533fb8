// Activation functions and their gradients, elementwise.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "cpu/tables/activation.h"

namespace gradlane {

struct ActivationArgs {
  Dtype dtype;
  Activation kind;
  Buffer x, y;
  std::int64_t n;
  double parameter;

  template <class Visitor>
  void Fields(Visitor&& visit) {
    visit(dtype, kind, x, y, n, parameter);
  }
};
void ActivationForward(const ActivationArgs& args);

struct ActivationGradientArgs {
  Dtype dtype;
  Activation kind;
  Buffer x, y, grad_y, grad_x;
  std::int64_t n;
  double parameter;

  template <class Visitor>
  void Fields(Visitor&& visit) {
    visit(dtype, kind, x, y, grad_y, grad_x, n, parameter);
  }
};
void ActivationGradient(const ActivationGradientArgs& args);

}  // namespace gradlane
