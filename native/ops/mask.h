// Masks (uint8, 0 or 1): comparisons that make them, and the choice by them.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "cpu/tables/elementwise.h"
#include "cpu/tables/mask.h"
#include "ops/fields.h"

namespace gradlane {

// out (rows, cols) = a op b as 0 or 1, of any element type, b as `broadcast` says
struct CompareArgs {
  Dtype dtype;
  Comparison kind;
  Broadcast broadcast;
  Buffer a, b, out;
  std::int64_t rows, cols;

  GRADLANE_FIELDS(CompareArgs, dtype, kind, broadcast, a, b, out, rows, cols)
};
void Compare(const CompareArgs& args);

// out[i] = a[i] where mask[i] is not 0, b[i] elsewhere; a or b may be one element for all
struct WhereArgs {
  Dtype dtype;
  Buffer mask, a, b, out;
  std::int64_t n;
  bool a_single, b_single;

  GRADLANE_FIELDS(WhereArgs, dtype, mask, a, b, out, n, a_single, b_single)
};
void Where(const WhereArgs& args);

}  // namespace gradlane
