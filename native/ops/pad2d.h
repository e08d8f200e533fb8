// Padding of images with a value, their reflection, their edge or their other side; and its
// gradient.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"

namespace gradlane {

// What stands outside of the image. Codes shared with PadMode in ts/kernels/pad2d.ts.
enum class PadMode : std::int32_t { kConstant = 0, kReflect = 1, kReplicate = 2, kCircular = 3 };
inline constexpr int kPadModeCount = 4;

// Sizes of an image and what is put around it, the same for all planes; negative numbers crop.
struct Pad2dShape {
  std::int64_t in_height, in_width, pad_top, pad_bottom, pad_left, pad_right;
};

// out (planes, in_height + pad_top + pad_bottom, in_width + pad_left + pad_right) from x
struct Pad2dArgs {
  Dtype dtype;
  Buffer x, out;
  std::int64_t planes;
  Pad2dShape shape;
  PadMode mode;
  double value;  // of kConstant

  GRADLANE_FIELDS(Pad2dArgs, dtype, x, out, planes, shape, mode, value)
};
void Pad2d(const Pad2dArgs& args);

// grad_x from grad_out
struct Pad2dGradientArgs {
  Dtype dtype;
  Buffer grad_out, grad_x;
  std::int64_t planes;
  Pad2dShape shape;
  PadMode mode;

  GRADLANE_FIELDS(Pad2dGradientArgs, dtype, grad_out, grad_x, planes, shape, mode)
};
void Pad2dGradient(const Pad2dGradientArgs& args);

}  // namespace gradlane
