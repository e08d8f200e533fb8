// Places of a tensor picked by index along a dimension: the batches of a data set, rows of an
// embedding, an element for each index.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"

namespace gradlane {

struct GatherArgs {
  Dtype src_dtype;
  Buffer src;    // (outer, src_rows, cols), or with a stride that many rows along one dimension
  Buffer index;  // int32 (rows); `each`: (outer, rows, cols)
  Dtype out_dtype;
  Buffer out;  // (outer, rows, cols)
  std::int64_t src_rows, rows, cols;
  double scale, shift;
  std::int64_t outer;
  bool each;
  std::int64_t stride = 0;  // from a row of src to the next, which may begin inside of it; 0: cols

  GRADLANE_FIELDS(GatherArgs, src_dtype, src, index, out_dtype, out, src_rows, rows, cols, scale,
                  shift, outer, each, stride)
};
// out[o, r, c] = scale * src[o, i, c] + shift with i = index[r], or index[o, r, c] where there is
// one for each; the types are equal, or out is float32 or float64.
void Gather(const GatherArgs& args);

}  // namespace gradlane
