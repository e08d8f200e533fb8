// Kernel table: the transforms of Winograd's convolution, all on tiles of 6 x 6
// points: 4 x 4 results under a kernel of 3 x 3, or 2 x 2 results under one of 5 x 5.
//
// Numbers that belong to polynomials are evaluated at 0, +-5/8, +-3/2 and infinity, where the
// product of two polynomials is taken number by number. These points err three times less than the
// usual 0, +-1, +-2, and their powers and sums of squares are exact in float32.
#pragma once

#include <cstdint>

namespace gradlane {

// One vector a place: element (row, column) of item i is at base + starts[i] + row * row_step +
// column * column_step where it is read, and base + i * step + ... where it is written.
template <class T>
struct WinogradSource {
  const T* base;
  const std::int64_t* starts;
  std::int64_t row_step, column_step;
};
template <class T>
struct WinogradTarget {
  T* base;
  std::int64_t step, row_step, column_step;
};

// Neighbouring elements that go from the rows of a block of results to those of an image.
struct WinogradRun {
  std::int64_t from, to;
  std::int64_t rows, columns;
};

template <class T>
struct WinogradKernels {
  // Items are transformed in order, so one may spill into the next where step is below a vector.
  using Transform = void (*)(const WinogradSource<T>& source, const WinogradTarget<T>& target,
                             std::int64_t count) noexcept;
  // [0] for kernels of 3 x 3, [1] for 5 x 5.
  Transform input = nullptr;          // 6 x 6 of a source
  Transform filter[2] = {};           // a kernel to 6 x 6
  Transform gradient[2] = {};         // gradients by results to 6 x 6
  Transform filter_gradient[2] = {};  // sums of products, 6 x 6, to the gradient by a kernel

  // The results of so many tiles from their sums, which are `plane` apart: + bias, then ReLU if
  // `relu`. Results (row, column) of tile t is written to rows[row * tiles * side + t * side +
  // column]. `tiles` is a multiple of the lanes.
  void (*output[2])(const T* sums, std::int64_t plane, std::int64_t tiles, T bias, bool relu,
                    T* rows) noexcept = {};

  // Rows of a run are `from_step` and `to_step` apart.
  void (*place)(const T* rows, std::int64_t from_step, const WinogradRun* runs, std::int64_t count,
                T* image, std::int64_t to_step) noexcept = nullptr;
};

}  // namespace gradlane
