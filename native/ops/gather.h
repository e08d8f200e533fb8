// Rows of a matrix picked by index: the batches of a data set.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"

namespace gradlane {

struct GatherRowsArgs {
  Dtype src_dtype;
  Buffer src, index;
  Dtype out_dtype;
  Buffer out;
  std::int64_t src_rows, rows, cols;
  double scale, shift;

  GRADLANE_FIELDS(GatherRowsArgs, src_dtype, src, index, out_dtype, out, src_rows, rows, cols,
                  scale, shift)
};
// out[r, :] = scale * src[index[r], :] + shift; the types are equal, or out is float32 or float64.
void GatherRows(const GatherRowsArgs& args);

}  // namespace gradlane
