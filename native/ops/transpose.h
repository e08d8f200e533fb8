// Transposition of a matrix, of every element type.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"

namespace gradlane {

struct TransposeArgs {
  Dtype dtype;
  Buffer x, out;
  std::int64_t rows, cols;

  GRADLANE_FIELDS(TransposeArgs, dtype, x, out, rows, cols)
};
// out (cols, rows) = x (rows, cols) transposed; they must not overlap.
void Transpose(const TransposeArgs& args);

}  // namespace gradlane
