// out (m, n) = activation(alpha * op(a) op(b) + beta * out + bias); op(a) is (m, k), op(b) (k, n).
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "cpu/tables/activation.h"
#include "ops/fields.h"
#include "ops/matmul_policy.h"

namespace gradlane {

struct MatmulArgs {
  Dtype dtype;
  Buffer a, b, out;
  std::int64_t m, n, k;
  bool transpose_a;  // a is stored as (k, m)
  bool transpose_b;  // b is stored as (n, k)
  double alpha, beta;
  Buffer bias;  // (n), may be absent
  Activation activation;
  double parameter;  // of the activation

  GRADLANE_FIELDS(MatmulArgs, dtype, a, b, out, m, n, k, transpose_a, transpose_b, alpha, beta,
                  bias, activation, parameter)
};
// Each element of out is one sum in a fixed order that depends on the shape, the ISA target and
// nothing else.
void Matmul(const MatmulArgs& args);

// Matmul by a given algorithm. Precondition: CanRun(algorithm, shape).
void MatmulWith(const MatmulArgs& args, MatmulAlgorithm algorithm);

// outer * inner products, each of the shape of one: product (i, j) has its operands i * outer + j *
// inner elements after those of the first, which is 0 where all share one. Rows lie `row` elements
// apart, so that heads inside of the rows of a matrix are operands as they lie. No two elements of
// out may share a place.
struct BatchMatmulShape {
  std::int64_t outer, inner, m, n, k;
  std::int64_t a_outer, a_inner, a_row;
  std::int64_t b_outer, b_inner, b_row;
  std::int64_t out_outer, out_inner, out_row;
};
struct BatchMatmulArgs {
  Dtype dtype;
  Buffer a, b, out;
  BatchMatmulShape shape;
  bool transpose_a, transpose_b;
  double alpha, beta;

  GRADLANE_FIELDS(BatchMatmulArgs, dtype, a, b, out, shape, transpose_a, transpose_b, alpha, beta)
};
void BatchMatmul(const BatchMatmulArgs& args);

}  // namespace gradlane
