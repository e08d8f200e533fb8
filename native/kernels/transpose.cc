// Square tiles of one vector's width are transposed in registers: log2(lanes) rounds in which row i
// and row i + lanes / 2 are interleaved.
#include <cstdint>

#include "cpu/tables/memory.h"
#include "kernels/interleave.h"
#include "kernels/row.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ROW {
namespace {

template <class T>
GRADLANE_INLINE void Tile(const T* x, T* out, std::int64_t x_stride, std::int64_t out_stride) {
  using S = Simd<T>;
  constexpr int kLanes = S::kLanes;
  typename S::Vec rows[kLanes], next[kLanes];
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i) rows[i] = S::Load(x + i * x_stride);
#pragma GCC unroll 4
  for (int round = 1; round < kLanes; round *= 2) {
#pragma GCC unroll 8
    for (int i = 0; i < kLanes / 2; ++i) {
      next[2 * i] = InterleaveLow(rows[i], rows[i + kLanes / 2]);
      next[2 * i + 1] = InterleaveHigh(rows[i], rows[i + kLanes / 2]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; ++i) rows[i] = next[i];
  }
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i) S::Store(out + i * out_stride, rows[i]);
}

template <class T>
GRADLANE_INLINE void Scalar(const T* x, T* out, std::int64_t rows, std::int64_t cols,
                            std::int64_t x_stride, std::int64_t out_stride) {
  for (std::int64_t c = 0; c < cols; ++c) {
    for (std::int64_t r = 0; r < rows; ++r) out[c * out_stride + r] = x[r * x_stride + c];
  }
}

// Bits are moved and not computed with, so T stands for every type of its size.
template <class T>
void Transpose(const void* x_bytes, void* out_bytes, std::int64_t rows, std::int64_t cols,
               std::int64_t x_stride, std::int64_t out_stride) noexcept {
  constexpr std::int64_t kLanes = Simd<T>::kLanes;
  const T* x = static_cast<const T*>(x_bytes);
  T* out = static_cast<T*>(out_bytes);
  const std::int64_t full_rows = rows / kLanes * kLanes, full_cols = cols / kLanes * kLanes;
  for (std::int64_t c = 0; c < full_cols; c += kLanes) {
    for (std::int64_t r = 0; r < full_rows; r += kLanes) {
      Tile(x + r * x_stride + c, out + c * out_stride + r, x_stride, out_stride);
    }
  }
  // the last columns, then the last rows of the others
  Scalar(x + full_cols, out + full_cols * out_stride, rows, cols - full_cols, x_stride, out_stride);
  Scalar(x + full_rows * x_stride, out + full_rows, rows - full_rows, full_cols, x_stride,
         out_stride);
}

void TransposeBytes(const void* x, void* out, std::int64_t rows, std::int64_t cols,
                    std::int64_t x_stride, std::int64_t out_stride) noexcept {
  Scalar(static_cast<const std::uint8_t*>(x), static_cast<std::uint8_t*>(out), rows, cols, x_stride,
         out_stride);
}

}  // namespace

void FillTranspose(KernelTable& table) {
  table.transpose = {&TransposeBytes, &Transpose<float>, &Transpose<double>};
}

}  // namespace gradlane::GRADLANE_ROW
