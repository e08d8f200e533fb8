// The two inner loops of the packed matrix product: a panel of B stays in L1 while all panels of
// the block of A pass by it from L2.
#include "kernels/matmul_tile.h"
#include "kernels/row.h"

namespace gradlane::GRADLANE_ROW {
namespace {

template <class T>
void Block(const T* a_panels, const T* b_panels, std::int64_t m, std::int64_t n, std::int64_t k,
           T* out, std::int64_t ldo, const MatmulEpilogue<T>& epilogue) noexcept {
  constexpr std::int64_t kMr = kTileRows, kNr = kTileColumns<T>, kLanes = Simd<T>::kLanes;
  for (std::int64_t j = 0; j < n; j += kNr) {
    const T* const b = b_panels + j * k;
    const T* const bias = epilogue.bias == nullptr ? nullptr : epilogue.bias + j;
    const std::int64_t columns = n - j < kNr ? n - j : kNr;
    const std::int64_t vectors = (columns + kLanes - 1) / kLanes;
    const TileFn<T> tile = TileFor<T>(kMr, vectors);
    std::int64_t i = 0;
    for (; i + kMr <= m; i += kMr) {
      tile(a_panels + i * k, kMr, b, kNr, k, out + i * ldo + j, ldo, columns, bias, epilogue);
    }
    if (i < m) {
      TileFor<T>(m - i, vectors)(a_panels + i * k, kMr, b, kNr, k, out + i * ldo + j, ldo, columns,
                                 bias, epilogue);
    }
  }
}

template <class T>
void Fill(MatmulKernels<T>& kernels) {
  kernels.mr = kTileRows;
  kernels.nr = kTileColumns<T>;
  kernels.kc = kTileDepth;
  kernels.block = &Block<T>;
}

}  // namespace

void FillMatmulBlock(KernelTable& table) {
  Fill(table.f32.matmul);
  Fill(table.f64.matmul);
}

}  // namespace gradlane::GRADLANE_ROW
