// Pooling of images: the largest element or the average of windows, and their gradients.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "cpu/tables/pool2d.h"

namespace gradlane {

template <class Visitor, class... Before>
void VisitPool2d(Visitor&& visit, std::int64_t& planes, Pool2dShape& s, Before&... before) {
  visit(before..., planes, s.in_height, s.in_width, s.out_height, s.out_width, s.kernel_height,
        s.kernel_width, s.stride_height, s.stride_width, s.pad_top, s.pad_left, s.dilation_height,
        s.dilation_width);
}

// out and index (int32) from x; see max in cpu/tables/pool2d.h
struct MaxPool2dArgs {
  Dtype dtype;
  Buffer x, out, index;
  std::int64_t planes;
  Pool2dShape shape;

  template <class Visitor>
  void Fields(Visitor&& visit) {
    VisitPool2d(visit, planes, shape, dtype, x, out, index);
  }
};
void MaxPool2d(const MaxPool2dArgs& args);

// index as MaxPool2d wrote it; one outside of the plane raises ERR_VALUE
struct MaxPool2dGradientArgs {
  Dtype dtype;
  Buffer grad_out, index, grad_x;
  std::int64_t planes;
  Pool2dShape shape;

  template <class Visitor>
  void Fields(Visitor&& visit) {
    VisitPool2d(visit, planes, shape, dtype, grad_out, index, grad_x);
  }
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

  template <class Visitor>
  void Fields(Visitor&& visit) {
    VisitPool2d(visit, planes, shape, dtype, from, to);
    visit(count_include_pad, divisor_override);
  }
};
void AvgPool2d(const AvgPool2dArgs& args);
void AvgPool2dGradient(const AvgPool2dArgs& args);

struct AdaptiveAvgPool2dArgs {
  Dtype dtype;
  Buffer from, to;
  std::int64_t planes, in_height, in_width, out_height, out_width;

  template <class Visitor>
  void Fields(Visitor&& visit) {
    visit(dtype, from, to, planes, in_height, in_width, out_height, out_width);
  }
};
void AdaptiveAvgPool2d(const AdaptiveAvgPool2dArgs& args);
void AdaptiveAvgPool2dGradient(const AdaptiveAvgPool2dArgs& args);

}  // namespace gradlane
