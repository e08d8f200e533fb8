// The register tile: kRows x kVectors vectors of sums, kept in registers over the whole of k.
#pragma once

#include <cstdint>

#include "kernels/matmul_finish.h"
#include "kernels/matmul_shape.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

// Steps of k between two requests for memory: a tile that asks for all of its rows of out at once
// fills the core's list of outstanding misses, and the panels wait behind it for as long as memory
// takes (5 % at 2048 x 2048 x 2048).
inline constexpr std::int64_t kRequest = 8;
// Steps of k before the end at which out is asked for a second time: what was fetched in the
// beginning has reached L2, but in L1 the panels have pushed it out since.
inline constexpr std::int64_t kLate = 32;

// Makes the compiler forget how it came to a value: it would keep the addresses of all rows of a
// tile alive at once (and spill sums to do so), or make a copy of a loop for each case.
template <class V>
GRADLANE_INLINE V Opaque(V value) {
  __asm__("" : "+r"(value));
  return value;
}

// In bytes that the compiler knows nothing of, because it makes a second loop for a step of 1.
template <class T>
GRADLANE_INLINE const T* Beyond(const T* pointer, std::int64_t bytes) {
  return reinterpret_cast<const T*>(reinterpret_cast<const char*>(pointer) + bytes);
}

// out[i, j] for kRows rows and `columns` columns, (kVectors - 1) * lanes < columns <= kVectors *
// lanes. Element (i, p) of A is a[p * a_step + i * a_line], element (p, j) of B is b[p * b_step +
// j]; without masks B is read for all kVectors * lanes columns. Each sum runs over p in order. From
// `ahead` on, some 2 k / kRequest cache lines are brought to L2.
template <class T, int kRows, int kVectors>
void Tile(const T* a, std::int64_t a_line, std::int64_t a_step, const T* b, std::int64_t b_step,
          std::int64_t k, T* out, std::int64_t ldo, std::int64_t columns, const T* bias,
          const MatmulEpilogue<T>& epilogue, const T* ahead) noexcept {
  using S = Simd<T>;
  using Vec = typename S::Vec;
  constexpr int kLanes = S::kLanes, kWidth = kVectors * kLanes, kLine = 64 / sizeof(T);
  Vec sum[kRows][kVectors];
  // Of the last vector only this part exists in memory.
  const std::int64_t last = columns - (kVectors - 1) * kLanes;
  const auto load = [&](const T* p, int j) __attribute__((always_inline)) {
    if constexpr (S::kMasks) {
      if (j == kVectors - 1) return S::LoadPart(p + j * kLanes, last);
    }
    return S::Load(p + j * kLanes);
  };
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; ++j) sum[i][j] = Vec{};
  }
  // A row may begin anywhere in a cache line, so each vector of it and its end are named.
  const auto request = [&](const T* row) __attribute__((always_inline)) {
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; ++j) __builtin_prefetch(row + j * kLanes, 1);
    __builtin_prefetch(row + columns - 1, 1);
  };
  // Three lines of A to a pointer, which is what one address can reach.
  constexpr int kGroups = (kRows + 2) / 3;
  const T* group[kGroups];
#pragma GCC unroll 16
  for (int g = 0; g < kGroups; ++g) group[g] = a + 3 * g * a_line;
  constexpr std::int64_t kItem = sizeof(T);
  const std::int64_t line_bytes = Opaque(a_line * kItem), a_bytes = Opaque(a_step * kItem);
  const std::int64_t b_bytes = Opaque(b_step * kItem), row_bytes = Opaque(ldo * kItem);
  const T* const end = out + kRows * ldo;
  const T* row = out;
  for (std::int64_t left = k; left > 0;) {
    std::int64_t steps = left;
    if (left > kLate) {
      steps = kRequest;
      __builtin_prefetch(ahead, 0, 2);
      __builtin_prefetch(ahead + kLine, 0, 2);
      ahead += 2 * kLine;
      if (row != end) {
        request(row);
        row = Beyond(row, row_bytes);
      }
    } else if (k > kLate) {  // a shorter sum is over before a request could help
      for (row = out; row != end; row = Beyond(row, row_bytes)) request(row);
    }
    left -= steps;
    do {
      Vec b_row[kVectors];
#pragma GCC unroll 8
      for (int j = 0; j < kVectors; ++j) b_row[j] = load(b, j);
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        const Vec a_element = S::Set(*Beyond(group[i / 3], i % 3 * line_bytes));
#pragma GCC unroll 8
        for (int j = 0; j < kVectors; ++j) sum[i][j] += a_element * b_row[j];
      }
#pragma GCC unroll 16
      for (int g = 0; g < kGroups; ++g) group[g] = Beyond(group[g], a_bytes);
      b = Beyond(b, b_bytes);
    } while (--steps > 0);
  }
  if (!S::kMasks && columns < kWidth) {
    alignas(GRADLANE_VECTOR_BYTES) T sums[kRows * kWidth];
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 8
      for (int j = 0; j < kVectors; ++j) S::Store(sums + i * kWidth + j * kLanes, sum[i][j]);
    }
    for (int i = 0; i < kRows; ++i, out += ldo) {
      FinishSums(sums + i * kWidth, out, columns, bias, epilogue);
    }
    return;
  }
  const Vec alpha = S::Set(epilogue.alpha);
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; ++j) sum[i][j] *= alpha;
  }
  if (epilogue.beta != T(0)) {
    const Vec beta = S::Set(epilogue.beta);
    row = out;
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i, row = Opaque(row + ldo)) {
#pragma GCC unroll 8
      for (int j = 0; j < kVectors; ++j) sum[i][j] += beta * load(row, j);
    }
  }
  if (bias != nullptr) {
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; ++j) {
      const Vec v = load(bias, j);
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) sum[i][j] += v;
    }
  }
  if (epilogue.relu) {
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 8
      for (int j = 0; j < kVectors; ++j) sum[i][j] = Relu<T>(sum[i][j]);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i, out = Opaque(out + ldo)) {
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; ++j) {
      if (S::kMasks && j == kVectors - 1) {
        S::StorePart(out + j * kLanes, sum[i][j], last);
      } else {
        S::Store(out + j * kLanes, sum[i][j]);
      }
    }
  }
}

template <class T>
using TileFn = void (*)(const T* a, std::int64_t a_line, std::int64_t a_step, const T* b,
                        std::int64_t b_step, std::int64_t k, T* out, std::int64_t ldo,
                        std::int64_t columns, const T* bias, const MatmulEpilogue<T>& epilogue,
                        const T* ahead) noexcept;

// The tile of `rows` rows (a result of TileRows) and `vectors` vectors (1..MostVectors(rows)).
template <class T, int kRows = kTileRows>
TileFn<T> TileFor(std::int64_t rows, std::int64_t vectors) noexcept {
  if constexpr (kRows > 1) {
    if (rows < kRows) return TileFor<T, NextSmallerTile(kRows)>(rows, vectors);
  }
  constexpr int kMost = MostVectors(kRows);
  if (vectors == 1) return &Tile<T, kRows, 1>;
  if constexpr (kMost >= 3) {
    if (vectors == 3) return &Tile<T, kRows, 3>;
  }
  if constexpr (kMost >= 4) {
    if (vectors == 4) return &Tile<T, kRows, 4>;
  }
  return &Tile<T, kRows, 2>;
}

}  // namespace
}  // namespace gradlane::GRADLANE_ISA_TARGET
