// The lanes of two vectors in turn: a0 b0 a1 b1 ... of their lower and of their upper halves.
#pragma once

#include <utility>

#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <int kFrom, int kLanes, class Vec, int... kLane>
GRADLANE_INLINE Vec Interleave(Vec a, Vec b, std::integer_sequence<int, kLane...>) {
  return __builtin_shufflevector(a, b, (kFrom + kLane / 2 + (kLane % 2) * kLanes)...);
}

template <class Vec>
inline constexpr int kLanesOf = static_cast<int>(sizeof(Vec) / sizeof(Vec{}[0]));

template <class Vec>
GRADLANE_INLINE Vec InterleaveLow(Vec a, Vec b) {
  constexpr int kLanes = kLanesOf<Vec>;
  return Interleave<0, kLanes>(a, b, std::make_integer_sequence<int, kLanes>{});
}

template <class Vec>
GRADLANE_INLINE Vec InterleaveHigh(Vec a, Vec b) {
  constexpr int kLanes = kLanesOf<Vec>;
  return Interleave<kLanes / 2, kLanes>(a, b, std::make_integer_sequence<int, kLanes>{});
}

}  // namespace
}  // namespace gradlane::GRADLANE_ISA_TARGET
