// The two inner loops of the matrix product over panels: a panel of B stays in L1 while all panels
// of A pass by it from L2.
#include "kernels/isa_target.h"
#include "kernels/matmul_tile.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <class T>
void Block(const MatmulPanels<T>& a, const MatmulPanels<T>& b, std::int64_t m, std::int64_t n,
           std::int64_t k, T* out, std::int64_t ldo, const MatmulEpilogue<T>& epilogue) noexcept {
  constexpr std::int64_t kLanes = Simd<T>::kLanes;
  const std::int64_t rows = m < a.width ? m : a.width;
  // Columns that lie side by side beyond a panel let few rows take wider tiles.
  const bool in_place = b.stride == b.width;
  const std::int64_t most = in_place ? MostVectors(static_cast<int>(rows)) : kTileVectors;
  const T* b_lines = b.data;
  for (std::int64_t j = 0; j < n;) {
    const T* const bias = epilogue.bias == nullptr ? nullptr : epilogue.bias + j;
    const std::int64_t left = (n - j + kLanes - 1) / kLanes;
    const std::int64_t vectors = left >= most ? most : left;
    const std::int64_t columns = n - j < vectors * kLanes ? n - j : vectors * kLanes;
    const std::int64_t first = TileRows(rows);
    const TileFn<T> tile = TileFor<T>(first, vectors);
    // While panels of A pass by, the next panel of B is brought to L2, a part with each of them.
    constexpr std::int64_t kLine = 64 / sizeof(T);
    const bool more = !in_place && j + columns < n;
    const T* ahead = b_lines + b.stride;
    const T* const end = ahead + b.stride;
    const T* panel = a.data;
    for (std::int64_t i = 0; i < m; i += rows, panel += a.stride) {
      const std::int64_t stop = i + rows < m ? i + rows : m;
      for (std::int64_t r = i; r < stop;) {
        const std::int64_t taken = TileRows(stop - r);
        (taken == first ? tile : TileFor<T>(taken, vectors))(
            panel + (r - i) * a.line, a.line, a.step, b_lines, b.step, k, out + r * ldo + j, ldo,
            columns, bias, epilogue, more && ahead < end ? ahead : panel);
        r += taken;
      }
      ahead += (k + kRequest - 1) / kRequest * 2 * kLine;
    }
    j += columns;
    b_lines += in_place ? columns : b.stride;
  }
}

template <class T>
void Fill(MatmulKernels<T>& kernels) {
  kernels.mr = kTileRows;
  kernels.nr = kTileColumns<T>;
  kernels.kc = kTileDepth<T>;
  kernels.lanes = Simd<T>::kLanes;
  kernels.unit = Simd<T>::kMasks ? 1 : Simd<T>::kLanes;
  kernels.block = &Block<T>;
}

}  // namespace

void FillMatmulBlock(KernelTable& table) {
  Fill(table.f32.matmul);
  Fill(table.f64.matmul);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
