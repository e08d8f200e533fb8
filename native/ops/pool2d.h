// Pooling of images: the largest element or the average of windows, and their gradients.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "cpu/tables/pool2d.h"
#include "ops/fields.h"

namespace gradlane {

// out and index (int32) from x; see max in cpu/tables/pool2d.h
struct MaxPool2dArgs {
  Dtype dtype;
  Buffer x, out, index;
  std::int64_t planes;
  Pool2dShape shape;

  GRADLANE_FIELDS(MaxPool2dArgs, dtype, x, out, index, planes, shape)
};
void MaxPool2d(const MaxPool2dArgs& args);

// index as MaxPool2d wrote it; one outside of the plane raises ERR_VALUE
struct MaxPool2dGradientArgs {
  Dtype dtype;
  Buffer grad_out, index, grad_x;
  std::int64_t planes;
  Pool2dShape shape;

  GRADLANE_FIELDS(MaxPool2dGradientArgs, dtype, grad_out, index, grad_x, planes, shape)
};
void MaxPool2dGradient(const MaxPool2dGradientArgs& args);

// x to out, or grad_out to grad_x
struct AvgPool2dArgs {
  Dtype dtype;
  Buffer from, to;
  std::int64_t planes;
  Pool2dShape shape;
  bool count_include_pad;
  double divisor_override;  // 0: none

  GRADLANE_FIELDS(AvgPool2dArgs, dtype, from, to, planes, shape, count_include_pad,
                  divisor_override)
};
void AvgPool2d(const AvgPool2dArgs& args);
void AvgPool2dGradient(const AvgPool2dArgs& args);

struct AdaptiveAvgPool2dArgs {
  Dtype dtype;
  Buffer from, to;
  std::int64_t planes, in_height, in_width, out_height, out_width;

  GRADLANE_FIELDS(AdaptiveAvgPool2dArgs, dtype, from, to, planes, in_height, in_width, out_height,
                  out_width)
};
void AdaptiveAvgPool2d(const AdaptiveAvgPool2dArgs& args);
void AdaptiveAvgPool2dGradient(const AdaptiveAvgPool2dArgs& args);

}  // namespace gradlane
