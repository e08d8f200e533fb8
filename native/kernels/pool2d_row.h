// What the poolings share: which windows and which of their elements lie within an image.
#pragma once

#include <cstdint>

#include "cpu/tables/pool2d.h"
#include "kernels/pairs.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

// 2 x 2 windows beside each other, none of them clipped.
GRADLANE_INLINE bool IsHalving(const Pool2dShape& s) {
  return s.kernel_height == 2 && s.kernel_width == 2 && s.stride_height == 2 &&
         s.stride_width == 2 && s.pad_top == 0 && s.pad_left == 0 && s.dilation_height == 1 &&
         s.dilation_width == 1 && 2 * s.out_height <= s.in_height && 2 * s.out_width <= s.in_width;
}

// The taps [begin, end) of a kernel that lie within [0, size), the first tap being at `start`.
struct Taps {
  // A division costs as much as some twenty taps.
  static constexpr std::int64_t kFar = 32;
  std::int64_t begin = 0, end = 0;

  GRADLANE_INLINE Taps(std::int64_t start, std::int64_t dilation, std::int64_t kernel,
                       std::int64_t size) {
    if (start < -kFar * dilation) {
      const std::int64_t before = -start / dilation;
      begin = before < kernel ? before : kernel;
    }
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

// Asks ahead for the rows of halved images where a row of outputs is less than a vector: the
// processor does not by itself where it meets parts of vectors alone.
template <class T>
class Fetch {
 public:
  GRADLANE_INLINE explicit Fetch(const Pool2dShape& s)
      : bytes_(s.out_width < Simd<T>::kLanes ? 2 * s.in_width * static_cast<int>(sizeof(T)) : 0) {}

  // Two rows of the larger image.
  GRADLANE_INLINE void Rows(const T* p) const {
    for (std::int64_t at = 0; at < bytes_; at += 64) __builtin_prefetch(From(p) + at);
  }
  GRADLANE_INLINE void RowsToWrite(const T* p) const {
    for (std::int64_t at = 0; at < bytes_; at += 64) __builtin_prefetch(From(p) + at, 1);
  }
  // A row of the smaller one.
  GRADLANE_INLINE void Row(const void* p) const {
    if (bytes_ != 0) __builtin_prefetch(From(p));
  }
  GRADLANE_INLINE void RowToWrite(const void* p) const {
    if (bytes_ != 0) __builtin_prefetch(From(p), 1);
  }

 private:
  static GRADLANE_INLINE const char* From(const void* p) {
    return static_cast<const char*>(p) + 2048;
  }
  std::int64_t bytes_;
};

}  // namespace
}  // namespace gradlane::GRADLANE_ISA_TARGET
