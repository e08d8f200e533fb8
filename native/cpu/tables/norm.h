// Kernel table: statistics, normalisation and their gradients, along contiguous runs
// (one channel or one group of a sample) and down columns (features of a batch).
#pragma once

#include <cstdint>

namespace gradlane {

// Of a block of numbers: the mean, origin + mean, and the sum of squared deviations from it. In two
// parts, because the mean of numbers far from 0 has fewer digits than their deviations need.
struct BlockMoments {
  double origin, mean, squares;
};

// Of a block: the sum of the gradients g and that of g (x - mean).
struct BlockSums {
  double g, gx;
};

// Elements of a block at most, a contract of moments and gradient_sums: their accuracy (a lane adds
// up to 256 terms) and that the second sweep over a block reads the first-level cache (16 KiB of
// floats) rest on it.
inline constexpr std::int64_t kNormBlock = 4096;
// Rows of a block of columns at most: a lane adds up 64 terms in each of four chains.
inline constexpr std::int64_t kNormBlockRows = 256;

template <class T>
struct NormKernels {
  // over `runs` runs of `length` elements that start `stride` apart; runs * length > 0
  BlockMoments (*moments)(const T* x, std::int64_t runs, std::int64_t length,
                          std::int64_t stride) noexcept;
  BlockSums (*gradient_sums)(const T* x, const T* g, std::int64_t runs, std::int64_t length,
                             std::int64_t stride, T mean) noexcept;
  // down each of `cols` columns of x[r * stride + c], r < rows, rows > 0
  void (*column_moments)(const T* x, std::int64_t rows, std::int64_t cols, std::int64_t stride,
                         BlockMoments* out) noexcept;
  void (*column_gradient_sums)(const T* x, const T* g, std::int64_t rows, std::int64_t cols,
                               std::int64_t stride, const T* mean, BlockSums* out) noexcept;

  // y = (x - mean) * scale + bias; runs[r]: one set of numbers for each run of consecutive ones,
  // columns: one for each column of contiguous rows. y may be x.
  void (*normalize_runs)(const T* x, T* y, std::int64_t runs, std::int64_t length, const T* mean,
                         const T* scale, const T* bias) noexcept;
  void (*normalize_columns)(const T* x, T* y, std::int64_t rows, std::int64_t cols, const T* mean,
                            const T* scale, const T* bias) noexcept;
  // gx = scale * g - slope * ((x - mean) * inverse_std) - shift; gx may be g. Numbers of 1e19 and
  // more have a normalised one that is a number, where slope * inverse_std would be none.
  void (*gradient_runs)(const T* x, const T* g, T* gx, std::int64_t runs, std::int64_t length,
                        const T* mean, const T* inverse_std, const T* scale, const T* slope,
                        const T* shift) noexcept;
  void (*gradient_columns)(const T* x, const T* g, T* gx, std::int64_t rows, std::int64_t cols,
                           const T* mean, const T* inverse_std, const T* scale, const T* slope,
                           const T* shift) noexcept;
};

}  // namespace gradlane
