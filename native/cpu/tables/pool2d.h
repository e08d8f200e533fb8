// Kernel table: pooling of images, and its gradients.
#pragma once

#include <cstdint>

namespace gradlane {

// Sizes of a pooling, the same for all planes. Window (i, j) has the taps
// (i * stride_height - pad_top + p * dilation_height, j * stride_width - pad_left + q *
// dilation_width) for p < kernel_height, q < kernel_width; those outside of the plane are left out.
struct Pool2dShape {
  std::int64_t in_height, in_width, out_height, out_width, kernel_height, kernel_width,
      stride_height, stride_width, pad_top, pad_left, dilation_height, dilation_width;
};

// What a window's sum is divided by: `fixed` if that is not 0, else the number of its elements,
// those of the padding (as wide below as above) included or not. The dilation is 1.
struct Pool2dDivisor {
  bool include_padding;
  double fixed;
};

// Rows [begin, end) of `planes` planes that lie one after the other: of the outputs, or of grad_x
// in average_gradient. Operands point at the first plane, whatever the rows.
struct Pool2dPart {
  std::int64_t planes, begin, end;
};

// Elements of the scratch memory of average and average_gradient.
inline std::int64_t Pool2dScratch(const Pool2dShape& s) {
  const std::int64_t padded = s.in_width + s.pad_left;
  return s.out_width * (s.stride_width + 2) + 2 * (s.kernel_width + padded) + 128;
}

template <class T>
struct Pool2dKernels {
  // the largest element, the first among equals, the first NaN before all; its place in the plane.
  // A window without any element gives -infinity and 0.
  void (*max)(const Pool2dShape& shape, const T* x, T* out, std::int32_t* index,
              Pool2dPart part) noexcept;
  // grad_x = 0, then grad_x[index] += grad_out in the order of the outputs; the part is all rows
  // unless max_gradient_splits
  void (*max_gradient)(const Pool2dShape& shape, const T* grad_out, const std::int32_t* index,
                       T* grad_x, Pool2dPart part) noexcept;
  bool (*max_gradient_splits)(const Pool2dShape& shape) noexcept;
  void (*average)(const Pool2dShape& shape, Pool2dDivisor divisor, const T* x, T* out,
                  Pool2dPart part, T* scratch) noexcept;
  void (*average_gradient)(const Pool2dShape& shape, Pool2dDivisor divisor, const T* grad_out,
                           T* grad_x, Pool2dPart part, T* scratch) noexcept;
  // window i of n covers floor(i * in / n) .. ceil((i + 1) * in / n); only the four sizes count
  void (*adaptive)(const Pool2dShape& shape, const T* x, T* out, std::int64_t planes) noexcept;
  void (*adaptive_gradient)(const Pool2dShape& shape, const T* grad_out, T* grad_x,
                            std::int64_t planes) noexcept;
};

}  // namespace gradlane
