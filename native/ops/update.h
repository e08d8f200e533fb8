// One step of an optimizer over many parameters.
#pragma once

#include "base/buffer.h"
#include "cpu/tables/optimizer.h"
#include "ops/slots.h"

namespace gradlane {

struct UpdateStepArgs {
  Dtype dtype;
  UpdateKind kind;
  Buffer hyper, steps, products, state;
  std::int64_t state_length;  // elements of each array in `state`
  ParameterSlots slots;

  GRADLANE_FIELDS(UpdateStepArgs, dtype, kind, hyper, steps, products, state, state_length, slots)
};
// PyTorch's algorithms, as ts/kernels/update.ts states them. Hyper-parameters, step counters and
// products are read from their buffers when the step is executed.
void UpdateStep(const UpdateStepArgs& args);

}  // namespace gradlane
