// Matrix products that leave A and B where they are, for shapes where a packed operand would be
// used too few times to pay: few rows or columns, matrix-vector products, and short sums. Packing A
// alone was not worth its time anywhere: 245 without and 211 GF/s with it at 64 x 64 x 64, 249 and
// 236 at 256 x 256 x 256.
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
  if (shape.m <= tasks.task_m && shape.n <= tasks.task_n) {
    return body(std::int64_t{0}, shape.m, std::int64_t{0}, shape.n);
  }
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
  using Panels = MatmulPanels<T>;
  const MatmulShape& shape = problem.shape;
  const MatmulKernels<T>& kernels = *problem.kernels;
  const std::int64_t n = shape.n, k = shape.k, nr = kernels.nr;
  const std::int64_t width = DirectRows(shape, kernels.mr);

  const Panels a = shape.transpose_a ? Panels::InPlace(problem.a, width, problem.lda)
                                     : Panels::Lines(problem.a, width, problem.lda);
  // Tiles without masks read whole vectors, and nothing stands behind the last row of B: columns
  // past the last whole one are packed.
  const std::int64_t whole = n - n % kernels.unit;
  T* edge = nullptr;
  if (whole < n) {
    edge = static_cast<T*>(
        ThreadScratch(ScratchSlot::kPackB, static_cast<std::size_t>(nr * k) * sizeof(T)));
    kernels.pack_b(problem.b + whole, problem.ldb, true, n - whole, k, edge);
  }

  const auto body = [&](std::int64_t i, std::int64_t rows, std::int64_t j, std::int64_t columns) {
    Panels a_part = a;
    a_part.data = problem.a_at(i, 0);
    const auto block = [&](const Panels& b, std::int64_t first, std::int64_t count) {
      if (count <= 0) return;
      kernels.block(a_part, b, rows, count, k, problem.out + i * problem.ldo + first, problem.ldo,
                    problem.EpilogueOf(0, k, first));
    };
    const std::int64_t end = j + columns;
    block(Panels::InPlace(problem.b + j, nr, problem.ldb), j, std::min(end, whole) - j);
    if (end > whole) block(Panels::Packed(edge, nr, k), whole, end - whole);
    problem.Activate(i, j, rows, columns);
  };
  ForTasks(shape, SplitMatmul(shape, width, nr), body);
}

template <class T>
void MatmulDot(const MatmulProblem<T>& problem) {
  const std::int64_t k = problem.shape.k;
  const MatmulKernels<T>& kernels = *problem.kernels;
  const MatmulTasks tasks = SplitMatmul(problem.shape, kernels.mr, 4);
  ForTasks(problem.shape, tasks,
           [&](std::int64_t i, std::int64_t rows, std::int64_t j, std::int64_t columns) {
             kernels.dot(problem.a_at(i, 0), problem.lda, problem.b_at(0, j), problem.ldb, rows,
                         columns, k, problem.out + i * problem.ldo + j, problem.ldo,
                         problem.EpilogueOf(0, k, j));
             problem.Activate(i, j, rows, columns);
           });
}

template <class T>
void MatmulRow(const MatmulProblem<T>& problem) {
  const std::int64_t k = problem.shape.k;
  const MatmulTasks tasks = SplitMatmul(problem.shape, 1, problem.kernels->nr);
  ForTasks(problem.shape, tasks,
           [&](std::int64_t, std::int64_t, std::int64_t j, std::int64_t columns) {
             problem.kernels->row(problem.a, problem.b + j, problem.ldb, columns, k,
                                  problem.out + j, problem.EpilogueOf(0, k, j));
             problem.Activate(0, j, 1, columns);
           });
}

template <class T>
void MatmulOuter(const MatmulProblem<T>& problem) {
  const MatmulTasks tasks = SplitMatmul(problem.shape, 16, problem.kernels->nr);
  ForTasks(problem.shape, tasks,
           [&](std::int64_t i, std::int64_t rows, std::int64_t j, std::int64_t columns) {
             problem.kernels->outer(problem.a + i, problem.b + j, rows, columns,
                                    problem.out + i * problem.ldo + j, problem.ldo,
                                    problem.EpilogueOf(0, 1, j));
             problem.Activate(i, j, rows, columns);
           });
}

template void MatmulRow<float>(const MatmulProblem<float>&);
template void MatmulRow<double>(const MatmulProblem<double>&);
template void MatmulOuter<float>(const MatmulProblem<float>&);
template void MatmulOuter<double>(const MatmulProblem<double>&);
template void MatmulDirect<float>(const MatmulProblem<float>&);
template void MatmulDirect<double>(const MatmulProblem<double>&);
template void MatmulDot<float>(const MatmulProblem<float>&);
template void MatmulDot<double>(const MatmulProblem<double>&);

}  // namespace gradlane
