// Sequences in another order, and zeros behind the end of each.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"

namespace gradlane {

// out[t, n] = x[t, n] where t < lengths[n], else 0, `cols` numbers each, in memory t * step + n *
// row from the first one.
struct CopyStepsArgs {
  Dtype dtype;
  Buffer x;
  Buffer lengths;  // int32 (rows); left out: steps
  Buffer out;
  std::int64_t steps, rows, cols, x_step, x_row, out_step, out_row;

  GRADLANE_FIELDS(CopyStepsArgs, dtype, x, lengths, out, steps, rows, cols, x_step, x_row, out_step,
                  out_row)
};
void CopySteps(const CopyStepsArgs& args);

}  // namespace gradlane
