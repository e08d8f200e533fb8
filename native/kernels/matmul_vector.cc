// Matrix products that read or write each matrix element once: one row against B, and a column
// against a row. Memory sets their speed, so they go along the rows.
#include "kernels/isa_target.h"
#include "kernels/matmul_finish.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

// Sums of this many columns stay in L1 while the rows of B pass by (8 KiB of float32).
inline constexpr std::int64_t kColumns = 2048;

// Four rows at a time (eight, in as many pages, reach 33 instead of 38 GF/s at 1024 x 1024):
// sums[j] += a[0] b[0, j] + .. for kRows rows of B; `first`: sums are not read but begin at 0.
template <class T, int kRows>
GRADLANE_INLINE void AddRows(const T* a, const T* b, std::int64_t ldb, std::int64_t columns,
                             bool first, T* sums) {
  using S = Simd<T>;
  typename S::Vec element[kRows];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) element[r] = S::Set(a[r]);
  const auto add = [&](std::int64_t j, auto&& load) __attribute__((always_inline)) {
    typename S::Vec sum = first ? S::Set(0) : S::Load(sums + j);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) sum += element[r] * load(b + r * ldb + j);
    S::Store(sums + j, sum);
  };
  std::int64_t j = 0;
  for (; j + S::kLanes <= columns; j += S::kLanes) {
    add(j, [](const T* p) { return S::Load(p); });
  }
  if (j < columns) add(j, [rest = columns - j](const T* p) { return S::LoadPart(p, rest); });
}

template <class T>
void RowProduct(const T* a, const T* b, std::int64_t ldb, std::int64_t n, std::int64_t k, T* out,
                const MatmulEpilogue<T>& epilogue) noexcept {
  alignas(64) T sums[kColumns];
  for (std::int64_t j = 0; j < n; j += kColumns) {
    const std::int64_t columns = n - j < kColumns ? n - j : kColumns;
    const T* rows = b + j;
    std::int64_t p = 0;
    for (; p + 4 <= k; p += 4, rows += 4 * ldb) {
      AddRows<T, 4>(a + p, rows, ldb, columns, p == 0, sums);
    }
    for (; p + 2 <= k; p += 2, rows += 2 * ldb) {
      AddRows<T, 2>(a + p, rows, ldb, columns, p == 0, sums);
    }
    if (p < k) AddRows<T, 1>(a + p, rows, ldb, columns, p == 0, sums);
    FinishSums(sums, out + j, columns, epilogue.bias == nullptr ? nullptr : epilogue.bias + j,
               epilogue);
  }
}

template <class T>
void OuterProduct(const T* a, const T* b, std::int64_t m, std::int64_t n, T* out, std::int64_t ldo,
                  const MatmulEpilogue<T>& epilogue) noexcept {
  using S = Simd<T>;
  for (std::int64_t i = 0; i < m; ++i, out += ldo) {
    const typename S::Vec element = S::Set(a[i]);
    FinishRow(out, n, epilogue.bias, epilogue,
              [&](std::int64_t j, auto&& load) { return element * load(b + j); });
  }
}

template <class T>
void Fill(MatmulKernels<T>& kernels) {
  kernels.row = &RowProduct<T>;
  kernels.outer = &OuterProduct<T>;
}

}  // namespace

void FillMatmulVector(KernelTable& table) {
  Fill(table.f32.matmul);
  Fill(table.f64.matmul);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
