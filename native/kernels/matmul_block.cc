// The two inner loops of the matrix product over panels: a panel of B stays in L1 while all panels
// of A pass by it from L2.
#include "kernels/matmul_tile.h"
#include "kernels/row.h"

namespace gradlane::GRADLANE_ROW {
namespace {

template <class T>
void Block(const MatmulPanels<T>& a, const MatmulPanels<T>& b, std::int64_t m, std::int64_t n,
           std::int64_t k, T* out, std::int64_t ldo, const MatmulEpilogue<T>& epilogue) noexcept {
  constexpr std::int64_t kMr = kTileRows, kNr = kTileColumns<T>, kLanes = Simd<T>::kLanes;
  // Where panels lie side by side, a tile may begin at any line: rows are then divided evenly, and
  // few rows take wider tiles.
  const std::int64_t tiles = (m + kMr - 1) / kMr;
  const std::int64_t rows = a.stride == kMr ? (m + tiles - 1) / tiles : kMr;
  const bool free_columns = b.stride == kNr;
  const std::int64_t most =
      free_columns ? MostVectors(static_cast<int>(m < rows ? m : rows)) : kTileVectors;
  for (std::int64_t j = 0; j < n;) {
    const T* const b_lines = b.data + (free_columns ? j : j / kNr * b.stride);
    const T* const bias = epilogue.bias == nullptr ? nullptr : epilogue.bias + j;
    const std::int64_t left = (n - j + kLanes - 1) / kLanes;
    const std::int64_t vectors = left >= most ? most : left >= 4 ? 4 : left;
    const std::int64_t columns = n - j < vectors * kLanes ? n - j : vectors * kLanes;
    for (std::int64_t i = 0; i < m; i += rows) {
      const T* const a_lines = a.data + (a.stride == kMr ? i : i / kMr * a.stride);
      const TileFn<T> tile = TileFor<T>(m - i < rows ? m - i : rows, vectors);
      tile(a_lines, a.step, b_lines, b.step, k, out + i * ldo + j, ldo, columns, bias, epilogue);
    }
    j += columns;
  }
}

template <class T>
void Fill(MatmulKernels<T>& kernels) {
  kernels.mr = kTileRows;
  kernels.nr = kTileColumns<T>;
  kernels.kc = kTileDepth;
  kernels.lanes = Simd<T>::kLanes;
  kernels.block = &Block<T>;
}

}  // namespace

void FillMatmulBlock(KernelTable& table) {
  Fill(table.f32.matmul);
  Fill(table.f64.matmul);
}

}  // namespace gradlane::GRADLANE_ROW
