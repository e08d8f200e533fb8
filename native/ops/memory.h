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

struct TriangleArgs {
  Dtype dtype;
  Buffer x, out;
  std::int64_t batch, rows, cols, diagonal;
  bool upper;

  GRADLANE_FIELDS(TriangleArgs, dtype, x, out, batch, rows, cols, diagonal, upper)
};
// out[b, r, c] = x[b, r, c] where c - r <= diagonal (upper: >=), 0 elsewhere.
void Triangle(const TriangleArgs& args);

}  // namespace gradlane
