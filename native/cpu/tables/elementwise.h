// Kernel table: elementwise functions of one and two arguments.
#pragma once

#include <cstdint>

namespace gradlane {

// Codes shared with UnaryKind in ts/kernels/kinds.ts.
enum class Unary : std::int32_t {
  kExp = 0,
  kLog = 1,
  kSqrt = 2,
  kAbs = 3,
  kNeg = 4,
  kSquare = 5,
  kReciprocal = 6,
  kSign = 7,
  kErf = 8,
  kTanh = 9,
  kLog1p = 10,
  kExpm1 = 11,
  kRsqrt = 12,
  kSin = 13,
  kCos = 14,
};
inline constexpr int kUnaryCount = 15;

// Codes shared with BinaryKind.
enum class Binary : std::int32_t {
  kAdd = 0,
  kSub = 1,
  kMul = 2,
  kDiv = 3,
  kMax = 4,
  kMin = 5,
  kPow = 6,
};
inline constexpr int kBinaryCount = 7;

// Codes shared with Broadcast.
enum class Broadcast : std::int32_t { kNone = 0, kRow = 1, kColumn = 2, kScalar = 3 };
inline constexpr int kBroadcastCount = 4;

// A result may be written over an operand of its own extent.
template <class T>
struct ElementwiseKernels {
  // y[i] = f(x[i])
  void (*unary[kUnaryCount])(const T* x, T* y, std::int64_t n) noexcept;
  // out[r, c] = f(a[r, c], b[r * b_stride + c]); b_stride is 0 for one row that all rows share
  void (*binary[kBinaryCount])(const T* a, const T* b, T* out, std::int64_t rows, std::int64_t cols,
                               std::int64_t b_stride) noexcept;
  // out[r, c] = f(a[r, c], b[r * b_stride]); b_stride is 1 or 0
  void (*binary_scalar[kBinaryCount])(const T* a, const T* b, T* out, std::int64_t rows,
                                      std::int64_t cols, std::int64_t b_stride) noexcept;
  // y[i] = scale * x[i] + shift
  void (*affine)(const T* x, T* y, std::int64_t n, T scale, T shift) noexcept;
  // y[i] = alpha * x[i] + beta * y[i]; y is not read for beta = 0
  void (*axpby)(const T* x, T* y, std::int64_t n, T alpha, T beta) noexcept;
};

}  // namespace gradlane
