// Elementwise functions of one and two tensors.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "cpu/tables/elementwise.h"
#include "ops/fields.h"

namespace gradlane {

// y[i] = f(x[i])
struct UnaryArgs {
  Dtype dtype;
  Unary kind;
  Buffer x, y;
  std::int64_t n;

  GRADLANE_FIELDS(UnaryArgs, dtype, kind, x, y, n)
};
void ElementwiseUnary(const UnaryArgs& args);

// out (rows, cols) = f(a, b), b as `broadcast` says
struct BinaryArgs {
  Dtype dtype;
  Binary kind;
  Broadcast broadcast;
  Buffer a, b, out;
  std::int64_t rows, cols;

  GRADLANE_FIELDS(BinaryArgs, dtype, kind, broadcast, a, b, out, rows, cols)
};
void ElementwiseBinary(const BinaryArgs& args);

// y[i] = scale * x[i] + shift
struct AffineArgs {
  Dtype dtype;
  Buffer x, y;
  std::int64_t n;
  double scale, shift;

  GRADLANE_FIELDS(AffineArgs, dtype, x, y, n, scale, shift)
};
void Affine(const AffineArgs& args);

// y[i] = alpha * x[i] + beta * y[i]
struct AxpbyArgs {
  Dtype dtype;
  Buffer x, y;
  std::int64_t n;
  double alpha, beta;

  GRADLANE_FIELDS(AxpbyArgs, dtype, x, y, n, alpha, beta)
};
void Axpby(const AxpbyArgs& args);

}  // namespace gradlane
