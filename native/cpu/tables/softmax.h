// Kernel table: softmax, its logarithm, and their gradients.
#pragma once

#include <cstdint>

namespace gradlane {

// Index 0: softmax, index 1: its logarithm. A result may be written over an operand.
template <class T>
struct SoftmaxKernels {
  // along each of `rows` contiguous rows of n
  void (*rows[2])(const T* x, T* y, std::int64_t rows, std::int64_t n) noexcept;
  void (*rows_gradient[2])(const T* y, const T* grad_y, T* grad_x, std::int64_t rows,
                           std::int64_t n) noexcept;
  // along j < n of x[j * stride + c], for each c < cols
  void (*columns[2])(const T* x, T* y, std::int64_t n, std::int64_t cols,
                     std::int64_t stride) noexcept;
  void (*columns_gradient[2])(const T* y, const T* grad_y, T* grad_x, std::int64_t n,
                              std::int64_t cols, std::int64_t stride) noexcept;
};

}  // namespace gradlane
