#include "cpu/tables/elementwise.h"

#include "kernels/isa_target.h"
#include "kernels/math.h"
#include "kernels/power.h"
#include "kernels/simd.h"
#include "kernels/trigonometry.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

// What is computed in doubles alone: floats go through it in blocks.
constexpr std::int64_t kWideBlock = 128;

void Convert(const float* x, double* wide, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) wide[i] = static_cast<double>(x[i]);
}
void Convert(const double* wide, float* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<float>(wide[i]);
}

template <class T, Unary kKind>
void Apply(const T* x, T* y, std::int64_t n) noexcept {
  using S = Simd<T>;
  using V = VecOf<T>;
  Map(x, y, n, [](V v) -> V {
    if constexpr (kKind == Unary::kExp) return Exp<T>(v);
    if constexpr (kKind == Unary::kLog) return Log<T>(v);
    if constexpr (kKind == Unary::kSqrt) return S::Sqrt(v);
    if constexpr (kKind == Unary::kAbs) return S::Abs(v);
    if constexpr (kKind == Unary::kNeg) return -v;
    if constexpr (kKind == Unary::kSquare) return v * v;
    if constexpr (kKind == Unary::kReciprocal) return S::Set(1) / v;
    if constexpr (kKind == Unary::kSign) {
      // 0 for NaN, as in PyTorch.
      return S::Select(v > S::Set(0), S::Set(1), S::Select(v < S::Set(0), S::Set(-1), S::Set(0)));
    }
    if constexpr (kKind == Unary::kErf) return Erf<T>(v);
    if constexpr (kKind == Unary::kTanh) return Tanh<T>(v);
    if constexpr (kKind == Unary::kLog1p) return LogOnePlus<T>(v);
    if constexpr (kKind == Unary::kExpm1) return ExpMinusOne<T>(v);
    if constexpr (kKind == Unary::kRsqrt) return S::Set(1) / S::Sqrt(v);
    if constexpr (kKind == Unary::kSin) return SinePlus(v, 0);
    if constexpr (kKind == Unary::kCos) return SinePlus(v, 1);
  });
}

template <Unary kKind>
void ApplyWide(const float* x, float* y, std::int64_t n) noexcept {
  alignas(64) double wide[kWideBlock];
  for (std::int64_t i = 0; i < n; i += kWideBlock) {
    const std::int64_t count = n - i < kWideBlock ? n - i : kWideBlock;
    Convert(x + i, wide, count);
    Apply<double, kKind>(wide, wide, count);
    Convert(wide, y + i, count);
  }
}

template <class T, Binary kKind>
GRADLANE_INLINE VecOf<T> Combine(VecOf<T> a, VecOf<T> b) {
  using S = Simd<T>;
  if constexpr (kKind == Binary::kAdd) return a + b;
  if constexpr (kKind == Binary::kSub) return a - b;
  if constexpr (kKind == Binary::kMul) return a * b;
  if constexpr (kKind == Binary::kDiv) return a / b;
  if constexpr (kKind == Binary::kMax) return S::MaxOrNan(a, b);
  if constexpr (kKind == Binary::kMin) return S::MinOrNan(a, b);
  if constexpr (kKind == Binary::kPow) return Power(a, b);
}

template <class T, Binary kKind>
void ApplyRows(const T* a, const T* b, T* out, std::int64_t rows, std::int64_t cols,
               std::int64_t b_stride) noexcept {
  for (std::int64_t r = 0; r < rows; ++r) {
    Map(a + r * cols, b + r * b_stride, out + r * cols, cols,
        [](VecOf<T> u, VecOf<T> v) { return Combine<T, kKind>(u, v); });
  }
}

template <class T, Binary kKind>
void ApplyScalar(const T* a, const T* b, T* out, std::int64_t rows, std::int64_t cols,
                 std::int64_t b_stride) noexcept {
  for (std::int64_t r = 0; r < rows; ++r) {
    const VecOf<T> v = Simd<T>::Set(b[r * b_stride]);
    Map(a + r * cols, out + r * cols, cols, [v](VecOf<T> u) { return Combine<T, kKind>(u, v); });
  }
}

// Powers of floats, b either an element for each or one for a row.
template <bool kOneEach>
void PowerRows(const float* a, const float* b, float* out, std::int64_t rows, std::int64_t cols,
               std::int64_t b_stride) noexcept {
  alignas(64) double base[kWideBlock], exponent[kWideBlock];
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* exponents = b + r * b_stride;
    if (kOneEach) Convert(exponents, exponent, 1);
    for (std::int64_t c = 0; c < cols; c += kWideBlock) {
      const std::int64_t count = cols - c < kWideBlock ? cols - c : kWideBlock;
      Convert(a + r * cols + c, base, count);
      if (kOneEach) {
        ApplyScalar<double, Binary::kPow>(base, exponent, base, 1, count, 0);
      } else {
        Convert(exponents + c, exponent, count);
        ApplyRows<double, Binary::kPow>(base, exponent, base, 1, count, 0);
      }
      Convert(base, out + r * cols + c, count);
    }
  }
}

template <class T>
void Affine(const T* x, T* y, std::int64_t n, T scale, T shift) noexcept {
  const VecOf<T> a = Simd<T>::Set(scale), b = Simd<T>::Set(shift);
  Map(x, y, n, [a, b](VecOf<T> v) { return a * v + b; });
}

template <class T>
void Axpby(const T* x, T* y, std::int64_t n, T alpha, T beta) noexcept {
  const VecOf<T> a = Simd<T>::Set(alpha), b = Simd<T>::Set(beta);
  if (beta == 0) {
    Map(x, y, n, [a](VecOf<T> v) { return a * v; });
  } else if (beta == 1) {
    Map(x, y, y, n, [a](VecOf<T> v, VecOf<T> old) { return a * v + old; });
  } else {
    Map(x, y, y, n, [a, b](VecOf<T> v, VecOf<T> old) { return a * v + b * old; });
  }
}

template <class T, Unary kKind>
void SetUnary(ElementwiseKernels<T>& kernels) {
  kernels.unary[static_cast<int>(kKind)] = &Apply<T, kKind>;
}

template <class T, Binary kKind>
void SetBinary(ElementwiseKernels<T>& kernels) {
  kernels.binary[static_cast<int>(kKind)] = &ApplyRows<T, kKind>;
  kernels.binary_scalar[static_cast<int>(kKind)] = &ApplyScalar<T, kKind>;
}

template <class T>
void Fill(ElementwiseKernels<T>& kernels) {
  SetUnary<T, Unary::kExp>(kernels);
  SetUnary<T, Unary::kLog>(kernels);
  SetUnary<T, Unary::kSqrt>(kernels);
  SetUnary<T, Unary::kAbs>(kernels);
  SetUnary<T, Unary::kNeg>(kernels);
  SetUnary<T, Unary::kSquare>(kernels);
  SetUnary<T, Unary::kReciprocal>(kernels);
  SetUnary<T, Unary::kSign>(kernels);
  SetUnary<T, Unary::kErf>(kernels);
  SetUnary<T, Unary::kTanh>(kernels);
  SetBinary<T, Binary::kAdd>(kernels);
  SetBinary<T, Binary::kSub>(kernels);
  SetBinary<T, Binary::kMul>(kernels);
  SetBinary<T, Binary::kDiv>(kernels);
  SetBinary<T, Binary::kMax>(kernels);
  SetBinary<T, Binary::kMin>(kernels);
  SetUnary<T, Unary::kLog1p>(kernels);
  SetUnary<T, Unary::kExpm1>(kernels);
  SetUnary<T, Unary::kRsqrt>(kernels);
  kernels.affine = &Affine<T>;
  kernels.axpby = &Axpby<T>;
}

template <Unary kKind>
void FillWide(KernelTable& table) {
  SetUnary<double, kKind>(table.f64.elementwise);
  table.f32.elementwise.unary[static_cast<int>(kKind)] = &ApplyWide<kKind>;
}

}  // namespace

void FillElementwise(KernelTable& table) {
  Fill(table.f32.elementwise);
  Fill(table.f64.elementwise);
  FillWide<Unary::kSin>(table);
  FillWide<Unary::kCos>(table);
  SetBinary<double, Binary::kPow>(table.f64.elementwise);
  constexpr int kPow = static_cast<int>(Binary::kPow);
  table.f32.elementwise.binary[kPow] = &PowerRows<false>;
  table.f32.elementwise.binary_scalar[kPow] = &PowerRows<true>;
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
