// The vector type of this row, over the compilers' vector extension: 64 bytes with AVX-512, 32
// with AVX2, 16 otherwise (SSE2, NEON). GRADLANE_VECTOR_BYTES forces a width (the tests compile
// the 64-byte body for AVX2 with it).
#pragma once

#include <cstdint>

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

namespace gradlane::GRADLANE_ROW {
namespace {

template <class T>
struct IntOf;
template <>
struct IntOf<float> {
  using Type = std::int32_t;
};
template <>
struct IntOf<double> {
  using Type = std::int64_t;
};

template <class T>
struct Simd {
  typedef T Vec __attribute__((vector_size(GRADLANE_VECTOR_BYTES)));
  typedef typename IntOf<T>::Type Int;
  typedef Int Mask __attribute__((vector_size(GRADLANE_VECTOR_BYTES)));  // lanes 0 or -1
  typedef T Unaligned
      __attribute__((vector_size(GRADLANE_VECTOR_BYTES), aligned(sizeof(T)), may_alias));
  static constexpr int kLanes = GRADLANE_VECTOR_BYTES / static_cast<int>(sizeof(T));

  static GRADLANE_INLINE Vec Load(const T* p) { return *reinterpret_cast<const Unaligned*>(p); }
  static GRADLANE_INLINE void Store(T* p, Vec v) { *reinterpret_cast<Unaligned*>(p) = v; }
  static GRADLANE_INLINE Vec Set(T value) { return value - Vec{}; }
  // The first n lanes from memory, the others `rest`; n < kLanes.
  static GRADLANE_INLINE Vec LoadPart(const T* p, std::int64_t n, T rest = T(0)) {
    Vec v = Set(rest);
    for (std::int64_t i = 0; i < n; ++i) v[i] = p[i];
    return v;
  }
  static GRADLANE_INLINE void StorePart(T* p, Vec v, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) p[i] = v[i];
  }
  static GRADLANE_INLINE Vec Select(Mask mask, Vec yes, Vec no) { return mask ? yes : no; }
  static GRADLANE_INLINE Vec Max(Vec a, Vec b) { return Select(a > b, a, b); }
  static GRADLANE_INLINE Vec Min(Vec a, Vec b) { return Select(a < b, a, b); }
  // Sum of the lanes in the fixed order of a binary tree over halves.
  static GRADLANE_INLINE T Sum(Vec v) {
    T lanes[kLanes];
    Store(lanes, v);
    for (int half = kLanes / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; ++i) lanes[i] += lanes[i + half];
    }
    return lanes[0];
  }
};

// Runs body(vector) over n elements in blocks of whole vectors; the tail goes through the same
// vector body, so that an element's bits do not depend on where it stands.
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

}  // namespace
}  // namespace gradlane::GRADLANE_ROW
