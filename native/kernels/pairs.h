// Outputs of one row side by side in a vector, where their inputs lie 1 or 2 elements apart, and
// the way back.
#pragma once

#include <cstdint>

#include "kernels/interleave.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <int kLanes, class Vec, int... kLane>
GRADLANE_INLINE Vec EvenThenOdd(Vec a, Vec b, std::integer_sequence<int, kLane...>) {
  return __builtin_shufflevector(a, b, (2 * kLane + (2 * kLane < kLanes ? 0 : 1))...);
}

// p[0], p[kStride], ... n of them, n <= kLanes. Nothing past the last of them is read.
template <class T, int kStride>
GRADLANE_INLINE typename Simd<T>::Vec LoadApart(const T* p, std::int64_t n) {
  using S = Simd<T>;
  static_assert(kStride == 1 || kStride == 2);
  constexpr int kLanes = S::kLanes;
  if constexpr (kStride == 1) {
    return n == kLanes ? S::Load(p) : S::LoadPart(p, n);
  } else {
    // The second vector begins with the last element of the first: the even lanes of the first
    // and the odd ones of the second are wanted, up to p[2 kLanes - 2].
    typename S::Vec a, b = {};
    if (n == kLanes) {
      a = S::Load(p);
      b = S::Load(p + kLanes - 1);
    } else if (2 * n > kLanes) {
      a = S::Load(p);
      if (2 * n > kLanes + 1) b = S::LoadPart(p + kLanes - 1, 2 * n - kLanes);
    } else {
      a = S::LoadPart(p, 2 * n - 1);
    }
    return EvenThenOdd<kLanes>(a, b, std::make_integer_sequence<int, kLanes>{});
  }
}

// row[2 k] = even[k], row[2 k + 1] = odd[k] for k < n, n <= kLanes.
template <class T>
GRADLANE_INLINE void StorePairs(T* row, typename Simd<T>::Vec even, typename Simd<T>::Vec odd,
                                std::int64_t n) {
  using S = Simd<T>;
  constexpr int kLanes = S::kLanes;
  const typename S::Vec low = InterleaveLow(even, odd), high = InterleaveHigh(even, odd);
  if (2 * n < kLanes) {
    S::StorePart(row, low, 2 * n);
    return;
  }
  S::Store(row, low);
  if (n == kLanes) {
    S::Store(row + kLanes, high);
  } else if (2 * n > kLanes) {
    S::StorePart(row + kLanes, high, 2 * n - kLanes);
  }
}

// Runs body(j, n) over the outputs [begin, end) of a row in whole vectors, the last of which
// takes some outputs a second time; in one part of a vector where there are too few.
template <class T, class Body>
GRADLANE_INLINE void ForVectors(std::int64_t begin, std::int64_t end, Body&& body) {
  constexpr std::int64_t kLanes = Simd<T>::kLanes;
  if (end - begin < kLanes) {
    if (begin < end) body(begin, end - begin);
    return;
  }
  std::int64_t j = begin;
  for (; j + kLanes <= end; j += kLanes) body(j, kLanes);
  if (j < end) body(end - kLanes, kLanes);
}

// The same with fewer copies of a long body.
template <class T, class Body>
GRADLANE_INLINE void ForVectorsOfLongBody(std::int64_t begin, std::int64_t end, Body&& body) {
  constexpr std::int64_t kLanes = Simd<T>::kLanes;
  const std::int64_t n = end - begin < kLanes ? end - begin : kLanes;
  for (std::int64_t j = begin; j < end; j += kLanes) body(j + n <= end ? j : end - n, n);
}

template <class T>
GRADLANE_INLINE void Zero(T* p, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) p[i] = T(0);
}

}  // namespace
}  // namespace gradlane::GRADLANE_ISA_TARGET
