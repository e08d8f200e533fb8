// Register tiles of the matrix product for this row.
#pragma once

#include <cstdint>

#include "kernels/simd.h"

namespace gradlane::GRADLANE_ROW {
namespace {

// kTileRows x kTileVectors vectors of sums are held in registers, besides kTileVectors of B and one
// broadcast of A. kTileDepth is the longest panel: kTileDepth * kTileVectors *
// GRADLANE_VECTOR_BYTES is what a panel of B takes of L1. kDotRows x 4 sums of the tile of dot
// products, besides kDotRows vectors of A and one of B.
#if GRADLANE_VECTOR_BYTES == 64
inline constexpr int kTileRows = 12;
inline constexpr int kTileVectors = 2;
inline constexpr int kTileDepth = 384;  // B panel 48 KiB
inline constexpr int kDotRows = 6;
inline constexpr int kRegisters = 32;
#elif GRADLANE_VECTOR_BYTES == 32
inline constexpr int kTileRows = 6;
inline constexpr int kTileVectors = 2;
inline constexpr int kTileDepth = 256;  // B panel 16 KiB
inline constexpr int kDotRows = 3;
inline constexpr int kRegisters = 16;
#else
inline constexpr int kTileRows = 4;
inline constexpr int kTileVectors = 2;
inline constexpr int kTileDepth = 256;  // B panel 8 KiB
inline constexpr int kDotRows = 2;
inline constexpr int kRegisters = 16;
#endif
static_assert(kTileRows * kTileVectors + kTileVectors + 1 <= kRegisters);
static_assert(kDotRows * 4 + kDotRows + 1 <= kRegisters);

template <class T>
inline constexpr int kTileColumns = kTileVectors* Simd<T>::kLanes;

// Few rows leave registers for wider tiles, where columns lie side by side beyond a panel.
constexpr int MostVectors(int rows) {
  return rows * 4 + 4 + 1 <= kRegisters ? 4 : rows * 3 + 3 + 1 <= kRegisters ? 3 : kTileVectors;
}

}  // namespace
}  // namespace gradlane::GRADLANE_ROW
