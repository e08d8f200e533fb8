#include "cpu/tables/elementwise.h"

#include "kernels/isa_target.h"
#include "kernels/math.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

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
  });
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
  kernels.affine = &Affine<T>;
  kernels.axpby = &Axpby<T>;
}

}  // namespace

void FillElementwise(KernelTable& table) {
  Fill(table.f32.elementwise);
  Fill(table.f64.elementwise);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
