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

// The same for two lines and kSquare elements.
template <int kWidth>
GRADLANE_INLINE void TransposePair(const float* src, std::int64_t ld, float* out) {
  const Float4 row0 = *reinterpret_cast<const Float4Unaligned*>(src);
  const Float4 row1 = *reinterpret_cast<const Float4Unaligned*>(src + ld);
  const Double2 low = reinterpret_cast<Double2>(__builtin_shufflevector(row0, row1, 0, 4, 1, 5));
  const Double2 high = reinterpret_cast<Double2>(__builtin_shufflevector(row0, row1, 2, 6, 3, 7));
  for (int p = 0; p < 4; ++p) {
    const double pair = p < 2 ? low[p] : high[p - 2];
    __builtin_memcpy(out + p * kWidth, &pair, sizeof(pair));
  }
}

template <int kWidth>
GRADLANE_INLINE void TransposePair(const double* src, std::int64_t ld, double* out) {
  TransposeSquare<kWidth>(src, ld, out);
}

// How far ahead the lines are asked for, in cache lines: lines of a large matrix lie pages apart,
// so the hardware does not follow them.
inline constexpr int kAhead = 8;

// One panel of kWidth whole lines. A cache line of the source is used up at once, because lines
// that lie a power of two apart share a set of L1 and push each other out.
template <class T, int kWidth>
GRADLANE_INLINE void PackTransposed(const T* src, std::int64_t ld, std::int64_t k, T* panel) {
  constexpr int kSide = kSquare<T>, kWhole = kWidth / kSide * kSide;
  constexpr int kLine = 64 / static_cast<int>(sizeof(T));
  static_assert((kWidth - kWhole) % 2 == 0);
  std::int64_t p = 0;
  for (; p + kLine <= k; p += kLine) {
    T* const out = panel + p * kWidth;
    for (int i = 0; i < kWhole; i += kSide) {
      const T* const from = src + i * ld + p;
      for (int row = 0; row < kSide; ++row) __builtin_prefetch(from + row * ld + kAhead * kLine);
#pragma GCC unroll 8
      for (int q = 0; q < kLine; q += kSide) {
        TransposeSquare<kWidth>(from + q, ld, out + q * kWidth + i);
      }
    }
    for (int i = kWhole; i < kWidth; i += 2) {
      const T* const from = src + i * ld + p;
      for (int row = 0; row < 2; ++row) __builtin_prefetch(from + row * ld + kAhead * kLine);
#pragma GCC unroll 8
      for (int q = 0; q < kLine; q += kSide) {
        TransposePair<kWidth>(from + q, ld, out + q * kWidth + i);
      }
    }
  }
  for (; p < k; ++p) {
    for (int i = 0; i < kWidth; ++i) panel[p * kWidth + i] = src[i * ld + p];
  }
}

template <class T, int kWidth>
GRADLANE_INLINE void PackAdjacent(const T* src, std::int64_t ld, std::int64_t k, T* panel) {
  for (std::int64_t p = 0; p < k; ++p) {
    __builtin_prefetch(src + kAhead * ld);
    __builtin_prefetch(src + kAhead * ld + kWidth - 1);
    for (int i = 0; i < kWidth; ++i) panel[i] = src[i];
    src += ld;
    panel += kWidth;
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
