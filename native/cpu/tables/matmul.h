// Kernel table: the pieces of the matrix product, with the tile sizes they were
// compiled for.
#pragma once

#include <cstdint>

namespace gradlane {

// What happens to a finished sum: out = relu?(alpha * sum + beta * out + bias).
template <class T>
struct MatmulEpilogue {
  T alpha = 1;
  T beta = 0;               // 0: out is not read
  const T* bias = nullptr;  // of the first column that is written; null: none
  bool relu = false;
};

// Lines (rows of A or columns of B) as the register tile reads them, `width` of them to a panel:
// element p of line i of panel g is data[g * stride + p * step + i * line].
//   packed: step = width, stride = width * k
//   a matrix as it lies in memory, lines side by side: step = its leading dimension, stride = width
//   lines one after the other, for A only: line = its leading dimension, step = 1
template <class T>
struct MatmulPanels {
  const T* data;
  std::int64_t width;
  std::int64_t step;
  std::int64_t stride;
  std::int64_t line = 1;

  static MatmulPanels Packed(const T* data, std::int64_t width, std::int64_t k) {
    return {data, width, width, width * k};
  }
  static MatmulPanels InPlace(const T* data, std::int64_t width, std::int64_t ld) {
    return {data, width, ld, width};
  }
  static MatmulPanels Lines(const T* data, std::int64_t width, std::int64_t ld) {
    return {data, width, 1, width * ld, ld};
  }
};

template <class T>
struct MatmulKernels {
  std::int64_t mr = 0;  // rows of the register tile: width of a panel of A
  std::int64_t nr = 0;  // columns of the register tile: width of a panel of B
  std::int64_t kc = 0;  // longest packed panel. Part of the ISA target, not of the machine: it
                        // fixes the order of the additions
  std::int64_t lanes = 0;
  std::int64_t unit = 0;  // `block` reads lines of B that are not packed in multiples of this many
                          // columns: lanes, or 1 where loads are masked

  // Packs `lines` lines of k elements into panels of `width` that follow each other, width <= mr
  // for A; those of B are nr wide. Element p of line i is src[i * ld + p], or src[p * ld + i] when
  // `adjacent` (the lines lie side by side in memory). What stands in the lines that fill up the
  // last panel is not defined.
  void (*pack_a)(const T* src, std::int64_t ld, bool adjacent, std::int64_t lines, std::int64_t k,
                 std::int64_t width, T* panels) noexcept = nullptr;
  void (*pack_b)(const T* src, std::int64_t ld, bool adjacent, std::int64_t lines, std::int64_t k,
                 T* panels) noexcept = nullptr;

  // out (m, n) with leading dimension ldo from panels of A (m lines) and of B (n lines), k >= 1.
  // Lines of B are read up to a multiple of `unit` columns, also where n ends before. Each sum runs
  // over p in order: its bits do not depend on m, n or its place.
  void (*block)(const MatmulPanels<T>& a, const MatmulPanels<T>& b, std::int64_t m, std::int64_t n,
                std::int64_t k, T* out, std::int64_t ldo,
                const MatmulEpilogue<T>& epilogue) noexcept = nullptr;

  // The same product from A (m, k) and the transpose of B (n, k) as they lie in memory, with
  // leading dimensions lda and ldb: each sum is taken in as many parts as a vector has lanes, and
  // the parts are then added as a binary tree. Again the bits do not depend on m, n or the place.
  void (*dot)(const T* a, std::int64_t lda, const T* b, std::int64_t ldb, std::int64_t m,
              std::int64_t n, std::int64_t k, T* out, std::int64_t ldo,
              const MatmulEpilogue<T>& epilogue) noexcept = nullptr;

  // out (n) from a single row a (k) and B (k, n) as it lies in memory with leading dimension ldb.
  void (*row)(const T* a, const T* b, std::int64_t ldb, std::int64_t n, std::int64_t k, T* out,
              const MatmulEpilogue<T>& epilogue) noexcept = nullptr;

  // out (m, n) from a column a (m) and a row b (n).
  void (*outer)(const T* a, const T* b, std::int64_t m, std::int64_t n, T* out, std::int64_t ldo,
                const MatmulEpilogue<T>& epilogue) noexcept = nullptr;
};

}  // namespace gradlane
