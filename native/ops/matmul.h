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

// The same by a given algorithm. Precondition: CanRun(algorithm, shape).
void MatmulWith(const MatmulArgs& args, MatmulAlgorithm algorithm);

}  // namespace gradlane
