// Packing into panels. Lines that lie side by side are copied; lines that lie one after the other
// are transposed in squares of 16-byte vectors, which every ISA target has.
#include <cstddef>

#include "kernels/isa_target.h"
#include "kernels/matmul_shape.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

typedef float Float4 __attribute__((vector_size(16)));
typedef float Float4Unaligned __attribute__((vector_size(16), aligned(4), may_alias));
typedef double Double2 __attribute__((vector_size(16)));
typedef double Double2Unaligned __attribute__((vector_size(16), aligned(8), may_alias));

template <class T>
inline constexpr int kSquare = 16 / static_cast<int>(sizeof(T));

// out[p * width + i] = line[i][p] for i, p < kSquare.
GRADLANE_INLINE void TransposeSquare(const float* const* line, std::int64_t p, float* out,
                                     std::int64_t width) {
  Float4 row[4];
  for (int i = 0; i < 4; ++i) row[i] = *reinterpret_cast<const Float4Unaligned*>(line[i] + p);
  const Float4 low01 = __builtin_shufflevector(row[0], row[1], 0, 4, 1, 5);
  const Float4 low23 = __builtin_shufflevector(row[2], row[3], 0, 4, 1, 5);
  const Float4 high01 = __builtin_shufflevector(row[0], row[1], 2, 6, 3, 7);
  const Float4 high23 = __builtin_shufflevector(row[2], row[3], 2, 6, 3, 7);
  const Float4 column[4] = {__builtin_shufflevector(low01, low23, 0, 1, 4, 5),
                            __builtin_shufflevector(low01, low23, 2, 3, 6, 7),
                            __builtin_shufflevector(high01, high23, 0, 1, 4, 5),
                            __builtin_shufflevector(high01, high23, 2, 3, 6, 7)};
  for (int q = 0; q < 4; ++q) *reinterpret_cast<Float4Unaligned*>(out + q * width) = column[q];
}

GRADLANE_INLINE void TransposeSquare(const double* const* line, std::int64_t p, double* out,
                                     std::int64_t width) {
  const Double2 row0 = *reinterpret_cast<const Double2Unaligned*>(line[0] + p);
  const Double2 row1 = *reinterpret_cast<const Double2Unaligned*>(line[1] + p);
  *reinterpret_cast<Double2Unaligned*>(out) = __builtin_shufflevector(row0, row1, 0, 2);
  *reinterpret_cast<Double2Unaligned*>(out + width) = __builtin_shufflevector(row0, row1, 1, 3);
}

// The same for two lines and kSquare elements.
GRADLANE_INLINE void TransposePair(const float* const* line, std::int64_t p, float* out,
                                   std::int64_t width) {
  const Float4 row0 = *reinterpret_cast<const Float4Unaligned*>(line[0] + p);
  const Float4 row1 = *reinterpret_cast<const Float4Unaligned*>(line[1] + p);
  const Double2 low = reinterpret_cast<Double2>(__builtin_shufflevector(row0, row1, 0, 4, 1, 5));
  const Double2 high = reinterpret_cast<Double2>(__builtin_shufflevector(row0, row1, 2, 6, 3, 7));
  for (int q = 0; q < 4; ++q) {
    const double pair = q < 2 ? low[q] : high[q - 2];
    __builtin_memcpy(out + q * width, &pair, sizeof(pair));
  }
}

GRADLANE_INLINE void TransposePair(const double* const* line, std::int64_t p, double* out,
                                   std::int64_t width) {
  TransposeSquare(line, p, out, width);
}

// How far ahead of their use the source is asked for, because lines of a large matrix lie pages
// apart and the hardware does not follow them: cache lines where a line of the panel is followed,
// and lines of the panel, which go to L2 (a power of two apart they share one set of L1), where
// they are copied. With 8 and 8 the product of 1024 x 1024 matrices takes 2 % longer.
inline constexpr int kAhead = 4;
inline constexpr int kAheadLines = 32;

// Lines that lie one after the other: panel[p * width + i] = src[min(i, lines - 1) * ld + p]. A
// cache line of the source is used up at once, because lines that lie a power of two apart share a
// set of L1 and push each other out.
template <class T, int kMost>
GRADLANE_INLINE void PackTransposed(const T* src, std::int64_t ld, std::int64_t lines,
                                    std::int64_t k, std::int64_t width, T* panel) {
  constexpr int kSide = kSquare<T>, kLine = 64 / static_cast<int>(sizeof(T));
  const T* line[kMost] = {};
  for (std::int64_t i = 0; i < width; ++i) line[i] = src + (i < lines ? i : lines - 1) * ld;
  const auto squares = [&](std::int64_t p, int elements) __attribute__((always_inline)) {
    std::int64_t i = 0;
    for (; i + kSide <= width; i += kSide) {
      for (int row = 0; row < kSide; ++row) __builtin_prefetch(line[i + row] + p + kAhead * kLine);
#pragma GCC unroll 8
      for (int q = 0; q < elements; q += kSide) {
        TransposeSquare(line + i, p + q, panel + (p + q) * width + i, width);
      }
    }
    for (; i + 2 <= width; i += 2) {
#pragma GCC unroll 8
      for (int q = 0; q < elements; q += kSide) {
        TransposePair(line + i, p + q, panel + (p + q) * width + i, width);
      }
    }
    if (i < width) {
      for (int q = 0; q < elements; ++q) panel[(p + q) * width + i] = line[i][p + q];
    }
  };
  std::int64_t p = 0;
  for (; p + kLine <= k; p += kLine) squares(p, kLine);
  for (; p + kSide <= k; p += kSide) squares(p, kSide);
  for (; p < k; ++p) {
    for (std::int64_t i = 0; i < width; ++i) panel[p * width + i] = line[i][p];
  }
}

// Lines that lie side by side.
template <class T>
GRADLANE_INLINE void PackAdjacent(const T* src, std::int64_t ld, std::int64_t k, std::int64_t width,
                                  T* panel) {
  constexpr std::int64_t kLine = 64 / sizeof(T);
  for (std::int64_t p = 0; p < k; ++p) {
    const T* const ahead = src + kAheadLines * ld;
    for (std::int64_t i = 0; i < width; i += kLine) __builtin_prefetch(ahead + i, 0, 2);
    __builtin_prefetch(ahead + width - 1, 0, 2);
    __builtin_memcpy(panel, src, static_cast<std::size_t>(width) * sizeof(T));
    src += ld;
    panel += width;
  }
}

template <class T>
GRADLANE_INLINE void PackAdjacentPart(const T* src, std::int64_t ld, std::int64_t lines,
                                      std::int64_t k, std::int64_t width, T* panel) {
  using S = Simd<T>;
  for (std::int64_t p = 0; p < k; ++p, src += ld, panel += width) {
    std::int64_t i = 0;
    for (; i + S::kLanes <= lines; i += S::kLanes) S::Store(panel + i, S::Load(src + i));
    if (i == lines) continue;
    const typename S::Vec rest = S::LoadPart(src + i, lines - i);
    if (i + S::kLanes <= width) {
      S::Store(panel + i, rest);
    } else {
      S::StorePart(panel + i, rest, lines - i);
    }
  }
}

template <class T, int kMost>
GRADLANE_INLINE void Pack(const T* src, std::int64_t ld, bool adjacent, std::int64_t lines,
                          std::int64_t k, std::int64_t width, T* panels) {
  const std::int64_t next = adjacent ? width : width * ld;
  for (; lines > 0; lines -= width, panels += width * k, src += next) {
    if (!adjacent) {
      PackTransposed<T, kMost>(src, ld, lines, k, width, panels);
    } else if (lines >= width) {
      PackAdjacent(src, ld, k, width, panels);
    } else {
      PackAdjacentPart(src, ld, lines, k, width, panels);
    }
  }
}

// The usual widths are constants to the compiler.
template <class T>
void PackA(const T* src, std::int64_t ld, bool adjacent, std::int64_t lines, std::int64_t k,
           std::int64_t width, T* panels) noexcept {
  if (width == kTileRows) {
    Pack<T, kTileRows>(src, ld, adjacent, lines, k, kTileRows, panels);
  } else {
    Pack<T, kTileRows>(src, ld, adjacent, lines, k, width, panels);
  }
}

template <class T>
void PackB(const T* src, std::int64_t ld, bool adjacent, std::int64_t lines, std::int64_t k,
           T* panels) noexcept {
  Pack<T, kTileColumns<T>>(src, ld, adjacent, lines, k, kTileColumns<T>, panels);
}

template <class T>
void Fill(MatmulKernels<T>& kernels) {
  kernels.pack_a = &PackA<T>;
  kernels.pack_b = &PackB<T>;
}

}  // namespace

void FillMatmulPack(KernelTable& table) {
  Fill(table.f32.matmul);
  Fill(table.f64.matmul);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
