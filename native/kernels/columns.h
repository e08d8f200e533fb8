// Walking down the columns of a matrix, one vector of them after the other.
#pragma once

#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

// Calls body(c, load, store) for one vector of columns after the other.
template <class T, class Body>
GRADLANE_INLINE void ForColumns(std::int64_t cols, Body&& body) {
  using S = Simd<T>;
  std::int64_t c = 0;
  for (; c + S::kLanes <= cols; c += S::kLanes) {
    body(
        c, [](const T* p) { return S::Load(p); }, [](T* p, typename S::Vec v) { S::Store(p, v); });
  }
  if (c < cols) {
    const std::int64_t width = cols - c;
    body(
        c, [width](const T* p) { return S::LoadPart(p, width); },
        [width](T* p, typename S::Vec v) { S::StorePart(p, v, width); });
  }
}

}  // namespace
}  // namespace gradlane::GRADLANE_ISA_TARGET
