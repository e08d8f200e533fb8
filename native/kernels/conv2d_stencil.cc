// Convolution of one plane without a product of matrices: vectors along a row, a few rows at a
// time, so that a broadcast weight serves several vectors.
#include "cpu/tables/conv2d.h"
#include "kernels/isa_target.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <class T, int kRows, int kVectors>
GRADLANE_INLINE void Tile(const T* source, const std::int64_t* starts, const T* weights,
                          std::int64_t taps, std::int64_t row_step, T start, bool relu, T* out,
                          std::int64_t out_stride, std::int64_t columns) {
  using S = Simd<T>;
  using Vec = typename S::Vec;
  Vec sum[kRows][kVectors];
#pragma GCC unroll 4
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 2
    for (int j = 0; j < kVectors; ++j) sum[i][j] = S::Set(start);
  }
  for (std::int64_t t = 0; t < taps; ++t) {
    const Vec weight = S::Set(weights[t]);
    const T* const from = source + starts[t];
#pragma GCC unroll 4
    for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 2
      for (int j = 0; j < kVectors; ++j) {
        sum[i][j] += weight * S::Load(from + i * row_step + j * S::kLanes);
      }
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 2
    for (int j = 0; j < kVectors; ++j) {
      Vec v = sum[i][j];
      if (relu) v = S::Select(v <= Vec{}, Vec{}, v);  // NaN stays
      T* const to = out + i * out_stride + j * S::kLanes;
      const std::int64_t left = columns - j * S::kLanes;
      if (left >= S::kLanes) {
        S::Store(to, v);
      } else {
        S::StorePart(to, v, left);
      }
    }
  }
}

template <class T, int kRows>
GRADLANE_INLINE void Rows(const T* source, const std::int64_t* starts, const T* weights,
                          std::int64_t taps, std::int64_t columns, std::int64_t row_step, T start,
                          bool relu, T* out, std::int64_t out_stride) {
  constexpr std::int64_t kLanes = Simd<T>::kLanes;
  std::int64_t j = 0;
  for (; j + kLanes < columns; j += 2 * kLanes) {
    Tile<T, kRows, 2>(source + j, starts, weights, taps, row_step, start, relu, out + j, out_stride,
                      columns - j);
  }
  if (j < columns) {
    Tile<T, kRows, 1>(source + j, starts, weights, taps, row_step, start, relu, out + j, out_stride,
                      columns - j);
  }
}

template <class T>
void Stencil(const T* source, const std::int64_t* starts, const T* weights, std::int64_t taps,
             std::int64_t rows, std::int64_t columns, std::int64_t row_step, T start, bool relu,
             T* out, std::int64_t out_stride) noexcept {
  std::int64_t row = 0;
  for (; row + 4 <= rows; row += 4, source += 4 * row_step, out += 4 * out_stride) {
    Rows<T, 4>(source, starts, weights, taps, columns, row_step, start, relu, out, out_stride);
  }
  for (; row < rows; ++row, source += row_step, out += out_stride) {
    Rows<T, 1>(source, starts, weights, taps, columns, row_step, start, relu, out, out_stride);
  }
}

template <class T, int kTaps>
void Gradient(const T* source, const std::int64_t* starts, const T* grad, std::int64_t rows,
              std::int64_t columns, std::int64_t row_step, T* sums) noexcept {
  using S = Simd<T>;
  using Vec = typename S::Vec;
  Vec sum[kTaps];
  const T* from[kTaps];
#pragma GCC unroll 9
  for (int t = 0; t < kTaps; ++t) {
    sum[t] = Vec{};
    from[t] = source + starts[t];
  }
  const std::int64_t whole = columns / S::kLanes * S::kLanes;
  const std::int64_t plane = rows * columns;
  for (std::int64_t row = 0; row < rows; ++row, grad += columns) {
    const std::int64_t at = row * row_step;
    for (std::int64_t j = 0; j < whole; j += S::kLanes) {
      __builtin_prefetch(grad + plane + j);  // of the next channel, as in conv2d_pack.cc
      const Vec g = S::Load(grad + j);
#pragma GCC unroll 9
      for (int t = 0; t < kTaps; ++t) sum[t] += g * S::Load(from[t] + at + j);
    }
    if (whole < columns) {
      // What lies past the row may be no number, so it is not multiplied by zeros either.
      const Vec g = S::LoadPart(grad + whole, columns - whole);
#pragma GCC unroll 9
      for (int t = 0; t < kTaps; ++t) {
        sum[t] += g * S::LoadPart(from[t] + at + whole, columns - whole);
      }
    }
  }
#pragma GCC unroll 9
  for (int t = 0; t < kTaps; ++t) sums[t] += S::Sum(sum[t]);
}

template <class T>
void StencilGradient(const T* source, const std::int64_t* starts, std::int64_t taps, const T* grad,
                     std::int64_t rows, std::int64_t columns, std::int64_t row_step,
                     T* sums) noexcept {
  std::int64_t t = 0;
  for (; t + 9 <= taps; t += 9) {
    Gradient<T, 9>(source, starts + t, grad, rows, columns, row_step, sums + t);
  }
  for (; t + 3 <= taps; t += 3) {
    Gradient<T, 3>(source, starts + t, grad, rows, columns, row_step, sums + t);
  }
  for (; t < taps; ++t) {
    Gradient<T, 1>(source, starts + t, grad, rows, columns, row_step, sums + t);
  }
}

template <class T>
void Fill(Conv2dKernels<T>& kernels) {
  kernels.stencil = &Stencil<T>;
  kernels.stencil_gradient = &StencilGradient<T>;
}

}  // namespace

void FillConv2dStencil(KernelTable& table) {
  Fill(table.f32.conv2d);
  Fill(table.f64.conv2d);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
