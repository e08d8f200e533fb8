// Elementwise functions of one and two tensors.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "cpu/tables/elementwise.h"

namespace gradlane {

// y[i] = f(x[i])
struct UnaryArgs {
  Dtype dtype;
  Unary kind;
  Buffer x, y;
  std::int64_t n;

  template <class Visitor>
  void Fields(Visitor&& visit) {
    visit(dtype, kind, x, y, n);
  }
};
void ElementwiseUnary(const UnaryArgs& args);

// out (rows, cols) = f(a, b), b as `broadcast` says
struct BinaryArgs {
  Dtype dtype;
  Binary kind;
  Broadcast broadcast;
  Buffer a, b, out;
  std::int64_t rows, cols;

  template <class Visitor>
  void Fields(Visitor&& visit) {
    visit(dtype, kind, broadcast, a, b, out, rows, cols);
  }
};
void ElementwiseBinary(const BinaryArgs& args);

// y[i] = scale * x[i] + shift
struct AffineArgs {
  Dtype dtype;
  Buffer x, y;
  std::int64_t n;
  double scale, shift;

  template <class Visitor>
  void Fields(Visitor&& visit) {
    visit(dtype, x, y, n, scale, shift);
  }
};
void Affine(const AffineArgs& args);

// y[i] = alpha * x[i] + beta * y[i]
struct AxpbyArgs {
  Dtype dtype;
  Buffer x, y;
  std::int64_t n;
  double alpha, beta;

  template <class Visitor>
  void Fields(Visitor&& visit) {
    visit(dtype, x, y, n, alpha, beta);
  }
};
void Axpby(const AxpbyArgs& args);

}  // namespace gradlane
