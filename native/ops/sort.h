// Elements in order along a dimension, all of them or the first.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"

namespace gradlane {

struct SortArgs {
  Dtype dtype;
  Buffer x;        // (outer, n, inner)
  Buffer values;   // (outer, k, inner)
  Buffer indices;  // int32 (outer, k, inner)
  std::int64_t outer, n, inner, k;
  bool descending;

  GRADLANE_FIELDS(SortArgs, dtype, x, values, indices, outer, n, inner, k, descending)
};
// The first k elements of each line in order, equal ones as they lie, and where they were. NaN is
// larger than all numbers, and equal to NaN; so is -0 to 0.
void Sort(const SortArgs& args);

}  // namespace gradlane
