// Kernel table: conversion between element types, transposition.
#pragma once

#include <cstdint>

namespace gradlane {

inline constexpr int kDtypeCount = 4;  // by the codes of base/dtype.h

struct CastKernels {
  // y[i] = scale * x[i] + shift from the first type to the second. To integers it truncates and
  // clamps to the range, NaN becomes 0. Computed in float where x is float32 or uint8 and y
  // float32, in double otherwise. y may be x when both elements have one size.
  void (*convert[kDtypeCount][kDtypeCount])(const void* x, void* y, std::int64_t n, double scale,
                                            double shift) noexcept;
};

struct TransposeKernels {
  // out[c, r] = x[r, c] for r < rows, c < cols; the strides are those between rows, in elements.
  // One kernel for each element size.
  using Kernel = void (*)(const void* x, void* out, std::int64_t rows, std::int64_t cols,
                          std::int64_t x_stride, std::int64_t out_stride) noexcept;
  Kernel bytes1, bytes4, bytes8;
};

}  // namespace gradlane
