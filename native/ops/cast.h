// Conversion between element types, with a scale and a shift.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"

namespace gradlane {

struct CastArgs {
  Dtype x_dtype;
  Buffer x;
  Dtype y_dtype;
  Buffer y;
  std::int64_t n;
  double scale, shift;

  GRADLANE_FIELDS(CastArgs, x_dtype, x, y_dtype, y, n, scale, shift)
};
// y[i] = scale * x[i] + shift; see CastKernels.
void Cast(const CastArgs& args);

}  // namespace gradlane
