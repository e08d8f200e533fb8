// Rows of a few elements, such as the scores of some classes: as many rows at a time as a vector
// has lanes, so that what is one number a row (its largest element, its sum, the logarithm of that)
// is one vector.
//
// What a row gives does not depend on the rows beside it, and rows are read and written once: a
// part of a vector that was just stored could not be loaded again without waiting for the store.
#pragma once

#include "kernels/math.h"
#include "kernels/pairs.h"
#include "kernels/simd.h"
#include "kernels/softmax_row.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <class T>
struct ShortRows {
  using S = Simd<T>;
  using V = typename S::Vec;
  static constexpr std::int64_t kLanes = S::kLanes;
  static constexpr std::int64_t kMost = 4 * kLanes;  // elements of a row

  // Body(i, count) for the groups of rows i .. i + count - 1.
  template <class Body>
  static GRADLANE_INLINE void ForGroups(std::int64_t rows, Body&& body) {
    for (std::int64_t i = 0; i < rows; i += kLanes) body(i, rows - i < kLanes ? rows - i : kLanes);
  }

  // Body(at, n) for the vectors of a row of `cols`, n <= kLanes elements from `at` on.
  template <class Body>
  static GRADLANE_INLINE void ForVectorsOf(std::int64_t cols, Body&& body) {
    std::int64_t at = 0;
    for (; at + kLanes <= cols; at += kLanes) body(at, kLanes);
    if (at < cols) body(at, cols - at);
  }
  static GRADLANE_INLINE V Load(const T* p, std::int64_t n, T rest) {
    return n == kLanes ? S::Load(p) : S::LoadPart(p, n, rest);
  }
  static GRADLANE_INLINE void Store(T* p, V v, std::int64_t n) {
    if (n == kLanes) {
      S::Store(p, v);
    } else {
      S::StorePart(p, v, n);
    }
  }

  // out[i] = the lanes of v[i] brought together by op, the bits of S::Fold. v is used up. One copy
  // of it a dtype and op, because it is the largest part of what uses it.
  template <class Op>
  static __attribute__((noinline)) void Fold(V (&v)[kLanes], std::int64_t count, T* out,
                                             Op op) noexcept {
    if (count < kLanes) {
      for (std::int64_t i = 0; i < count; ++i) out[i] = S::Fold(v[i], op);
      return;
    }
    // Halves of two vectors in turn: after the last step lane i is what has become of v[i].
#pragma GCC unroll 4
    for (std::int64_t half = kLanes / 2; half > 0; half /= 2) {
#pragma GCC unroll 8
      for (std::int64_t i = 0; i < half; ++i) {
        v[i] = op(InterleaveLow(v[i], v[i + half]), InterleaveHigh(v[i], v[i + half]));
      }
    }
    S::Store(out, v[0]);
  }

  struct Add {
    GRADLANE_INLINE V operator()(V a, V b) const { return a + b; }
  };
  struct LooseMax {
    GRADLANE_INLINE V operator()(V a, V b) const { return S::Max(a, b); }
  };

  // Asks for what comes some rows after p. The processor does not by itself where it meets parts of
  // vectors: without this a sweep over rows of 10 reads memory at a third of the rate.
  static GRADLANE_INLINE void Ahead(const T* p) {
    __builtin_prefetch(reinterpret_cast<const char*>(p) + 2048);
  }
  static GRADLANE_INLINE void AheadToWrite(const T* p) {
    __builtin_prefetch(reinterpret_cast<const char*>(p) + 2048, 1);
  }

  // The largest element of each row; may miss a NaN.
  static GRADLANE_INLINE void Max(const T* x, std::int64_t cols, std::int64_t count, T* max) {
    const T least = -T(__builtin_inf());
    V v[kLanes];
    for (std::int64_t i = 0; i < count; ++i, x += cols) {
      V m = S::Set(least);
      Ahead(x);
      ForVectorsOf(cols,
                   [&](std::int64_t at, std::int64_t n) { m = S::Max(m, Load(x + at, n, least)); });
      v[i] = m;
    }
    Fold(v, count, max, LooseMax());
  }

  static GRADLANE_INLINE std::int64_t InVectors(std::int64_t cols) {
    return (cols + kLanes - 1) / kLanes * kLanes;
  }

  // max, and sum = sum of exp(x - max), for each row. Unless e is null the terms go there, in whole
  // vectors, the rows InVectors(cols) apart.
  static __attribute__((noinline)) void Exp(const T* x, std::int64_t cols, std::int64_t count,
                                            T* max, T* sum, T* e) noexcept {
    Max(x, cols, count, max);
    V v[kLanes];
    for (std::int64_t i = 0; i < count; ++i, x += cols) {
      const V m = S::Set(max[i]);
      V s = {};
      ForVectorsOf(cols, [&](std::int64_t at, std::int64_t n) {
        const V term =
            n == kLanes ? ExpNonPositive<T>(S::Load(x + at) - m) : PartExp(x + at, n, max[i]);
        if (e != nullptr) S::Store(e + i * InVectors(cols) + at, term);
        s += term;
      });
      v[i] = s;
    }
    Fold(v, count, sum, Add());
  }
};

}  // namespace
}  // namespace gradlane::GRADLANE_ISA_TARGET
