// Register tiles of the matrix product for this ISA target.
#pragma once

#include <cstdint>

#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

// kTileRows x kTileVectors vectors of sums are held in registers, besides kTileVectors of B and one
// broadcast of A. kPanelBytes is the longest line of a panel.
// kDotRows x 4 sums of the tile of dot products, besides kDotRows vectors of A and one of B.
#if GRADLANE_VECTOR_BYTES == 64 && defined(__AVX512F__)
inline constexpr int kTileRows = 12;
inline constexpr int kTileVectors = 2;
// A panel of B, 96 KiB, streams from L2 at 11 bytes a cycle. Shorter ones would stay in L1, but
// then out is read and written more often: at 2048 x 2048 x 2048 1024 bytes reach 94 %, 1536 94 %,
// 2048 97 % of what 3072 do.
inline constexpr int kPanelBytes = 3072;
inline constexpr int kDotRows = 6;
inline constexpr int kRegisters = 32;
#elif GRADLANE_VECTOR_BYTES == 32
inline constexpr int kTileRows = 6;
inline constexpr int kTileVectors = 2;
inline constexpr int kPanelBytes = 2048;  // a panel of B takes 32 KiB
inline constexpr int kDotRows = 3;
inline constexpr int kRegisters = 16;
#else  // also 64-byte vectors without their registers, in the tests
inline constexpr int kTileRows = 4;
inline constexpr int kTileVectors = 2;
inline constexpr int kPanelBytes = 2048;  // a panel of B takes 16 KiB
inline constexpr int kDotRows = 2;
inline constexpr int kRegisters = 16;
#endif
static_assert(kTileRows * kTileVectors + kTileVectors + 1 <= kRegisters);
static_assert(kDotRows * 4 + kDotRows + 1 <= kRegisters);

template <class T>
inline constexpr int kTileDepth = kPanelBytes / static_cast<int>(sizeof(T));
template <class T>
inline constexpr int kTileColumns = kTileVectors* Simd<T>::kLanes;

// Few rows leave registers for wider tiles, where columns lie side by side beyond a panel. From 5
// rows on, two vectors keep the multiply-add units busy.
constexpr int MostVectors(int rows) {
  if (rows > 4) return kTileVectors;
  return rows * 4 + 4 + 1 <= kRegisters ? 4 : rows * 3 + 3 + 1 <= kRegisters ? 3 : kTileVectors;
}

// Tiles have 1 to 6, 8 or 12 rows. The rows of the one that `rows` rows, at most kTileRows, begin
// with: 7, 9, 10 and 11 are 4 + 3, 5 + 4, 6 + 4 and 6 + 5, which saves the code of four tiles. Four
// rows of two vectors are as many sums as the multiply-add units work on at a time, so three take
// as long as four: 8 + 3 is a tenth longer than 11 rows at once, 6 + 5 is not.
constexpr std::int64_t TileRows(std::int64_t rows) {
  if (rows <= 6 || rows == 8 || rows == 12) return rows;
  return rows == 7 ? 4 : rows == 9 ? 5 : 6;
}
constexpr int NextSmallerTile(int rows) { return rows == 12 ? 8 : rows == 8 ? 6 : rows - 1; }

}  // namespace
}  // namespace gradlane::GRADLANE_ISA_TARGET
