// The vector type of this ISA target, over the compilers' vector extension: 64 bytes with AVX-512,
// 32 with AVX2, 16 otherwise (SSE2, NEON). GRADLANE_VECTOR_BYTES forces a width (the tests compile
// the 64-byte body for AVX2 with it).
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if !defined(GRADLANE_VECTOR_BYTES)
#if defined(__AVX512F__)
#define GRADLANE_VECTOR_BYTES 64
#elif defined(__AVX2__)
#define GRADLANE_VECTOR_BYTES 32
#else
#define GRADLANE_VECTOR_BYTES 16
#endif
#endif

#define GRADLANE_INLINE inline __attribute__((always_inline))

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

// A target of 64-byte vectors overrides what gains from them, some families, and what a small step
// is made of (sums, the mean squared error, SGD, Adam): few numbers written by narrow masks are
// read late by wide loads. Of what is no product, the float32 half. The rest it has from the target
// before (native/cpu/dispatch.cc).
inline constexpr bool kCompleteTarget = GRADLANE_VECTOR_BYTES < 64;

template <class T>
struct IntOf;
template <>
struct IntOf<float> {
  using Type = std::int32_t;
  using Unsigned = std::uint32_t;
};
template <>
struct IntOf<double> {
  using Type = std::int64_t;
  using Unsigned = std::uint64_t;
};

}  // namespace
}  // namespace gradlane::GRADLANE_ISA_TARGET

#include "kernels/simd_target.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <class T>
struct Simd {
  typedef T Vec __attribute__((vector_size(GRADLANE_VECTOR_BYTES)));
  typedef typename IntOf<T>::Type Int;
  typedef Int Mask __attribute__((vector_size(GRADLANE_VECTOR_BYTES)));  // lanes 0 or -1
  typedef typename IntOf<T>::Unsigned Word;
  typedef Word Bits __attribute__((vector_size(GRADLANE_VECTOR_BYTES)));
  typedef T Unaligned
      __attribute__((vector_size(GRADLANE_VECTOR_BYTES), aligned(sizeof(T)), may_alias));
  static constexpr int kLanes = GRADLANE_VECTOR_BYTES / static_cast<int>(sizeof(T));
#if defined(__AVX512F__) && GRADLANE_VECTOR_BYTES == 64
  // LoadPart and StorePart cost no more than Load and Store, and their n may be kLanes.
  static constexpr bool kMasks = true;
#else
  static constexpr bool kMasks = false;
#endif

  static GRADLANE_INLINE Vec Load(const T* p) { return *reinterpret_cast<const Unaligned*>(p); }
  static GRADLANE_INLINE void Store(T* p, Vec v) { *reinterpret_cast<Unaligned*>(p) = v; }
  // Subtracting +0 changes no value, not even -0, so this is a broadcast and nothing else.
  static GRADLANE_INLINE Vec Set(T value) { return value - Vec{}; }
  // The first n lanes from memory, the others `rest`; 0 < n < kLanes. Nothing past p[n - 1] is
  // touched. No byte goes through the stack: a wide load of just written narrow pieces would wait
  // for them, which costs a small call more than its arithmetic.
  static GRADLANE_INLINE Vec LoadPart(const T* p, std::int64_t n, T rest = T(0)) {
    return target::Load<T, Vec>(p, n, Set(rest));
  }
  static GRADLANE_INLINE void StorePart(T* p, Vec v, std::int64_t n) { target::Store<T>(p, v, n); }
  // The first n lanes of v, the others 0.
  static GRADLANE_INLINE Vec FirstLanes(Vec v, std::int64_t n) {
    Mask place = {};
    for (int i = 0; i < kLanes; ++i) place[i] = i;
    return Select(place < Mask{} + static_cast<Int>(n), v, Vec{});
  }
  static GRADLANE_INLINE Vec Select(Mask mask, Vec yes, Vec no) { return mask ? yes : no; }
  // b where either is NaN.
  static GRADLANE_INLINE Vec Max(Vec a, Vec b) { return target::Max<T>(a, b); }
  static GRADLANE_INLINE Vec Min(Vec a, Vec b) { return target::Min<T>(a, b); }
  // A NaN in either operand wins.
  static GRADLANE_INLINE Vec MaxOrNan(Vec a, Vec b) { return Select(a != a, a, Max(a, b)); }
  static GRADLANE_INLINE Vec MinOrNan(Vec a, Vec b) { return Select(a != a, a, Min(a, b)); }
  static GRADLANE_INLINE Vec Sqrt(Vec v) { return target::Sqrt<T>(v); }
  static GRADLANE_INLINE Bits ToBits(Vec v) { return reinterpret_cast<Bits>(v); }
  static GRADLANE_INLINE Vec FromBits(Bits bits) { return reinterpret_cast<Vec>(bits); }
  static GRADLANE_INLINE Vec Abs(Vec v) { return FromBits(ToBits(v) & ~SignBit()); }
  static GRADLANE_INLINE Vec CopySign(Vec magnitude, Vec sign) {
    return FromBits((ToBits(magnitude) & ~SignBit()) | (ToBits(sign) & SignBit()));
  }
  static GRADLANE_INLINE Bits SignBit() { return Bits{} + (Word(1) << (8 * sizeof(T) - 1)); }
  // The lanes brought together by `op`, in the fixed order of a binary tree over halves.
  template <class Op>
  static GRADLANE_INLINE T Fold(Vec v, Op&& op) {
    if constexpr (kLanes >= 16) v = op(v, UpperHalf<8>(v));
    if constexpr (kLanes >= 8) v = op(v, UpperHalf<4>(v));
    if constexpr (kLanes >= 4) v = op(v, UpperHalf<2>(v));
    return op(v, UpperHalf<1>(v))[0];
  }
  static GRADLANE_INLINE T Sum(Vec v) {
    return Fold(v, [](Vec a, Vec b) { return a + b; });
  }

 private:
  // Lane i of the result is lane i + half; what stands in the lanes from `half` on does not matter.
  template <int kHalf>
  static GRADLANE_INLINE Vec UpperHalf(Vec v) {
    constexpr int h = kHalf, m = kLanes - 1;
    if constexpr (kLanes == 2) {
      return __builtin_shufflevector(v, v, 1, 0);
    } else if constexpr (kLanes == 4) {
      return __builtin_shufflevector(v, v, h & m, (1 + h) & m, (2 + h) & m, (3 + h) & m);
    } else if constexpr (kLanes == 8) {
      return __builtin_shufflevector(v, v, h & m, (1 + h) & m, (2 + h) & m, (3 + h) & m,
                                     (4 + h) & m, (5 + h) & m, (6 + h) & m, (7 + h) & m);
    } else {
      return __builtin_shufflevector(v, v, h & m, (1 + h) & m, (2 + h) & m, (3 + h) & m,
                                     (4 + h) & m, (5 + h) & m, (6 + h) & m, (7 + h) & m,
                                     (8 + h) & m, (9 + h) & m, (10 + h) & m, (11 + h) & m,
                                     (12 + h) & m, (13 + h) & m, (14 + h) & m, (15 + h) & m);
    }
  }
};

// Runs body(vector) over n elements in blocks of whole vectors; the tail goes through the same
// vector body, so that an element's bits do not depend on where it stands. An operand that the
// body does not look at is not read.
template <class T, class Body>
GRADLANE_INLINE void Map(const T* x, T* y, std::int64_t n, Body&& body) {
  using S = Simd<T>;
  std::int64_t i = 0;
  for (; i + S::kLanes <= n; i += S::kLanes) S::Store(y + i, body(S::Load(x + i)));
  if (i < n) S::StorePart(y + i, body(S::LoadPart(x + i, n - i)), n - i);
}

template <class T, class Body>
GRADLANE_INLINE void Map(const T* a, const T* b, T* y, std::int64_t n, Body&& body) {
  using S = Simd<T>;
  std::int64_t i = 0;
  for (; i + S::kLanes <= n; i += S::kLanes) S::Store(y + i, body(S::Load(a + i), S::Load(b + i)));
  if (i < n) {
    S::StorePart(y + i, body(S::LoadPart(a + i, n - i), S::LoadPart(b + i, n - i)), n - i);
  }
}

template <class T, class Body>
GRADLANE_INLINE void Map(const T* a, const T* b, const T* c, T* y, std::int64_t n, Body&& body) {
  using S = Simd<T>;
  std::int64_t i = 0;
  for (; i + S::kLanes <= n; i += S::kLanes) {
    S::Store(y + i, body(S::Load(a + i), S::Load(b + i), S::Load(c + i)));
  }
  if (i < n) {
    S::StorePart(
        y + i,
        body(S::LoadPart(a + i, n - i), S::LoadPart(b + i, n - i), S::LoadPart(c + i, n - i)),
        n - i);
  }
}

}  // namespace
}  // namespace gradlane::GRADLANE_ISA_TARGET
