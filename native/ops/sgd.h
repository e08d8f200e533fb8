// One step of SGD over many parameters.
#pragma once

#include "base/buffer.h"
#include "ops/slots.h"

namespace gradlane {

struct SgdStepArgs {
  Dtype dtype;
  Buffer hyper, steps, state;
  ParameterSlots slots;

  GRADLANE_FIELDS(SgdStepArgs, dtype, hyper, steps, state, slots)
};
// PyTorch's algorithm, as ts/kernels/kernels.ts states it. Hyper-parameters and step counters are
// read from their buffers when the step is executed.
void SgdStep(const SgdStepArgs& args);

}  // namespace gradlane
