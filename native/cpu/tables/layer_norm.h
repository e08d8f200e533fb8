// Kernel table: normalisation of contiguous rows by statistics of each row, with a
// weight and a bias for each column. The moments of a row are those of cpu/tables/norm.h.
#pragma once

#include <cstdint>

#include "cpu/tables/norm.h"

namespace gradlane {

template <class T>
struct LayerNormKernels {
  // y = (x - mean) * inverse_std * weight + bias over one row of n; y may be x
  void (*normalize)(const T* x, T* y, std::int64_t n, T mean, T inverse_std, const T* weight,
                    const T* bias) noexcept;
  // the sums of d and of d (x - mean) with d = g * weight, over 0 < n <= kNormBlock elements
  BlockSums (*gradient_sums)(const T* x, const T* g, const T* weight, std::int64_t n,
                             T mean) noexcept;
  // gx = inverse_std * g * weight - slope * ((x - mean) * inverse_std) - shift over one row of n;
  // gx may be g
  void (*gradient)(const T* x, const T* g, const T* weight, T* gx, std::int64_t n, T mean,
                   T inverse_std, T slope, T shift) noexcept;
  // down each of `cols` columns of contiguous rows that are `stride` apart, 0 < rows <=
  // kNormBlockRows: the sums of g and of g (x - mean[r]) inverse_std[r]
  void (*affine_sums)(const T* x, const T* g, std::int64_t rows, std::int64_t cols,
                      std::int64_t stride, const T* mean, const T* inverse_std,
                      BlockSums* out) noexcept;
};

}  // namespace gradlane
