// Images of another size: the nearest element or bilinear interpolation, and the gradients.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"

namespace gradlane {

// Codes shared with UpsampleMode in ts/kernels/upsample2d.ts.
enum class UpsampleMode : std::int32_t { kNearest = 0, kBilinear = 1 };
inline constexpr int kUpsampleModeCount = 2;

// x to out, or grad_out to grad_x. A scale of 0 is out / in.
struct Upsample2dArgs {
  Dtype dtype;
  UpsampleMode mode;
  Buffer from, to;
  std::int64_t planes, in_height, in_width, out_height, out_width;
  double scale_height, scale_width;
  bool align_corners;

  GRADLANE_FIELDS(Upsample2dArgs, dtype, from, to, mode, planes, in_height, in_width, out_height,
                  out_width, scale_height, scale_width, align_corners)
};
void Upsample2d(const Upsample2dArgs& args);
void Upsample2dGradient(const Upsample2dArgs& args);

}  // namespace gradlane
