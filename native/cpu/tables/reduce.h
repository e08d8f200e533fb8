// Kernel table: sums, largest and smallest elements, and where the largest stands.
#pragma once

#include <cstdint>

namespace gradlane {

// Codes shared with ReduceKind in ts/kernels/kinds.ts.
enum class Reduce : std::int32_t { kSum = 0, kMean = 1, kMax = 2, kMin = 3, kProduct = 4 };
inline constexpr int kReduceCount = 5;

// What a kernel folds with; a mean is a sum with a divisor.
enum class ReduceFold : std::int32_t { kSum = 0, kMax = 1, kMin = 2, kProduct = 3 };
inline constexpr int kReduceFoldCount = 4;

// Sums run over blocks of fixed length whose results are added up, so that errors grow with the
// number of blocks and not with n; the order depends on the sizes alone. A NaN wins everywhere.
template <class T>
struct ReduceKernels {
  // The fold of n contiguous elements. Sums of blocks are added in double.
  double (*all[kReduceFoldCount])(const T* x, std::int64_t n) noexcept;
  // out[r] = fold of x[r, 0..n) / divisor + beta * out[r]; out is not read for beta = 0
  void (*rows[kReduceFoldCount])(const T* x, T* out, std::int64_t rows, std::int64_t n, T divisor,
                                 T beta) noexcept;
  // out[c] = fold of x[j * stride + c] over j < n, / divisor + beta * out[c], for c < cols
  void (*columns[kReduceFoldCount])(const T* x, T* out, std::int64_t n, std::int64_t cols,
                                    std::int64_t stride, T divisor, T beta) noexcept;
  // out[r] = place of the first largest (or first NaN) among sign * x[r, 0..n); n >= 1, sign 1 or
  // -1
  void (*argmax_rows)(const T* x, std::int32_t* out, std::int64_t rows, std::int64_t n,
                      T sign) noexcept;
  // the same along j of x[j * stride + c], for c < cols
  void (*argmax_columns)(const T* x, std::int32_t* out, std::int64_t n, std::int64_t cols,
                         std::int64_t stride, T sign) noexcept;
};

}  // namespace gradlane
