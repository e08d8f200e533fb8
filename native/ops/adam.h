// One step of Adam, AdamW or AMSGrad over many parameters.
#pragma once

#include "base/buffer.h"
#include "ops/slots.h"

namespace gradlane {

struct AdamStepArgs {
  Dtype dtype;
  Buffer hyper, steps, state;
  std::int64_t state_length;  // elements of each of the two or three arrays in `state`
  ParameterSlots slots;

  GRADLANE_FIELDS(AdamStepArgs, dtype, hyper, steps, state, state_length, slots)
};
// PyTorch's algorithm, as ts/kernels/kernels.ts states it. Hyper-parameters and step counters are
// read from their buffers when the step is executed.
void AdamStep(const AdamStepArgs& args);

}  // namespace gradlane
