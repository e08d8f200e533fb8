// Products of rows with rows, vectors along k: nothing is packed, which pays where a packed operand
// would be used only a few times.
#include <utility>

#include "cpu/tables/matmul.h"
#include "kernels/isa_target.h"
#include "kernels/matmul_shape.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

// Four numbers: of one row of out, the columns that a tile computes.
template <class T>
struct QuadOf {
  typedef T Type __attribute__((vector_size(4 * sizeof(T))));
  typedef T Unaligned __attribute__((vector_size(4 * sizeof(T)), aligned(sizeof(T)), may_alias));
};
template <class T>
using Quad = typename QuadOf<T>::Type;

// The lanes of v brought down to four, halves onto halves.
template <class T>
GRADLANE_INLINE Quad<T> FoldToQuad(typename Simd<T>::Vec v) {
  if constexpr (Simd<T>::kLanes == 16) {
    const auto half = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                      __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
    return __builtin_shufflevector(half, half, 0, 1, 2, 3) +
           __builtin_shufflevector(half, half, 4, 5, 6, 7);
  } else if constexpr (Simd<T>::kLanes == 8) {
    return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
  } else {
    static_assert(Simd<T>::kLanes == 4);
    return v;
  }
}

// Within each 16 bytes: lanes `offset`.. of a, then those of b, kRun of each in turn. These
// shuffles never cross 16 bytes, which makes them cheap on every ISA target.
template <class T, int kRun, int kOffset, std::size_t... kLane>
GRADLANE_INLINE typename Simd<T>::Vec Interleave(typename Simd<T>::Vec a, typename Simd<T>::Vec b,
                                                 std::index_sequence<kLane...>) {
  constexpr int kGroup = 16 / static_cast<int>(sizeof(T)), kLanes = Simd<T>::kLanes;
  constexpr auto source = [](int lane) {
    const int place = lane % kGroup, first = lane - place;
    // float, kRun 1: a0 b0 a1 b1; kRun 2: a0 a1 b0 b1. double: a0 b0.
    const bool of_b = place / kRun % 2 == 1;
    const int element = place / (2 * kRun) * kRun + place % kRun;
    return (of_b ? kLanes : 0) + first + kOffset + element;
  };
  return __builtin_shufflevector(a, b, source(static_cast<int>(kLane))...);
}

// a and b with their lanes brought together in pairs: half of the lanes of the result are of a.
template <class T, int kRun>
GRADLANE_INLINE typename Simd<T>::Vec AddPairs(typename Simd<T>::Vec a, typename Simd<T>::Vec b) {
  constexpr auto lanes = std::make_index_sequence<static_cast<std::size_t>(Simd<T>::kLanes)>();
  constexpr int kHalf = 8 / static_cast<int>(sizeof(T));
  return Interleave<T, kRun, 0>(a, b, lanes) + Interleave<T, kRun, kHalf>(a, b, lanes);
}

// The sums of the lanes of four vectors.
template <class T>
GRADLANE_INLINE Quad<T> SumLanes(const typename Simd<T>::Vec* v) {
  const typename Simd<T>::Vec v01 = AddPairs<T, 1>(v[0], v[1]), v23 = AddPairs<T, 1>(v[2], v[3]);
  if constexpr (sizeof(T) == 4) {
    return FoldToQuad<T>(AddPairs<T, 2>(v01, v23));
  } else if constexpr (Simd<T>::kLanes == 2) {
    return __builtin_shufflevector(v01, v23, 0, 1, 2, 3);
  } else {
    const Quad<T> low = FoldToQuad<T>(v01), high = FoldToQuad<T>(v23);
    return __builtin_shufflevector(low, high, 0, 1, 4, 5) +
           __builtin_shufflevector(low, high, 2, 3, 6, 7);
  }
}

template <class T>
GRADLANE_INLINE Quad<T> LoadQuad(const T* p, std::int64_t n) {
  if (n == 4) return *reinterpret_cast<const typename QuadOf<T>::Unaligned*>(p);
  return Quad<T>{p[0], n > 1 ? p[1] : T(0), n > 2 ? p[2] : T(0), T(0)};
}

// out[i, j] for kRows rows and `columns` (1..4) columns.
template <class T, int kRows>
void DotTile(const T* a, std::int64_t lda, const T* b, std::int64_t ldb, std::int64_t k, T* out,
             std::int64_t ldo, std::int64_t columns, const T* bias,
             const MatmulEpilogue<T>& epilogue) noexcept {
  using S = Simd<T>;
  using Vec = typename S::Vec;
  const T* a_row[kRows];
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) a_row[i] = a + i * lda;
  // Columns that do not exist repeat the last one and are not stored.
  const T* const b0 = b;
  const T* const b1 = b + (columns > 1 ? ldb : 0);
  const T* const b2 = b1 + (columns > 2 ? ldb : 0);
  const T* const b3 = b2 + (columns > 3 ? ldb : 0);
  Vec sum[kRows][4];
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) sum[i][0] = sum[i][1] = sum[i][2] = sum[i][3] = Vec{};
  const auto add = [&](auto&& load) __attribute__((always_inline)) {
    Vec a_part[kRows];
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) a_part[i] = load(a_row[i]);
    const T* const b_row[4] = {b0, b1, b2, b3};
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      const Vec b_part = load(b_row[j]);
#pragma GCC unroll 8
      for (int i = 0; i < kRows; ++i) sum[i][j] += a_part[i] * b_part;
    }
  };
  std::int64_t p = 0;
  for (; p + S::kLanes <= k; p += S::kLanes) {
    add([&](const T* row) __attribute__((always_inline)) { return S::Load(row + p); });
  }
  if (p < k) {
    add([&](const T* row) __attribute__((always_inline)) { return S::LoadPart(row + p, k - p); });
  }
  const Quad<T> bias_part = bias == nullptr ? Quad<T>{} : LoadQuad(bias, columns);
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i, out += ldo) {
    Quad<T> v = SumLanes<T>(sum[i]) * epilogue.alpha;
    if (epilogue.beta != T(0)) v += LoadQuad(out, columns) * epilogue.beta;
    if (bias != nullptr) v += bias_part;
    if (epilogue.relu) v = v <= Quad<T>{} ? Quad<T>{} : v;
    if (columns == 4) {
      *reinterpret_cast<typename QuadOf<T>::Unaligned*>(out) = v;
    } else {
      for (std::int64_t j = 0; j < columns; ++j) out[j] = v[j];
    }
  }
}

template <class T>
using DotFn = void (*)(const T* a, std::int64_t lda, const T* b, std::int64_t ldb, std::int64_t k,
                       T* out, std::int64_t ldo, std::int64_t columns, const T* bias,
                       const MatmulEpilogue<T>& epilogue) noexcept;

template <class T, int kRows = kDotRows>
DotFn<T> DotTileFor(std::int64_t rows) noexcept {
  if constexpr (kRows > 1) {
    if (rows < kRows) return DotTileFor<T, kRows - 1>(rows);
  }
  return &DotTile<T, kRows>;
}

// Some rows of A stay in L1 while all of B passes by.
template <class T>
void Dot(const T* a, std::int64_t lda, const T* b, std::int64_t ldb, std::int64_t m, std::int64_t n,
         std::int64_t k, T* out, std::int64_t ldo, const MatmulEpilogue<T>& epilogue) noexcept {
  const std::int64_t tiles = (m + kDotRows - 1) / kDotRows;
  const std::int64_t rows = (m + tiles - 1) / tiles;
  for (std::int64_t i = 0; i < m; i += rows) {
    const DotFn<T> tile = DotTileFor<T>(m - i < rows ? m - i : rows);
    for (std::int64_t j = 0; j < n; j += 4) {
      tile(a + i * lda, lda, b + j * ldb, ldb, k, out + i * ldo + j, ldo, n - j < 4 ? n - j : 4,
           epilogue.bias == nullptr ? nullptr : epilogue.bias + j, epilogue);
    }
  }
}

}  // namespace

void FillMatmulDot(KernelTable& table) {
  table.f32.matmul.dot = &Dot<float>;
  table.f64.matmul.dot = &Dot<double>;
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
