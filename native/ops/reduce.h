// Sum, mean, largest and smallest along one dimension, and the place of the largest.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "cpu/tables/reduce.h"
#include "ops/fields.h"

namespace gradlane {

// out (outer, inner) = reduce of x (outer, n, inner) along n, + beta * out
struct ReduceArgs {
  Dtype dtype;
  Reduce kind;
  Buffer x, out;
  std::int64_t outer, n, inner;
  double beta;

  GRADLANE_FIELDS(ReduceArgs, dtype, kind, x, out, outer, n, inner, beta)
};
void ReduceAlong(const ReduceArgs& args);

// out (int32: outer, inner) = place of the largest of x (outer, n, inner) along n, or of the
// smallest
struct ArgmaxArgs {
  Dtype dtype;
  Buffer x, out;
  std::int64_t outer, n, inner;
  bool smallest;

  GRADLANE_FIELDS(ArgmaxArgs, dtype, x, out, outer, n, inner, smallest)
};
void Argmax(const ArgmaxArgs& args);

}  // namespace gradlane
