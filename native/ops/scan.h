// Sums or products of all elements up to each one of a line.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "cpu/tables/reduce.h"
#include "ops/fields.h"

namespace gradlane {

// y (outer, n, inner): y[j] = x[0] + ... + x[j] along n, or the product; `reverse`: x[j] + ... +
// x[n - 1]; `exclusive`: without x[j] itself. Added up in double. y may be x.
struct ScanArgs {
  Dtype dtype;
  Reduce kind;  // a sum or a product
  Buffer x, y;
  std::int64_t outer, n, inner;
  bool reverse, exclusive;

  GRADLANE_FIELDS(ScanArgs, dtype, kind, x, y, outer, n, inner, reverse, exclusive)
};
void Scan(const ScanArgs& args);

}  // namespace gradlane
