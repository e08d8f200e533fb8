// Matrix products that leave B where it is, for shapes where a packed B would be used too few times
// to pay: few rows, matrix-vector products, and short sums.
#include <algorithm>

#include "ops/matmul_problem.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

std::int64_t Ceil(std::int64_t n, std::int64_t step) { return (n + step - 1) / step; }

// body(i, rows, j, columns) for the tasks of out, in parallel.
template <class Body>
void ForTasks(const MatmulShape& shape, const MatmulTasks& tasks, Body&& body) {
  const std::int64_t rows_of_tasks = Ceil(shape.m, tasks.task_m);
  ParallelFor(rows_of_tasks * Ceil(shape.n, tasks.task_n), [&](std::int64_t task) {
    const std::int64_t i = task % rows_of_tasks * tasks.task_m;
    const std::int64_t j = task / rows_of_tasks * tasks.task_n;
    body(i, std::min(tasks.task_m, shape.m - i), j, std::min(tasks.task_n, shape.n - j));
  });
}

}  // namespace

template <class T>
void MatmulDirect(const MatmulProblem<T>& problem) {
  const MatmulShape& shape = problem.shape;
  const MatmulKernels<T>& kernels = *problem.kernels;
  const std::int64_t m = shape.m, n = shape.n, k = shape.k, mr = kernels.mr, nr = kernels.nr;
  const MatmulTasks tasks = SplitMatmul(shape, mr, nr);

  // Rows of A that lie side by side, and a single row, are panels already.
  MatmulPanels<T> a{problem.a, shape.transpose_a ? m : 1, mr};
  if (!shape.transpose_a && m > 1) {
    T* const panels = static_cast<T*>(ThreadScratch(
        ScratchSlot::kPackA, static_cast<std::size_t>(Ceil(m, mr) * mr * k) * sizeof(T)));
    const std::int64_t lines = std::max<std::int64_t>(1, kPackGrain / (k * mr)) * mr;
    ParallelRanges(m, lines, [&](std::int64_t begin, std::int64_t end) {
      kernels.pack_a(problem.a + begin * k, k, false, end - begin, k, panels + begin * k);
    });
    a = {panels, mr, mr * k};
  }
  // Columns past the last whole vector are packed: tiles read whole vectors, and nothing stands
  // behind the last row of B.
  const std::int64_t whole = n / kernels.lanes * kernels.lanes;
  T* edge = nullptr;
  if (whole < n) {
    edge = static_cast<T*>(
        ThreadScratch(ScratchSlot::kPackB, static_cast<std::size_t>(nr * k) * sizeof(T)));
    kernels.pack_b(problem.b + whole, n, true, n - whole, k, edge);
  }

  ForTasks(
      shape, tasks, [&](std::int64_t i, std::int64_t rows, std::int64_t j, std::int64_t columns) {
        const MatmulPanels<T> a_part{a.data + (a.stride == mr ? i : i * k), a.step, a.stride};
        const auto block = [&](const MatmulPanels<T>& b, std::int64_t first, std::int64_t count) {
          if (count <= 0) return;
          kernels.block(a_part, b, rows, count, k, problem.out + i * n + first, n,
                        problem.EpilogueOf(0, k, first));
        };
        const std::int64_t end = j + columns;
        block({problem.b + j, n, nr}, j, std::min(end, whole) - j);
        block({edge, nr, nr * k}, std::max(j, whole), end - std::max(j, whole));
        problem.Activate(i, j, rows, columns);
      });
}

template <class T>
void MatmulDot(const MatmulProblem<T>& problem) {
  const std::int64_t n = problem.shape.n, k = problem.shape.k;
  const MatmulKernels<T>& kernels = *problem.kernels;
  const MatmulTasks tasks = SplitMatmul(problem.shape, kernels.mr, 4);
  ForTasks(problem.shape, tasks,
           [&](std::int64_t i, std::int64_t rows, std::int64_t j, std::int64_t columns) {
             kernels.dot(problem.a + i * k, k, problem.b + j * k, k, rows, columns, k,
                         problem.out + i * n + j, n, problem.EpilogueOf(0, k, j));
             problem.Activate(i, j, rows, columns);
           });
}

template void MatmulDirect<float>(const MatmulProblem<float>&);
template void MatmulDirect<double>(const MatmulProblem<double>&);
template void MatmulDot<float>(const MatmulProblem<float>&);
template void MatmulDot<double>(const MatmulProblem<double>&);

}  // namespace gradlane
