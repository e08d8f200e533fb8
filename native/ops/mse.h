// Mean squared error and its gradient.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/reduction.h"

namespace gradlane {

struct MseArgs {
  Dtype dtype;
  Buffer x, y, loss;
  std::int64_t n;
  Reduction reduction;

  template <class Visitor>
  void Fields(Visitor&& visit) {
    visit(dtype, x, y, loss, n, reduction);
  }
};
void Mse(const MseArgs& args);

// grad_x[i] = scale * (x[i] - y[i])
struct MseGradientArgs {
  Dtype dtype;
  Buffer x, y, grad_x;
  std::int64_t n;
  double scale;

  template <class Visitor>
  void Fields(Visitor&& visit) {
    visit(dtype, x, y, grad_x, n, scale);
  }
};
void MseGradient(const MseGradientArgs& args);

}  // namespace gradlane
