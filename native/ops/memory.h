// Filling and copying, of every element type.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"

namespace gradlane {

struct FillArgs {
  Dtype dtype;
  Buffer y;
  std::int64_t n;
  double value;

  GRADLANE_FIELDS(FillArgs, dtype, y, n, value)
};
// y[i] = value; to integers it truncates and clamps to the range, NaN becomes 0.
void Fill(const FillArgs& args);

struct CopyArgs {
  Dtype dtype;
  Buffer x, y;
  std::int64_t n;

  GRADLANE_FIELDS(CopyArgs, dtype, x, y, n)
};
void Copy(const CopyArgs& args);

}  // namespace gradlane
