// Folding a run of elements into one value, in an order that depends on its length alone.
#pragma once

#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

// Elements of a block: each lane of each of four vectors adds up 16 (64-byte vectors, float) to
// 128 of them (16-byte vectors, double) before the lanes meet.
inline constexpr std::int64_t kFoldBlock = 1024;

template <class T>
struct AddFold {
  using S = Simd<T>;
  static GRADLANE_INLINE T Start() { return T(0); }
  static GRADLANE_INLINE typename S::Vec Join(typename S::Vec a, typename S::Vec b) {
    return a + b;
  }
};
template <class T>
struct ProductFold {
  using S = Simd<T>;
  static GRADLANE_INLINE T Start() { return T(1); }
  static GRADLANE_INLINE typename S::Vec Join(typename S::Vec a, typename S::Vec b) {
    return a * b;
  }
};
template <class T>
struct MaxFold {
  using S = Simd<T>;
  static GRADLANE_INLINE T Start() { return -T(__builtin_inf()); }
  static GRADLANE_INLINE typename S::Vec Join(typename S::Vec a, typename S::Vec b) {
    return S::MaxOrNan(a, b);
  }
};
template <class T>
struct MinFold {
  using S = Simd<T>;
  static GRADLANE_INLINE T Start() { return T(__builtin_inf()); }
  static GRADLANE_INLINE typename S::Vec Join(typename S::Vec a, typename S::Vec b) {
    return S::MinOrNan(a, b);
  }
};

// Folds whole(i), the vector of elements i, i + 1, ..., for i = 0, lanes, ... and part(i, count)
// for the last few, whose missing lanes must hold Fold::Start().
template <class T, class Fold, class Whole, class Part>
GRADLANE_INLINE T FoldBlock(std::int64_t n, Whole&& whole, Part&& part) {
  using S = Simd<T>;
  constexpr std::int64_t kLanes = S::kLanes;
  typename S::Vec a = S::Set(Fold::Start());
  std::int64_t i = 0;
  if (n >= 4 * kLanes) {
    typename S::Vec b = a, c = a, d = a;
    for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
      a = Fold::Join(a, whole(i));
      b = Fold::Join(b, whole(i + kLanes));
      c = Fold::Join(c, whole(i + 2 * kLanes));
      d = Fold::Join(d, whole(i + 3 * kLanes));
    }
    a = Fold::Join(Fold::Join(a, b), Fold::Join(c, d));
  }
  for (; i + kLanes <= n; i += kLanes) a = Fold::Join(a, whole(i));
  if (i < n) a = Fold::Join(a, part(i, n - i));
  return S::Fold(a, [](typename S::Vec u, typename S::Vec v) { return Fold::Join(u, v); });
}

// A sum in blocks, the blocks added in double.
template <class T, class Whole, class Part>
GRADLANE_INLINE double BlockedSum(std::int64_t n, Whole&& whole, Part&& part) {
  double sum = 0;
  for (std::int64_t begin = 0; begin < n; begin += kFoldBlock) {
    const std::int64_t length = n - begin < kFoldBlock ? n - begin : kFoldBlock;
    sum += FoldBlock<T, AddFold<T>>(
        length, [&](std::int64_t i) { return whole(begin + i); },
        [&](std::int64_t i, std::int64_t count) { return part(begin + i, count); });
  }
  return sum;
}

template <class T, class Fold>
GRADLANE_INLINE T FoldRun(const T* x, std::int64_t n) {
  using S = Simd<T>;
  return FoldBlock<T, Fold>(
      n, [x](std::int64_t i) { return S::Load(x + i); },
      [x](std::int64_t i, std::int64_t count) { return S::LoadPart(x + i, count, Fold::Start()); });
}

template <class T>
GRADLANE_INLINE double SumRun(const T* x, std::int64_t n) {
  using S = Simd<T>;
  return BlockedSum<T>(
      n, [x](std::int64_t i) { return S::Load(x + i); },
      [x](std::int64_t i, std::int64_t count) { return S::LoadPart(x + i, count); });
}

}  // namespace
}  // namespace gradlane::GRADLANE_ISA_TARGET
