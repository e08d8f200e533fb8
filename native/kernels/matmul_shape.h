// Register tiles of the matrix product for this row.
#pragma once

#include <cstdint>

#include "kernels/simd.h"

namespace gradlane::GRADLANE_ROW {
namespace {

// kRows x (kVectors * lanes) sums are held in registers, besides kVectors of B and one broadcast
// of A. kDepth is the longest panel: kDepth * kVectors * GRADLANE_VECTOR_BYTES, a panel of B, has
// to stay in L1 next to the panel of A that streams by.
#if GRADLANE_VECTOR_BYTES == 64
inline constexpr int kTileRows = 12;
inline constexpr int kTileVectors = 2;
inline constexpr int kTileDepth = 384;  // B panel 48 KiB
inline constexpr int kTileRegisters = 32;
#elif GRADLANE_VECTOR_BYTES == 32
inline constexpr int kTileRows = 6;
inline constexpr int kTileVectors = 2;
inline constexpr int kTileDepth = 256;  // B panel 16 KiB
inline constexpr int kTileRegisters = 16;
#else
inline constexpr int kTileRows = 4;
inline constexpr int kTileVectors = 2;
inline constexpr int kTileDepth = 256;  // B panel 8 KiB
inline constexpr int kTileRegisters = 16;
#endif
static_assert(kTileRows * kTileVectors + kTileVectors + 1 <= kTileRegisters);

template <class T>
inline constexpr int kTileColumns = kTileVectors* Simd<T>::kLanes;

}  // namespace
}  // namespace gradlane::GRADLANE_ROW
