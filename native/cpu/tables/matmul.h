// Row of the kernel table: the pieces of the matrix product, with the tile sizes they were
// compiled for.
//
// A panel is a group of lines (rows of A or columns of B) laid out for the register tile: element
// p of line i of a panel of width w stands at [p * w + i]. Panels follow each other, each w * k
// elements long; the lines that fill up the last one are zero.
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

template <class T>
struct MatmulKernels {
  std::int64_t mr = 0;  // rows of the register tile: width of a panel of A
  std::int64_t nr = 0;  // columns of the register tile: width of a panel of B
  std::int64_t kc = 0;  // longest panel. Part of the row, not of the machine: it fixes the order of
                        // the additions

  // Packs `lines` lines of k elements. Element p of line i is src[i * ld + p], or src[p * ld + i]
  // when `adjacent` (the lines lie side by side in memory). `panels` is aligned to 64 bytes.
  using Pack = void (*)(const T* src, std::int64_t ld, bool adjacent, std::int64_t lines,
                        std::int64_t k, T* panels) noexcept;
  Pack pack_a = nullptr;
  Pack pack_b = nullptr;

  // out (m, n) with leading dimension ldo from panels of A (m lines) and of B (n lines), k >= 1.
  void (*block)(const T* a_panels, const T* b_panels, std::int64_t m, std::int64_t n,
                std::int64_t k, T* out, std::int64_t ldo,
                const MatmulEpilogue<T>& epilogue) noexcept = nullptr;
};

}  // namespace gradlane
