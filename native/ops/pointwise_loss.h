// Losses of each element by itself (squared error, cross entropy of two classes, ...) and their
// gradients by the prediction.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "cpu/tables/pointwise_loss.h"
#include "ops/fields.h"

namespace gradlane {

struct PointwiseLossArgs {
  Dtype dtype;
  PointwiseLossKind kind;
  Buffer x, y;
  Buffer weight, positive;  // may be absent
  Buffer loss;              // (n) for each_element, else 1
  std::int64_t n;
  double parameter;
  bool each_element;
  double divisor;  // of the sum

  GRADLANE_FIELDS(PointwiseLossArgs, dtype, kind, x, y, weight, positive, loss, n, parameter,
                  each_element, divisor)
};
void PointwiseLoss(const PointwiseLossArgs& args);

struct PointwiseLossGradientArgs {
  Dtype dtype;
  PointwiseLossKind kind;
  Buffer x, y;
  Buffer weight, positive;
  Buffer grad_x;
  std::int64_t n;
  double parameter;
  double scale;

  GRADLANE_FIELDS(PointwiseLossGradientArgs, dtype, kind, x, y, weight, positive, grad_x, n,
                  parameter, scale)
};
void PointwiseLossGradient(const PointwiseLossGradientArgs& args);

}  // namespace gradlane
