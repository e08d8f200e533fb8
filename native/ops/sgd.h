// One step of SGD over many parameters.
#pragma once

#include "base/buffer.h"
#include "ops/slots.h"

namespace gradlane {

struct SgdStepArgs {
  Dtype dtype;
  Buffer hyper, steps, state;
  ParameterSlots slots;

  template <class Visitor>
  void Fields(Visitor&& visit) {
    visit(dtype, hyper, steps, state, slots);
  }
};
// PyTorch's algorithm, as ts/kernels/kernels.ts states it. Hyper-parameters and step counters are
// read from their buffers when the step is executed.
void SgdStep(const SgdStepArgs& args);

}  // namespace gradlane
