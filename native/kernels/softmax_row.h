// The parts of a softmax along one contiguous row that softmax and cross entropy share.
//
// The largest element may miss a NaN: every result is NaN all the same, through the sum.
#pragma once

#include "kernels/fold.h"
#include "kernels/math.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <class T>
struct LooseMaxFold {
  using S = Simd<T>;
  static GRADLANE_INLINE T Start() { return -T(__builtin_inf()); }
  static GRADLANE_INLINE typename S::Vec Join(typename S::Vec a, typename S::Vec b) {
    return S::Max(a, b);
  }
};

template <class T>
__attribute__((noinline)) T RowMax(const T* x, std::int64_t n) noexcept {
  return FoldRun<T, LooseMaxFold<T>>(x, n);
}

// exp(x - max) of the first few lanes, 0 in the others, which must not get there through the
// exponent of -infinity: a result too small to be a number takes the processor a hundred times as
// long.
template <class T>
GRADLANE_INLINE typename Simd<T>::Vec PartExp(const T* x, std::int64_t count, T max) {
  using S = Simd<T>;
  return S::FirstLanes(ExpNonPositive<T>(S::LoadPart(x, count, max) - S::Set(max)), count);
}

// sum of exp(x - max)
template <class T>
GRADLANE_INLINE T RowSumExp(const T* x, std::int64_t n, T max) {
  using S = Simd<T>;
  const typename S::Vec m = S::Set(max);
  return static_cast<T>(BlockedSum<T>(
      n, [&](std::int64_t i) { return ExpNonPositive<T>(S::Load(x + i) - m); },
      [&](std::int64_t i, std::int64_t count) { return PartExp(x + i, count, max); }));
}

// The same, and y = exp(x - max); y may be x.
template <class T>
GRADLANE_INLINE T RowExp(const T* x, T* y, std::int64_t n, T max) {
  using S = Simd<T>;
  const typename S::Vec m = S::Set(max);
  return static_cast<T>(BlockedSum<T>(
      n,
      [&](std::int64_t i) {
        const typename S::Vec e = ExpNonPositive<T>(S::Load(x + i) - m);
        S::Store(y + i, e);
        return e;
      },
      [&](std::int64_t i, std::int64_t count) {
        const typename S::Vec e = PartExp(x + i, count, max);
        S::StorePart(y + i, e, count);
        return e;
      }));
}

template <class T>
GRADLANE_INLINE T ScalarLog(T x) {
  return Log<T>(Simd<T>::Set(x))[0];
}

}  // namespace
}  // namespace gradlane::GRADLANE_ISA_TARGET
