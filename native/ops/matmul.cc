#include "ops/matmul.h"

#include <algorithm>
#include <utility>

#include "cpu/dispatch.h"
#include "ops/apart.h"
#include "ops/matmul_problem.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

constexpr const char* kOp = "matmul";
constexpr const char* kBatchOp = "batchMatmul";

// Products that are split up one after the other where there are fewer than so many of them.
constexpr std::int64_t kManyProducts = 16;
constexpr std::int64_t kLargeProduct = 1 << 23;  // multiply-adds

template <class T>
MatmulProblem<T> Check(const MatmulArgs& args) {
  MatmulProblem<T> problem;
  problem.shape = {args.m,           args.n,           args.k,
                   args.transpose_a, args.transpose_b, static_cast<std::int64_t>(sizeof(T))};
  const int kind = static_cast<int>(args.activation);
  if (kind < 0 || kind >= kActivationCount) {
    Throw(ErrorCode::kValue, {"matmul: unknown activation ", kind});
  }
  problem.a = Elements<T>(args.a, Product(kOp, args.m, args.k), kOp, "a");
  problem.b = Elements<T>(args.b, Product(kOp, args.k, args.n), kOp, "b");
  problem.out = Elements<T>(args.out, Product(kOp, args.m, args.n), kOp, "out");
  problem.epilogue.alpha = static_cast<T>(args.alpha);
  problem.epilogue.beta = static_cast<T>(args.beta);
  problem.epilogue.bias = OptionalElements<T>(args.bias, args.n, kOp, "bias");
  problem.epilogue.relu = args.activation == Activation::kRelu;
  const TypedKernels<T>& kernels = Kernels().typed<T>();
  const bool fused = problem.epilogue.relu || args.activation == Activation::kIdentity;
  problem.activation = fused ? nullptr : kernels.activation.forward[kind];
  problem.parameter = static_cast<T>(args.parameter);
  problem.kernels = &kernels.matmul;
  return problem;
}

// k = 0: out = activation(beta * out + bias). Rare and small, so plain code.
template <class T>
void EmptySum(const MatmulProblem<T>& problem) {
  const MatmulEpilogue<T>& epilogue = problem.epilogue;
  const std::int64_t m = problem.shape.m, n = problem.shape.n;
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      T& element = problem.out[i * problem.ldo + j];
      T value = epilogue.beta == T(0) ? T(0) : epilogue.beta * element;
      if (epilogue.bias != nullptr) value += epilogue.bias[j];
      element = epilogue.relu && value <= T(0) ? T(0) : value;
    }
  }
  problem.Activate(0, 0, m, n);
}

// A column of results is computed as a row, whose bias then has to be one.
template <class T>
void Turn(MatmulProblem<T>& problem) {
  const bool turned = Normalize(problem.shape);
  problem.SetTight();
  if (!turned) return;
  std::swap(problem.a, problem.b);
  if (problem.epilogue.bias == nullptr) return;
  const std::int64_t n = problem.shape.n;
  T* const row =
      static_cast<T*>(ThreadScratch(ScratchSlot::kBias, static_cast<std::size_t>(n) * sizeof(T)));
  std::fill(row, row + n, *problem.epilogue.bias);
  problem.epilogue.bias = row;
}

template <class T>
void RunBy(MatmulAlgorithm algorithm, const MatmulProblem<T>& problem) {
  switch (algorithm) {
    case MatmulAlgorithm::kPacked:
      return MatmulPacked(problem);
    case MatmulAlgorithm::kDirect:
      return MatmulDirect(problem);
    case MatmulAlgorithm::kDot:
      return MatmulDot(problem);
    case MatmulAlgorithm::kRow:
      return MatmulRow(problem);
    case MatmulAlgorithm::kOuter:
      return MatmulOuter(problem);
  }
}

template <class T>
void Run(const MatmulArgs& args, const MatmulAlgorithm* forced) {
  MatmulProblem<T> problem = Check<T>(args);
  if (args.m == 0 || args.n == 0) return;
  if (args.k == 0) {
    problem.SetTight();
    return EmptySum(problem);
  }
  Turn(problem);
  const std::int64_t mr = problem.kernels->mr, nr = problem.kernels->nr;
  RunBy(forced != nullptr ? *forced : ChooseMatmul(problem.shape, mr, nr), problem);
}

// With gaps between rows a vector along a column is none, which some algorithms go by.
template <class T>
MatmulAlgorithm ChooseBatch(const MatmulShape& shape, bool tight, const MatmulKernels<T>& kernels) {
  if (!tight && (shape.k == 1 || (shape.m == 1 && shape.transpose_a))) {
    return MatmulAlgorithm::kPacked;
  }
  return ChooseMatmul(shape, kernels.mr, kernels.nr);
}

template <class T>
void RunBatch(const BatchMatmulArgs& args) {
  const BatchMatmulShape& s = args.shape;
  const std::int64_t batch = Product(kBatchOp, s.outer, s.inner);
  Product(kBatchOp, s.m, s.n);
  Product(kBatchOp, s.m, s.k);
  Product(kBatchOp, s.k, s.n);
  const auto stored = [&s](std::int64_t outer, std::int64_t inner, std::int64_t row,
                           std::int64_t rows, std::int64_t columns, bool transposed) {
    if (transposed) std::swap(rows, columns);
    return Extent(kBatchOp, {{outer, s.outer}, {inner, s.inner}, {row, rows}}, columns);
  };
  const T* const a = Elements<T>(
      args.a, stored(s.a_outer, s.a_inner, s.a_row, s.m, s.k, args.transpose_a), kBatchOp, "a");
  const T* const b = Elements<T>(
      args.b, stored(s.b_outer, s.b_inner, s.b_row, s.k, s.n, args.transpose_b), kBatchOp, "b");
  T* const out = Elements<T>(args.out, stored(s.out_outer, s.out_inner, s.out_row, s.m, s.n, false),
                             kBatchOp, "out");
  if (batch == 0 || s.m == 0 || s.n == 0) return;
  CheckApart({{1, s.n}, {s.out_row, s.m}, {s.out_inner, s.inner}, {s.out_outer, s.outer}}, kBatchOp,
             "out");

  MatmulProblem<T> first;
  first.shape = {
      s.m, s.n, s.k, args.transpose_a, args.transpose_b, static_cast<std::int64_t>(sizeof(T))};
  first.epilogue.alpha = static_cast<T>(args.alpha);
  first.epilogue.beta = static_cast<T>(args.beta);
  first.activation = nullptr;
  first.parameter = 0;
  first.kernels = &Kernels().typed<T>().matmul;
  first.SetTight();
  // How far apart the rows of a single one are makes no difference.
  const auto gap = [](std::int64_t row, std::int64_t tight, std::int64_t rows) {
    return rows > 1 ? row : tight;
  };
  const std::int64_t lda = gap(s.a_row, first.lda, args.transpose_a ? s.k : s.m);
  const std::int64_t ldb = gap(s.b_row, first.ldb, args.transpose_b ? s.n : s.k);
  const std::int64_t ldo = gap(s.out_row, first.ldo, s.m);
  const bool tight = lda == first.lda && ldb == first.ldb && ldo == first.ldo;
  bool turned = false;
  if (tight) {
    turned = Normalize(first.shape);
    first.SetTight();
  } else {
    first.lda = lda;
    first.ldb = ldb;
    first.ldo = ldo;
  }
  const MatmulAlgorithm algorithm = ChooseBatch(first.shape, tight, *first.kernels);
  const auto run = [&](std::int64_t begin, std::int64_t end) {
    MatmulProblem<T> problem = first;
    for (std::int64_t index = begin; index < end; ++index) {
      const std::int64_t i = index / s.inner, j = index % s.inner;
      problem.a = a + i * s.a_outer + j * s.a_inner;
      problem.b = b + i * s.b_outer + j * s.b_inner;
      problem.out = out + i * s.out_outer + j * s.out_inner;
      if (turned) std::swap(problem.a, problem.b);
      if (s.k == 0) {
        EmptySum(problem);
      } else {
        RunBy(algorithm, problem);
      }
    }
  };
  // 2^20 multiply-adds take some 10 us; with few rows the time goes into reading B. A few large
  // products are split one after the other.
  const std::int64_t work = std::max<std::int64_t>(1, s.n * std::max<std::int64_t>(s.m, 8) * s.k);
  if (batch < kManyProducts && work >= kLargeProduct) {
    run(0, batch);
  } else {
    ParallelRanges(batch, std::max<std::int64_t>(1, (1 << 20) / work), run);
  }
}

}  // namespace

void Matmul(const MatmulArgs& args) {
  DispatchFloat(args.dtype, kOp, [&](auto zero) { Run<decltype(zero)>(args, nullptr); });
}

void MatmulWith(const MatmulArgs& args, MatmulAlgorithm algorithm) {
  DispatchFloat(args.dtype, kOp, [&](auto zero) { Run<decltype(zero)>(args, &algorithm); });
}

void BatchMatmul(const BatchMatmulArgs& args) {
  DispatchFloat(args.dtype, kBatchOp, [&](auto zero) { RunBatch<decltype(zero)>(args); });
}

}  // namespace gradlane
