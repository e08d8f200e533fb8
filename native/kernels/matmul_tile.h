// The register tile: kRows x kVectors vectors of sums, kept in registers over the whole of k.
#pragma once

#include <cstdint>

#include "cpu/tables/matmul.h"
#include "kernels/matmul_shape.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ROW {
namespace {

// One vector of the result; `part` > 0: only its first `part` lanes exist in memory.
template <class T>
GRADLANE_INLINE void Finish(typename Simd<T>::Vec sum, T* out, const T* bias, std::int64_t part,
                            const MatmulEpilogue<T>& epilogue) {
  using S = Simd<T>;
  typename S::Vec v = S::Set(epilogue.alpha) * sum;
  if (epilogue.beta != T(0)) {
    v += S::Set(epilogue.beta) * (part > 0 ? S::LoadPart(out, part) : S::Load(out));
  }
  if (bias != nullptr) v += part > 0 ? S::LoadPart(bias, part) : S::Load(bias);
  if (epilogue.relu) v = S::Select(v <= S::Set(0), S::Set(0), v);
  if (part > 0) {
    S::StorePart(out, v, part);
  } else {
    S::Store(out, v);
  }
}

// out[i, j] for kRows rows and `columns` columns, (kVectors - 1) * lanes < columns <= kVectors *
// lanes. Element (i, p) of A is a[p * a_step + i], element (p, j) of B is b[p * b_step + j],
// readable for all kVectors * lanes columns. Each sum runs over p in order.
template <class T, int kRows, int kVectors>
void Tile(const T* a, std::int64_t a_step, const T* b, std::int64_t b_step, std::int64_t k, T* out,
          std::int64_t ldo, std::int64_t columns, const T* bias,
          const MatmulEpilogue<T>& epilogue) noexcept {
  using S = Simd<T>;
  using Vec = typename S::Vec;
  constexpr int kLanes = S::kLanes;
  Vec sum[kRows][kVectors];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; ++j) sum[i][j] = Vec{};
    __builtin_prefetch(out + i * ldo, 1);
    __builtin_prefetch(out + i * ldo + columns - 1, 1);
  }
  for (std::int64_t p = 0; p < k; ++p) {
    Vec b_row[kVectors];
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; ++j) b_row[j] = S::Load(b + j * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
      const Vec a_element = S::Set(a[i]);
#pragma GCC unroll 8
      for (int j = 0; j < kVectors; ++j) sum[i][j] += a_element * b_row[j];
    }
    a += a_step;
    b += b_step;
  }
  const std::int64_t part = columns % kLanes;
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; ++j) {
      Finish<T>(sum[i][j], out + i * ldo + j * kLanes,
                bias == nullptr ? nullptr : bias + j * kLanes, j == kVectors - 1 ? part : 0,
                epilogue);
    }
  }
}

template <class T>
using TileFn = void (*)(const T* a, std::int64_t a_step, const T* b, std::int64_t b_step,
                        std::int64_t k, T* out, std::int64_t ldo, std::int64_t columns,
                        const T* bias, const MatmulEpilogue<T>& epilogue) noexcept;

// The tile of exactly `rows` rows (1..kTileRows) and `vectors` vectors (1..kTileVectors).
template <class T, int kRows = kTileRows, int kVectors = kTileVectors>
TileFn<T> TileFor(std::int64_t rows, std::int64_t vectors) noexcept {
  if constexpr (kRows > 1) {
    if (rows < kRows) return TileFor<T, kRows - 1, kVectors>(rows, vectors);
  }
  if constexpr (kVectors > 1) {
    if (vectors < kVectors) return TileFor<T, kRows, kVectors - 1>(rows, vectors);
  }
  return &Tile<T, kRows, kVectors>;
}

}  // namespace
}  // namespace gradlane::GRADLANE_ROW
