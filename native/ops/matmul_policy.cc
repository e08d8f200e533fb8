#include "ops/matmul_policy.h"

#include <algorithm>
#include <utility>

#include "cpu/caches.h"

namespace gradlane {
namespace {

std::int64_t RoundUp(std::int64_t n, std::int64_t step) { return (n + step - 1) / step * step; }

}  // namespace

bool Normalize(MatmulShape& shape) {
  const bool swapped = shape.n == 1;
  if (swapped) {
    std::swap(shape.m, shape.n);
    shape.transpose_b = !shape.transpose_a;
    shape.transpose_a = false;
  }
  if (shape.k == 1) {
    shape.transpose_a = true;
    shape.transpose_b = false;
  }
  if (shape.m == 1) shape.transpose_a = false;
  return swapped;
}

bool CanRun(MatmulAlgorithm algorithm, MatmulShape shape) {
  Normalize(shape);
  switch (algorithm) {
    case MatmulAlgorithm::kPacked:
      return true;
    case MatmulAlgorithm::kDirect:
      return !shape.transpose_b;
    case MatmulAlgorithm::kDot:
      return shape.transpose_b && !shape.transpose_a;
    case MatmulAlgorithm::kRow:
      return shape.m == 1 && !shape.transpose_b;
    case MatmulAlgorithm::kOuter:
      return shape.k == 1;
  }
  return false;
}

// Measured on Zen 5 in float32, GF/s of 262 (AVX-512); the limits are kept for all ISA targets.
MatmulAlgorithm ChooseMatmul(const MatmulShape& shape, std::int64_t mr, std::int64_t nr) {
  const std::int64_t m = shape.m, n = shape.n, k = shape.k;
  if (k == 1) return MatmulAlgorithm::kOuter;
  if (shape.transpose_b) {
    if (shape.transpose_a) return MatmulAlgorithm::kPacked;
    // Dot products lose some 0.3 ns an element of out, and B passes by once for every few rows;
    // packing loses 0.1 ns an element of B, and half-filled tiles where n is small: dot against
    // packed 220 : 205 at 64 x 256 x 784, 205 : 220 at 128 x 256 x 512, 166 : 180 at 100 x 100 x
    // 100, 126 : 84 at 1024 x 10 x 128.
    // B passes by from L2 at full speed only while ten lines, a tile's, are well inside of L1: of
    // 784 float64 82 : 88 at 32 rows.
    const bool tile_fits = 10 * k * shape.item <= 40 << 10;
    const bool dot = m == 1 || (m <= (tile_fits ? 64 : 16) && k >= 128) || (n <= 16 && k >= 16);
    return dot ? MatmulAlgorithm::kDot : MatmulAlgorithm::kPacked;
  }
  if (m == 1) return MatmulAlgorithm::kRow;
  // Rows that lie a large power of two apart share a few sets of the caches, so a column of tiles
  // of B cannot stay there for many tiles, nor a tile of an A that lies along its columns: direct
  // against packed 155 : 103 at 24 x 1024 x 1024, 193 : 174 with 64 rows, but 60 : 80 and 67 : 93
  // on avx2, where 512 columns do it too (45 : 60 in float64 at 256 x 256 x 256, 33 : 59 at
  // 512 x 784 x 128 with A transposed).
  const auto aliased = [nr](std::int64_t length) { return length % (32 * nr) == 0; };
  if (aliased(n) || (shape.transpose_a && aliased(m))) {
    const bool few = m * shape.item <= 8 * mr || (m <= 4 * mr && n * k * shape.item <= 2 << 20);
    return few ? MatmulAlgorithm::kDirect : MatmulAlgorithm::kPacked;
  }
  // Elsewhere what counts is that A and the columns stay in L2: 247 : 231 at 128 x 784 x 512, 246 :
  // 243 at 512 x 784 x 128, 220 : 232 at 1000 x 1000 x 1000.
  const bool fits = k <= 1024 && m * k * shape.item <= 512 << 10;
  const bool lines_alias = !shape.transpose_a && k * shape.item % 4096 == 0 && m > 64;
  return m <= 24 || n <= nr || (fits && !lines_alias) ? MatmulAlgorithm::kDirect
                                                      : MatmulAlgorithm::kPacked;
}

std::int64_t DirectRows(const MatmulShape& shape, std::int64_t mr) {
  const std::int64_t tiles = (shape.m + mr - 1) / mr;
  return (shape.m + tiles - 1) / tiles;
}

MatmulTasks SplitMatmul(const MatmulShape& shape, std::int64_t mr, std::int64_t nr) {
  // 2^20 multiply-adds take some 10 us. With fewer than 8 rows the time goes into reading B, which
  // takes about as long as 8 rows of arithmetic.
  if (shape.m * shape.n * shape.k <= 1 << 17) return {shape.m, shape.n};
  const std::int64_t task_m = std::min(shape.m, 8 * mr);
  const std::int64_t work = shape.k * std::max<std::int64_t>(task_m, 8);
  return {task_m, RoundUp(std::max<std::int64_t>(1, (1 << 20) / work), nr)};
}

MatmulBlocking BlockMatmul(const MatmulShape& shape, std::int64_t mr, std::int64_t nr,
                           std::int64_t kc) {
  const std::int64_t steps = (shape.k + kc - 1) / kc;
  // Whole cache lines are packed at a time.
  const std::int64_t k = std::min(kc, RoundUp((shape.k + steps - 1) / steps, 16));
  MatmulBlocking blocking;
  blocking.kc = std::min(k, shape.k);
  // 4096 panels' lines of 3 KiB are 12 MiB, which bounds the scratch.
  blocking.nc = RoundUp(std::min<std::int64_t>(shape.n, 4096), nr);
  // A third of L2 for a block of rows, in blocks as even as they can be: a panel of B, the next
  // one and out pass by as well (a half is up to 2 % slower, a quarter alike).
  const std::int64_t most = std::max(mr, Caches().l2 / 3 / (k * shape.item) / mr * mr);
  const std::int64_t blocks = (shape.m + most - 1) / most;
  blocking.task_m = RoundUp((shape.m + blocks - 1) / blocks, mr);
  // A task of 2^20 multiply-adds takes some 10 us; with more work than that, some 16 tasks let
  // unequal threads finish together.
  const std::int64_t least = (1 << 20) / (k * blocking.task_m) + 1;
  blocking.task_n = RoundUp(std::max(least, (blocking.nc + 15) / 16), nr);
  return blocking;
}

}  // namespace gradlane
