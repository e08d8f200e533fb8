// Square tiles of one vector's width are transposed in registers: log2(lanes) rounds in which row i
// and row i + lanes / 2 are interleaved.
#include <cstdint>

#include "cpu/tables/memory.h"
#include "kernels/interleave.h"
#include "kernels/isa_target.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <class T>
GRADLANE_INLINE void Turn(typename Simd<T>::Vec* rows) {
  constexpr int kLanes = Simd<T>::kLanes;
  typename Simd<T>::Vec next[kLanes];
#pragma GCC unroll 4
  for (int round = 1; round < kLanes; round *= 2) {
#pragma GCC unroll 8
    for (int i = 0; i < kLanes / 2; ++i) {
      next[2 * i] = InterleaveLow(rows[i], rows[i + kLanes / 2]);
      next[2 * i + 1] = InterleaveHigh(rows[i], rows[i + kLanes / 2]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; ++i) rows[i] = next[i];
  }
}

template <class T>
GRADLANE_INLINE void Tile(const T* x, T* out, std::int64_t x_stride, std::int64_t out_stride) {
  using S = Simd<T>;
  typename S::Vec rows[S::kLanes];
#pragma GCC unroll 16
  for (int i = 0; i < S::kLanes; ++i) rows[i] = S::Load(x + i * x_stride);
  Turn<T>(rows);
#pragma GCC unroll 16
  for (int i = 0; i < S::kLanes; ++i) S::Store(out + i * out_stride, rows[i]);
}

// The first rows and columns of a tile, the others are not there.
template <class T>
__attribute__((noinline)) void TileAtEdge(const T* x, T* out, std::int64_t tile_rows,
                                          std::int64_t tile_cols, std::int64_t x_stride,
                                          std::int64_t out_stride) {
  using S = Simd<T>;
  typename S::Vec rows[S::kLanes];
#pragma GCC unroll 16
  for (int i = 0; i < S::kLanes; ++i) {
    if (i >= tile_rows) {
      rows[i] = typename S::Vec{};
    } else if (tile_cols < S::kLanes) {
      rows[i] = S::LoadPart(x + i * x_stride, tile_cols);
    } else {
      rows[i] = S::Load(x + i * x_stride);
    }
  }
  Turn<T>(rows);
#pragma GCC unroll 16
  for (int i = 0; i < S::kLanes; ++i) {
    if (i >= tile_cols) break;
    if (tile_rows < S::kLanes) {
      S::StorePart(out + i * out_stride, rows[i], tile_rows);
    } else {
      S::Store(out + i * out_stride, rows[i]);
    }
  }
}

template <class T>
GRADLANE_INLINE void Scalar(const T* x, T* out, std::int64_t rows, std::int64_t cols,
                            std::int64_t x_stride, std::int64_t out_stride) {
  for (std::int64_t c = 0; c < cols; ++c) {
    for (std::int64_t r = 0; r < rows; ++r) out[c * out_stride + r] = x[r * x_stride + c];
  }
}

// Bits are moved and not computed with, so T stands for every type of its size.
template <class T>
void Transpose(const void* x_bytes, void* out_bytes, std::int64_t rows, std::int64_t cols,
               std::int64_t x_stride, std::int64_t out_stride) noexcept {
  constexpr std::int64_t kLanes = Simd<T>::kLanes;
  const T* x = static_cast<const T*>(x_bytes);
  T* out = static_cast<T*>(out_bytes);
  for (std::int64_t c = 0; c < cols; c += kLanes) {
    for (std::int64_t r = 0; r < rows; r += kLanes) {
      const T* const from = x + r * x_stride + c;
      T* const to = out + c * out_stride + r;
      const std::int64_t tile_rows = rows - r < kLanes ? rows - r : kLanes;
      const std::int64_t tile_cols = cols - c < kLanes ? cols - c : kLanes;
      if (tile_rows == kLanes && tile_cols == kLanes) {
        Tile(from, to, x_stride, out_stride);
      } else if (tile_rows == 1 || tile_cols == 1) {
        Scalar(from, to, tile_rows, tile_cols, x_stride, out_stride);
      } else {
        TileAtEdge(from, to, tile_rows, tile_cols, x_stride, out_stride);
      }
    }
  }
}

void TransposeBytes(const void* x, void* out, std::int64_t rows, std::int64_t cols,
                    std::int64_t x_stride, std::int64_t out_stride) noexcept {
  Scalar(static_cast<const std::uint8_t*>(x), static_cast<std::uint8_t*>(out), rows, cols, x_stride,
         out_stride);
}

}  // namespace

void FillTranspose(KernelTable& table) {
  table.transpose = {&TransposeBytes, &Transpose<float>, &Transpose<double>};
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
