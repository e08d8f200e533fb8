// What the vector extension has no word for and each target an instruction of its own: the first
// few lanes of a vector, min, max, square root. simd.h includes this; use Simd<T>.
//
// Max(a, b) is a > b ? a : b and Min(a, b) is a < b ? a : b, so b where either is NaN.
#pragma once

#include <cstdint>

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {
namespace target {

#if defined(__AVX512F__) && GRADLANE_VECTOR_BYTES == 64

template <class T, class Vec>
GRADLANE_INLINE Vec Load(const T* p, std::int64_t n, Vec rest) {
  if constexpr (sizeof(T) == 4) {
    return Vec(_mm512_mask_loadu_ps(__m512(rest), static_cast<__mmask16>((1u << n) - 1), p));
  } else {
    return Vec(_mm512_mask_loadu_pd(__m512d(rest), static_cast<__mmask8>((1u << n) - 1), p));
  }
}

template <class T, class Vec>
GRADLANE_INLINE void Store(T* p, Vec v, std::int64_t n) {
  if constexpr (sizeof(T) == 4) {
    _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << n) - 1), __m512(v));
  } else {
    _mm512_mask_storeu_pd(p, static_cast<__mmask8>((1u << n) - 1), __m512d(v));
  }
}

template <class T, class Vec>
GRADLANE_INLINE Vec Max(Vec a, Vec b) {
  if constexpr (sizeof(T) == 4) {
    return Vec(_mm512_max_ps(__m512(a), __m512(b)));
  } else {
    return Vec(_mm512_max_pd(__m512d(a), __m512d(b)));
  }
}

template <class T, class Vec>
GRADLANE_INLINE Vec Min(Vec a, Vec b) {
  if constexpr (sizeof(T) == 4) {
    return Vec(_mm512_min_ps(__m512(a), __m512(b)));
  } else {
    return Vec(_mm512_min_pd(__m512d(a), __m512d(b)));
  }
}

template <class T, class Vec>
GRADLANE_INLINE Vec Sqrt(Vec v) {
  if constexpr (sizeof(T) == 4) {
    return Vec(_mm512_sqrt_ps(__m512(v)));
  } else {
    return Vec(_mm512_sqrt_pd(__m512d(v)));
  }
}

#elif defined(__AVX2__) && GRADLANE_VECTOR_BYTES == 32

template <class T, class Vec>
GRADLANE_INLINE Vec Load(const T* p, std::int64_t n, Vec rest) {
  const __m256i place =
      sizeof(T) == 4 ? _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7) : _mm256_setr_epi64x(0, 1, 2, 3);
  if constexpr (sizeof(T) == 4) {
    const __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), place);
    return Vec(
        _mm256_blendv_ps(__m256(rest), _mm256_maskload_ps(p, mask), _mm256_castsi256_ps(mask)));
  } else {
    const __m256i mask = _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), place);
    return Vec(
        _mm256_blendv_pd(__m256d(rest), _mm256_maskload_pd(p, mask), _mm256_castsi256_pd(mask)));
  }
}

// In pieces, because a masked store of AVX2 takes many micro-operations on AMD.
template <class T, class Vec>
GRADLANE_INLINE void Store(T* p, Vec v, std::int64_t n) {
  if constexpr (sizeof(T) == 4) {
    __m128 low = _mm256_castps256_ps128(__m256(v));
    if (n & 4) {
      _mm_storeu_ps(p, low);
      low = _mm256_extractf128_ps(__m256(v), 1);
      p += 4;
    }
    if (n & 2) {
      _mm_storel_pi(reinterpret_cast<__m64*>(p), low);
      low = _mm_movehl_ps(low, low);
      p += 2;
    }
    if (n & 1) _mm_store_ss(p, low);
  } else {
    __m128d low = _mm256_castpd256_pd128(__m256d(v));
    if (n & 2) {
      _mm_storeu_pd(p, low);
      low = _mm256_extractf128_pd(__m256d(v), 1);
      p += 2;
    }
    if (n & 1) _mm_store_sd(p, low);
  }
}

template <class T, class Vec>
GRADLANE_INLINE Vec Max(Vec a, Vec b) {
  if constexpr (sizeof(T) == 4) {
    return Vec(_mm256_max_ps(__m256(a), __m256(b)));
  } else {
    return Vec(_mm256_max_pd(__m256d(a), __m256d(b)));
  }
}

template <class T, class Vec>
GRADLANE_INLINE Vec Min(Vec a, Vec b) {
  if constexpr (sizeof(T) == 4) {
    return Vec(_mm256_min_ps(__m256(a), __m256(b)));
  } else {
    return Vec(_mm256_min_pd(__m256d(a), __m256d(b)));
  }
}

template <class T, class Vec>
GRADLANE_INLINE Vec Sqrt(Vec v) {
  if constexpr (sizeof(T) == 4) {
    return Vec(_mm256_sqrt_ps(__m256(v)));
  } else {
    return Vec(_mm256_sqrt_pd(__m256d(v)));
  }
}

#else

template <class T, class Vec>
GRADLANE_INLINE Vec Load(const T* p, std::int64_t n, Vec rest) {
  constexpr int kLanes = static_cast<int>(sizeof(Vec) / sizeof(T));
  if constexpr (kLanes == 2) {
    return Vec{p[0], rest[1]};
  } else if constexpr (kLanes == 4) {
    if (n == 1) return Vec{p[0], rest[1], rest[2], rest[3]};
    if (n == 2) return Vec{p[0], p[1], rest[2], rest[3]};
    return Vec{p[0], p[1], p[2], rest[3]};
  } else {
    for (std::int64_t i = 0; i < n; ++i) rest[i] = p[i];
    return rest;
  }
}

template <class T, class Vec>
GRADLANE_INLINE void Store(T* p, Vec v, std::int64_t n) {
  constexpr int kLanes = static_cast<int>(sizeof(Vec) / sizeof(T));
  if constexpr (kLanes == 2) {
    p[0] = v[0];
  } else if constexpr (kLanes == 4) {
    p[0] = v[0];
    if (n > 1) p[1] = v[1];
    if (n > 2) p[2] = v[2];
  } else {
    for (std::int64_t i = 0; i < n; ++i) p[i] = v[i];
  }
}

#if defined(__SSE2__) && GRADLANE_VECTOR_BYTES == 16

template <class T, class Vec>
GRADLANE_INLINE Vec Max(Vec a, Vec b) {
  if constexpr (sizeof(T) == 4) {
    return Vec(_mm_max_ps(__m128(a), __m128(b)));
  } else {
    return Vec(_mm_max_pd(__m128d(a), __m128d(b)));
  }
}

template <class T, class Vec>
GRADLANE_INLINE Vec Min(Vec a, Vec b) {
  if constexpr (sizeof(T) == 4) {
    return Vec(_mm_min_ps(__m128(a), __m128(b)));
  } else {
    return Vec(_mm_min_pd(__m128d(a), __m128d(b)));
  }
}

template <class T, class Vec>
GRADLANE_INLINE Vec Sqrt(Vec v) {
  if constexpr (sizeof(T) == 4) {
    return Vec(_mm_sqrt_ps(__m128(v)));
  } else {
    return Vec(_mm_sqrt_pd(__m128d(v)));
  }
}

#else

template <class T, class Vec>
GRADLANE_INLINE Vec Max(Vec a, Vec b) {
  return a > b ? a : b;
}

template <class T, class Vec>
GRADLANE_INLINE Vec Min(Vec a, Vec b) {
  return a < b ? a : b;
}

template <class T, class Vec>
GRADLANE_INLINE Vec Sqrt(Vec v) {
  for (int i = 0; i < static_cast<int>(sizeof(Vec) / sizeof(T)); ++i) {
    if constexpr (sizeof(T) == 4) v[i] = __builtin_sqrtf(v[i]);
    if constexpr (sizeof(T) == 8) v[i] = __builtin_sqrt(v[i]);
  }
  return v;
}

#endif

#endif

}  // namespace target
}  // namespace
}  // namespace gradlane::GRADLANE_ISA_TARGET
