// The blocked matrix product over packed panels, loops in the BLIS order: columns of B by nc, k by
// kc, rows of A by mc, then tasks, and inside a task (kernels/matmul_block.cc) a panel of B in L1
// against the panels of A in L2.
#include <algorithm>

#include "ops/matmul_problem.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

std::int64_t Ceil(std::int64_t n, std::int64_t step) { return (n + step - 1) / step; }

}  // namespace

template <class T>
void MatmulPacked(const MatmulProblem<T>& problem) {
  using Panels = MatmulPanels<T>;
  const MatmulShape& shape = problem.shape;
  const MatmulKernels<T>& kernels = *problem.kernels;
  const std::int64_t mr = kernels.mr, nr = kernels.nr;
  const MatmulBlocking blocking = BlockMatmul(shape, mr, nr, kernels.kc);
  const std::int64_t depth = blocking.kc;
  const auto scratch = [&](ScratchSlot slot, std::int64_t lines) {
    return static_cast<T*>(
        ThreadScratch(slot, static_cast<std::size_t>(lines * depth) * sizeof(T)));
  };
  T* const a_panels = scratch(ScratchSlot::kPackA, blocking.mc);
  T* const b_panels = scratch(ScratchSlot::kPackB, blocking.nc);

  for (std::int64_t jc = 0; jc < shape.n; jc += blocking.nc) {
    const std::int64_t n = std::min(blocking.nc, shape.n - jc);
    for (std::int64_t pc = 0; pc < shape.k; pc += depth) {
      const std::int64_t k = std::min(depth, shape.k - pc);
      const std::int64_t a_lines = std::max<std::int64_t>(1, kPackGrain / (k * mr)) * mr;
      const std::int64_t b_lines = std::max<std::int64_t>(1, kPackGrain / (k * nr)) * nr;
      for (std::int64_t ic = 0; ic < shape.m; ic += blocking.mc) {
        const std::int64_t m = std::min(blocking.mc, shape.m - ic);
        // Pack: B at the first round of rows, A at each.
        const std::int64_t b_tasks = ic == 0 ? Ceil(n, b_lines) : 0;
        const std::int64_t a_tasks = Ceil(m, a_lines);
        const auto pack = [&](std::int64_t task) {
          if (task < b_tasks) {
            const std::int64_t j = task * b_lines;
            kernels.pack_b(problem.b_at(pc, jc + j), problem.ldb(), !shape.transpose_b,
                           std::min(b_lines, n - j), k, b_panels + j * k);
          } else {
            const std::int64_t i = (task - b_tasks) * a_lines;
            kernels.pack_a(problem.a_at(ic + i, pc), problem.lda(), shape.transpose_a,
                           std::min(a_lines, m - i), k, mr, a_panels + i * k);
          }
        };
        // Multiply: one task a block of out.
        const std::int64_t rows_of_tasks = Ceil(m, blocking.task_m);
        const auto multiply = [&](std::int64_t task) {
          const std::int64_t i = task % rows_of_tasks * blocking.task_m;
          const std::int64_t j = task / rows_of_tasks * blocking.task_n;
          const std::int64_t rows = std::min(blocking.task_m, m - i);
          const std::int64_t columns = std::min(blocking.task_n, n - j);
          kernels.block(Panels::Packed(a_panels + i * k, mr, k),
                        Panels::Packed(b_panels + j * k, nr, k), rows, columns, k,
                        problem.out + (ic + i) * shape.n + jc + j, shape.n,
                        problem.EpilogueOf(pc, pc + k, jc + j));
          if (pc + k == shape.k) problem.Activate(ic + i, jc + j, rows, columns);
        };
        ParallelFor(b_tasks + a_tasks, pack);
        ParallelFor(rows_of_tasks * Ceil(n, blocking.task_n), multiply);
      }
    }
  }
}

template void MatmulPacked<float>(const MatmulProblem<float>&);
template void MatmulPacked<double>(const MatmulProblem<double>&);

}  // namespace gradlane
