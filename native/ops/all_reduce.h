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

// The same, which goes on beside what comes next on this thread: x must be left alone until
// AllReduceWait.
void AllReduceStart(const AllReduceArgs& args);

// Waits for the sum into x that this thread has begun; does nothing where there is none.
void AllReduceWait(const AllReduceArgs& args);

}  // namespace gradlane
