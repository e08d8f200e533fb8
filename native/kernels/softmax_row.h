// The parts of a softmax along one contiguous row that softmax and cross entropy share.
//
// The largest element may miss a NaN: every result is NaN all the same, through the sum.
#pragma once

#include "kernels/fold.h"
#include "kernels/math.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ROW {
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
GRADLANE_INLINE T RowMax(const T* x, std::int64_t n) {
  return FoldRun<T, LooseMaxFold<T>>(x, n);
}

// sum of exp(x - max)
template <class T>
GRADLANE_INLINE T RowSumExp(const T* x, std::int64_t n, T max) {
  using S = Simd<T>;
  const typename S::Vec m = S::Set(max);
  return static_cast<T>(BlockedSum<T>(
      n, [&](std::int64_t i) { return ExpNonPositive<T>(S::Load(x + i) - m); },
      [&](std::int64_t i, std::int64_t count) {
        return ExpNonPositive<T>(S::LoadPart(x + i, count, -T(__builtin_inf())) - m);
      }));
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
        const typename S::Vec e =
            ExpNonPositive<T>(S::LoadPart(x + i, count, -T(__builtin_inf())) - m);
        S::StorePart(y + i, e, count);
        return e;
      }));
}

template <class T>
GRADLANE_INLINE T ScalarLog(T x) {
  return Log<T>(Simd<T>::Set(x))[0];
}

}  // namespace
}  // namespace gradlane::GRADLANE_ROW
