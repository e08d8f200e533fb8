// The convolution as a product of weights with patches that are gathered while packing (implicit
// im2col). One driver serves the forward pass, the gradient by the input and, with patches taken as
// they lie, 1x1.
#pragma once

#include <cstdint>
#include <vector>

#include "cpu/kernel_table.h"
#include "ops/conv2d_source.h"

namespace gradlane {

// For each image and group, each of the m result channels i and each pixel (y, x) of a grid:
//   result[i, y, x] = bias[i] + sum over channels c and taps of
//     weight(i, c, tap) * source[c, y * step_y + tap.y, x * step_x + tap.x]
// with weight(i, c, tap) = weight[group * m * channels * kernel_taps + i * line_stride +
// c * channel_stride + tap.index]. Pixel (y, x) is written to row first_y + y * spread_y, column
// first_x + x * spread_x of the result's image.
template <class T>
struct LoweredConv2d {
  std::int64_t batch, groups;
  const T* source;  // (batch, groups * channels, height, width)
  std::int64_t channels, height, width;
  const T* weight;
  std::int64_t kernel_taps, line_stride, channel_stride;
  std::vector<Conv2dTap> taps;
  std::int64_t step_y, step_x;
  std::int64_t grid_height, grid_width;
  const T* bias;  // (groups * m) or null
  T* result;      // (batch, groups * m, result_height, result_width)
  std::int64_t m, result_height, result_width;
  std::int64_t first_y = 0, first_x = 0, spread_y = 1, spread_x = 1;
  bool relu = false;
  // Other activations, applied to finished pieces of the result; null: none.
  void (*activation)(const T* x, T* y, std::int64_t n, T parameter) noexcept = nullptr;
  T parameter = 0;
  // Take the source as it lies: for a single tap (0, 0), steps and spreads of 1.
  bool in_place = false;
};

template <class T>
void RunLoweredConv2d(const LoweredConv2d<T>& problem);

}  // namespace gradlane
