// What the poolings share: which windows and which of their elements lie within an image.
#pragma once

#include <cstdint>

#include "cpu/tables/pool2d.h"
#include "kernels/pairs.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ROW {
namespace {

// 2 x 2 windows beside each other, none of them clipped.
GRADLANE_INLINE bool IsHalving(const Pool2dShape& s) {
  return s.kernel_height == 2 && s.kernel_width == 2 && s.stride_height == 2 &&
         s.stride_width == 2 && s.pad_top == 0 && s.pad_left == 0 && s.dilation_height == 1 &&
         s.dilation_width == 1 && 2 * s.out_height <= s.in_height && 2 * s.out_width <= s.in_width;
}

// The taps [begin, end) of a kernel that lie within [0, size), the first tap being at `start`.
struct Taps {
  std::int64_t begin = 0, end = 0;

  GRADLANE_INLINE Taps(std::int64_t start, std::int64_t dilation, std::int64_t kernel,
                       std::int64_t size) {
    while (begin < kernel && start + begin * dilation < 0) ++begin;
    end = begin;
    while (end < kernel && start + end * dilation < size) ++end;
  }
};

// The outputs [begin, end) of a row whose windows are not clipped left or right.
struct Inside {
  std::int64_t begin, end;

  GRADLANE_INLINE explicit Inside(const Pool2dShape& s) {
    const std::int64_t reach = (s.kernel_width - 1) * s.dilation_width;
    begin = (s.pad_left + s.stride_width - 1) / s.stride_width;
    const std::int64_t room = s.in_width - 1 - reach + s.pad_left;
    end = room < 0 ? 0 : room / s.stride_width + 1;
    if (begin > s.out_width) begin = s.out_width;
    if (end > s.out_width) end = s.out_width;
    if (end < begin) end = begin;
  }
};

}  // namespace
}  // namespace gradlane::GRADLANE_ROW
