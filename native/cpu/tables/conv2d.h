// Kernel table: what a convolution needs beside the pieces of the matrix product.
#pragma once

#include <cstdint>

namespace gradlane {

// One vector that is moved from a source to a panel, both in elements.
struct Conv2dCopy {
  std::int64_t from;
  std::int64_t to;
};

// A rectangle of an image with zeros where it reaches out of the image, its columns dealt out to
// phases: element (row, phase, column) is at (row * phases + phase) * columns + column and holds
// the image's (top + row, left + column * step + phase). With the stride of a convolution as step,
// the elements that one tap needs for neighbouring results lie side by side; phases that no tap
// reads are left out.
struct Conv2dWindow {
  std::int64_t height, width;  // of the image
  std::int64_t top, left;      // negative in the padding
  std::int64_t rows, step, phases, columns;

  std::int64_t row_length() const { return phases * columns; }
  std::int64_t plane() const { return rows * row_length(); }
};

template <class T>
struct Conv2dKernels {
  void (*pad)(const T* image, const Conv2dWindow& window, T* padded) noexcept = nullptr;

  // For each p < k, in order: every copy moves one vector from source + starts[p] + from to
  // panel + p * width + to. `to` rises from copy to copy, so a copy may be longer than what is
  // wanted of it and the next one writes over the rest; past the last panel row and past the source
  // there must be room for a vector.
  void (*gather)(const T* source, const std::int64_t* starts, std::int64_t k,
                 const Conv2dCopy* copies, std::int64_t count, std::int64_t width,
                 T* panel) noexcept = nullptr;

  // out (rows, columns), rows out_stride apart: start + sum over t < taps of weights[t] *
  // source[starts[t] + row * row_step + column], in order, then ReLU if `relu`. Reads up to a
  // vector past the last column.
  void (*stencil)(const T* source, const std::int64_t* starts, const T* weights, std::int64_t taps,
                  std::int64_t rows, std::int64_t columns, std::int64_t row_step, T start,
                  bool relu, T* out, std::int64_t out_stride) noexcept = nullptr;

  // sums[t] += sum over rows and columns of grad[row * columns + column] *
  // source[starts[t] + row * row_step + column], in as many parts as a vector has lanes.
  void (*stencil_gradient)(const T* source, const std::int64_t* starts, std::int64_t taps,
                           const T* grad, std::int64_t rows, std::int64_t columns,
                           std::int64_t row_step, T* sums) noexcept = nullptr;
};

}  // namespace gradlane
