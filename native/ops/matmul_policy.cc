#include "ops/matmul_policy.h"

#include <algorithm>

#include "cpu/cpu.h"

namespace gradlane {
namespace {

std::int64_t RoundUp(std::int64_t n, std::int64_t step) { return (n + step - 1) / step * step; }

}  // namespace

bool CanRun(MatmulAlgorithm, const MatmulShape&) { return true; }

MatmulAlgorithm ChooseMatmul(const MatmulShape&) { return MatmulAlgorithm::kPacked; }

MatmulBlocking BlockMatmul(const MatmulShape& shape, std::int64_t mr, std::int64_t nr,
                           std::int64_t kc) {
  const std::int64_t k = std::min(shape.k, kc);
  MatmulBlocking blocking;
  // Panels of A and B for one step of k are shared by all tasks. 8192 lines of 256 float32 are
  // 8 MiB, which bounds the scratch; longer operands are taken in several rounds.
  blocking.mc = RoundUp(std::min<std::int64_t>(shape.m, 8192), mr);
  blocking.nc = RoundUp(std::min<std::int64_t>(shape.n, 8192), nr);
  // Half of L2 for the panels of A of one task; the other half is for what passes by.
  const std::int64_t most_m = std::max(mr, Caches().l2 / 2 / (k * shape.item) / mr * mr);
  // A task of 2^20 multiply-adds takes some 10 us; with more work than that, some 16 tasks let
  // unequal threads finish together.
  blocking.task_n = RoundUp(std::min<std::int64_t>(shape.n, 512), nr);
  const std::int64_t columns = (shape.n + blocking.task_n - 1) / blocking.task_n;
  const std::int64_t wanted = RoundUp((shape.m * columns + 15) / 16, mr);
  const std::int64_t least = RoundUp(((1 << 20) / (k * blocking.task_n)) + 1, mr);
  blocking.task_m = std::min(most_m, std::max(wanted, least));
  blocking.task_m = std::min(blocking.task_m, blocking.mc);
  return blocking;
}

}  // namespace gradlane
