// Packing into panels. Lines that lie side by side are copied; lines that lie one after the other
// are transposed in squares of 16-byte vectors, which every row has.
#include "kernels/matmul_shape.h"
#include "kernels/row.h"

namespace gradlane::GRADLANE_ROW {
namespace {

typedef float Float4 __attribute__((vector_size(16)));
typedef float Float4Unaligned __attribute__((vector_size(16), aligned(4), may_alias));
typedef double Double2 __attribute__((vector_size(16)));
typedef double Double2Unaligned __attribute__((vector_size(16), aligned(8), may_alias));

template <class T>
inline constexpr int kSquare = 16 / static_cast<int>(sizeof(T));

// out[p * kWidth + i] = src[i * ld + p] for i, p < kSquare.
template <int kWidth>
GRADLANE_INLINE void TransposeSquare(const float* src, std::int64_t ld, float* out) {
  Float4 row[4];
  for (int i = 0; i < 4; ++i) row[i] = *reinterpret_cast<const Float4Unaligned*>(src + i * ld);
  const Float4 low01 = __builtin_shufflevector(row[0], row[1], 0, 4, 1, 5);
  const Float4 low23 = __builtin_shufflevector(row[2], row[3], 0, 4, 1, 5);
  const Float4 high01 = __builtin_shufflevector(row[0], row[1], 2, 6, 3, 7);
  const Float4 high23 = __builtin_shufflevector(row[2], row[3], 2, 6, 3, 7);
  const Float4 column[4] = {__builtin_shufflevector(low01, low23, 0, 1, 4, 5),
                            __builtin_shufflevector(low01, low23, 2, 3, 6, 7),
                            __builtin_shufflevector(high01, high23, 0, 1, 4, 5),
                            __builtin_shufflevector(high01, high23, 2, 3, 6, 7)};
  for (int p = 0; p < 4; ++p) *reinterpret_cast<Float4Unaligned*>(out + p * kWidth) = column[p];
}

template <int kWidth>
GRADLANE_INLINE void TransposeSquare(const double* src, std::int64_t ld, double* out) {
  const Double2 row0 = *reinterpret_cast<const Double2Unaligned*>(src);
  const Double2 row1 = *reinterpret_cast<const Double2Unaligned*>(src + ld);
  *reinterpret_cast<Double2Unaligned*>(out) = __builtin_shufflevector(row0, row1, 0, 2);
  *reinterpret_cast<Double2Unaligned*>(out + kWidth) = __builtin_shufflevector(row0, row1, 1, 3);
}

// One panel of kWidth whole lines.
template <class T, int kWidth>
GRADLANE_INLINE void PackTransposed(const T* src, std::int64_t ld, std::int64_t k, T* panel) {
  constexpr int kSide = kSquare<T>, kWhole = kWidth / kSide * kSide;
  std::int64_t p = 0;
  for (; p + kSide <= k; p += kSide) {
    T* const out = panel + p * kWidth;
    for (int i = 0; i < kWhole; i += kSide) {
      TransposeSquare<kWidth>(src + i * ld + p, ld, out + i);
    }
    for (int i = kWhole; i < kWidth; ++i) {
      for (int q = 0; q < kSide; ++q) out[q * kWidth + i] = src[i * ld + p + q];
    }
  }
  for (; p < k; ++p) {
    for (int i = 0; i < kWidth; ++i) panel[p * kWidth + i] = src[i * ld + p];
  }
}

template <class T, int kWidth>
GRADLANE_INLINE void PackAdjacent(const T* src, std::int64_t ld, std::int64_t k, T* panel) {
  for (std::int64_t p = 0; p < k; ++p) {
    for (int i = 0; i < kWidth; ++i) panel[p * kWidth + i] = src[p * ld + i];
  }
}

template <class T, int kWidth>
void Pack(const T* src, std::int64_t ld, bool adjacent, std::int64_t lines, std::int64_t k,
          T* panels) noexcept {
  const std::int64_t line_step = adjacent ? 1 : ld, element_step = adjacent ? ld : 1;
  for (std::int64_t first = 0; first < lines; first += kWidth, panels += kWidth * k) {
    const T* const from = src + first * line_step;
    const std::int64_t here = lines - first;
    if (here >= kWidth) {
      if (adjacent) {
        PackAdjacent<T, kWidth>(from, ld, k, panels);
      } else {
        PackTransposed<T, kWidth>(from, ld, k, panels);
      }
      continue;
    }
    for (std::int64_t p = 0; p < k; ++p) {
      for (std::int64_t i = 0; i < kWidth; ++i) {
        panels[p * kWidth + i] = i < here ? from[i * line_step + p * element_step] : T(0);
      }
    }
  }
}

template <class T>
void Fill(MatmulKernels<T>& kernels) {
  kernels.pack_a = &Pack<T, kTileRows>;
  kernels.pack_b = &Pack<T, kTileColumns<T>>;
}

}  // namespace

void FillMatmulPack(KernelTable& table) {
  Fill(table.f32.matmul);
  Fill(table.f64.matmul);
}

}  // namespace gradlane::GRADLANE_ROW
