// The norm of all gradients together, and clipping by it.
#pragma once

#include "base/buffer.h"
#include "ops/slots.h"

namespace gradlane {

struct GradNormArgs {
  Dtype dtype;
  Buffer out;  // float64, 1
  double p;    // > 0 or infinite
  ParameterSlots slots;

  GRADLANE_FIELDS(GradNormArgs, dtype, out, p, slots)
};
void GradNorm(const GradNormArgs& args);

struct ClipGradientsArgs {
  Dtype dtype;
  Buffer norm;  // float64, 1
  double max_norm;
  ParameterSlots slots;

  GRADLANE_FIELDS(ClipGradientsArgs, dtype, norm, max_norm, slots)
};
// gradient *= min(1, max_norm / (norm + 1e-6)), as PyTorch's clip_grad_norm_.
void ClipGradients(const ClipGradientsArgs& args);

}  // namespace gradlane
