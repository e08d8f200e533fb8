// What Gather picks, put back: added up, as in the gradient of an embedding, or written.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"

namespace gradlane {

struct ScatterArgs {
  Dtype dtype;
  Buffer src;    // (outer, rows, cols)
  Buffer index;  // int32 (rows); `each`: (outer, rows, cols)
  Buffer out;    // (outer, count, cols)
  std::int64_t rows, cols, count;
  std::int64_t padding_index;
  double beta;
  std::int64_t outer;
  bool each, add;

  GRADLANE_FIELDS(ScatterArgs, dtype, src, index, out, rows, cols, count, padding_index, beta,
                  outer, each, add)
};
// out = beta out, then src[o, r, c] is added to out[o, i, c] or stands there, r by r, with
// i = index[r], or index[o, r, c] where there is one for each, unless i is padding_index.
void Scatter(const ScatterArgs& args);

}  // namespace gradlane
