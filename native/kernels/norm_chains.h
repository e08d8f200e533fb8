// Sums of the normalisations: four chains of additions along runs or down rows.
#pragma once

#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

// Four chains of additions, joined in a fixed order.
template <class T>
struct Chains {
  typename Simd<T>::Vec sum[4] = {};
  GRADLANE_INLINE typename Simd<T>::Vec Joined() const {
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
  }
  GRADLANE_INLINE double Total() const { return Simd<T>::Sum(Joined()); }
};

// Calls body(chain, offset, load) for the vectors of `runs` runs; load(p, rest) fills the lanes
// past the end of a run with `rest`.
template <class T, class Body>
GRADLANE_INLINE void OverRuns(std::int64_t runs, std::int64_t length, std::int64_t stride,
                              Body&& body) {
  using S = Simd<T>;
  constexpr std::int64_t kLanes = S::kLanes;
  const auto whole = [](const T* p, T) { return S::Load(p); };
  for (std::int64_t r = 0; r < runs; ++r) {
    const std::int64_t start = r * stride;
    std::int64_t i = 0;
    for (; i + 4 * kLanes <= length; i += 4 * kLanes) {
      body(0, start + i, whole);
      body(1, start + i + kLanes, whole);
      body(2, start + i + 2 * kLanes, whole);
      body(3, start + i + 3 * kLanes, whole);
    }
    for (; i + kLanes <= length; i += kLanes) body(0, start + i, whole);
    if (i < length) {
      const std::int64_t count = length - i;
      body(1, start + i, [count](const T* p, T rest) { return S::LoadPart(p, count, rest); });
    }
  }
}

// The same over memory that is not in a cache yet: fetch(offset) for the cache lines of a run, a
// few runs before it. Short runs that lie far apart are what the processor does not foresee itself.
template <class T, class Fetch, class Body>
GRADLANE_INLINE void OverFarRuns(std::int64_t runs, std::int64_t length, std::int64_t stride,
                                 Fetch&& fetch, Body&& body) {
  constexpr std::int64_t kAhead = 8, kLine = 64 / static_cast<std::int64_t>(sizeof(T));
  for (std::int64_t r = 0; r < runs; ++r) {
    if (r + kAhead < runs) {
      const std::int64_t next = kAhead * stride;
      for (std::int64_t i = 0; i < length; i += kLine) fetch(r * stride + next + i);
    }
    OverRuns<T>(1, length, stride,
                [&](int chain, std::int64_t at, auto load) { body(chain, r * stride + at, load); });
  }
}

// body(chain, row) for every row, the chains in turn.
template <class Body>
GRADLANE_INLINE void DownRows(std::int64_t rows, Body&& body) {
  std::int64_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    body(0, r);
    body(1, r + 1);
    body(2, r + 2);
    body(3, r + 3);
  }
  for (; r < rows; ++r) body(0, r);
}

}  // namespace
}  // namespace gradlane::GRADLANE_ISA_TARGET
