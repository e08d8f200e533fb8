// Kernel table: upsampling (or downsampling) images row by row, and the gradient.
#pragma once

#include <cstdint>

namespace gradlane {

// Where outputs along one dimension come from. Output o is x[index[o]] or, with weights,
// own[o] x[index[o]] + next[o] x[index[o] + 1], x being 0 past its end. The indices do not fall.
template <class T>
struct UpsampleAxis {
  std::int64_t in, out;
  const std::int32_t* index;
  const T *own, *next;  // the weights, which add up to 1; null: nearest
  bool doubling;        // out = 2 in, without corners that are aligned
};

template <class T>
struct Upsample2dKernels {
  // Room that `row` wants in temp, elements past axis.in.
  static constexpr std::int64_t kPadding = 2;

  // out = along the axis of own * upper + next * lower, or of upper where lower is null. temp has
  // axis.in + kPadding elements, unused without weights.
  void (*row)(const UpsampleAxis<T>& axis, const T* upper, const T* lower, T own, T next, T* temp,
              T* out) noexcept;
  // grad_x, a row of axis.in elements, from the gradient g of axis.out elements
  void (*row_gradient)(const UpsampleAxis<T>& axis, const T* g, T* grad_x) noexcept;
};

}  // namespace gradlane
