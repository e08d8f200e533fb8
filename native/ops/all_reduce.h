// What the processes of a job add up together in the middle of a step.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"

namespace gradlane {

struct AllReduceArgs {
  Dtype dtype;
  Buffer x;
  std::int64_t n;

  GRADLANE_FIELDS(AllReduceArgs, dtype, x, n)
};
// x[i] = the sum of x[i] of all processes, in the order of their ranks; nothing where there is no
// world of several. Waits for the others.
void AllReduce(const AllReduceArgs& args);

}  // namespace gradlane
