// Norms of gradients, accumulated in double, and the scaling that clips them.
#include <cstdint>

#include "cpu/tables/optimizer.h"
#include "kernels/isa_target.h"
#include "kernels/math.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

using Doubles = Simd<double>;
using Vec = Doubles::Vec;

// As many elements as there are lanes of doubles.
GRADLANE_INLINE Vec Widened(const double* p) { return Doubles::Load(p); }
GRADLANE_INLINE Vec Widened(const float* p) {
#if defined(__AVX2__)
  return Vec(_mm256_cvtps_pd(_mm_loadu_ps(p)));  // GCC converts in two halves by itself
#else
  typedef float Half __attribute__((vector_size(GRADLANE_VECTOR_BYTES / 2)));
  Half half;
  __builtin_memcpy(&half, p, sizeof(half));
  return __builtin_convertvector(half, Vec);
#endif
}
template <class T>
GRADLANE_INLINE Vec WidenedPart(const T* p, std::int64_t n) {
  T padded[Doubles::kLanes] = {};
  for (std::int64_t i = 0; i < n; ++i) padded[i] = p[i];
  return Widened(padded);
}

// op(accumulator, |g|) over n elements in four chains, which are joined by `join`; the neutral
// element of both is 0.
template <class T, class Op, class Join>
GRADLANE_INLINE double Accumulate(const T* g, std::int64_t n, Op&& op, Join&& join) {
  constexpr int kLanes = Doubles::kLanes, kChains = 4;
  Vec chains[kChains] = {};
  std::int64_t i = 0;
  for (; i + kChains * kLanes <= n; i += kChains * kLanes) {
#pragma GCC unroll 4
    for (int c = 0; c < kChains; ++c) {
      chains[c] = op(chains[c], Doubles::Abs(Widened(g + i + c * kLanes)));
    }
  }
  for (; i + kLanes <= n; i += kLanes) chains[0] = op(chains[0], Doubles::Abs(Widened(g + i)));
  if (i < n) chains[1] = op(chains[1], Doubles::Abs(WidenedPart(g + i, n - i)));
  const Vec all = join(join(chains[0], chains[1]), join(chains[2], chains[3]));
  return Doubles::Fold(all, join);
}

GRADLANE_INLINE Vec Add(Vec a, Vec b) { return a + b; }

template <class T>
double SumAbs(const T* g, std::int64_t n) noexcept {
  return Accumulate(g, n, Add, Add);
}

template <class T>
double SumSquares(const T* g, std::int64_t n) noexcept {
  return Accumulate(
      g, n, [](Vec sum, Vec v) { return v * v + sum; }, Add);
}

template <class T>
double MaxAbs(const T* g, std::int64_t n) noexcept {
  return Accumulate(g, n, Doubles::MaxOrNan, Doubles::MaxOrNan);
}

// |g|^p = exp(p log |g|), 0 where g is.
template <class T>
double PowerSum(const T* g, std::int64_t n, double p) noexcept {
  const Vec power = Doubles::Set(p);
  return Accumulate(
      g, n, [power](Vec sum, Vec v) { return sum + Exp<double>(power * Log<double>(v)); }, Add);
}

double Power(double base, double exponent) noexcept {
  return Exp<double>(Doubles::Set(exponent) * Log<double>(Doubles::Set(base)))[0];
}

template <class T>
void Scale(T* y, std::int64_t n, T factor) noexcept {
  using S = Simd<T>;
  Map(y, y, n, [factor](typename S::Vec v) { return v * S::Set(factor); });
}

template <class T>
void Fill(OptimizerKernels<T>& kernels) {
  kernels.norm[static_cast<int>(NormKind::kAbs)] = &SumAbs<T>;
  kernels.norm[static_cast<int>(NormKind::kSquare)] = &SumSquares<T>;
  kernels.norm[static_cast<int>(NormKind::kMax)] = &MaxAbs<T>;
  kernels.power_sum = &PowerSum<T>;
  kernels.power = &Power;
  kernels.scale = &Scale<T>;
}

}  // namespace

void FillGradient(KernelTable& table) {
  Fill(table.f32.optimizer);
  Fill(table.f64.optimizer);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
