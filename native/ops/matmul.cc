#include "ops/matmul.h"

#include <algorithm>
#include <utility>

#include "cpu/dispatch.h"
#include "ops/matmul_problem.h"
#include "parallel/scratch.h"

namespace gradlane {
namespace {

constexpr const char* kOp = "matmul";

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
      T& element = problem.out[i * n + j];
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
  if (!Normalize(problem.shape)) return;
  std::swap(problem.a, problem.b);
  if (problem.epilogue.bias == nullptr) return;
  const std::int64_t n = problem.shape.n;
  T* const row =
      static_cast<T*>(ThreadScratch(ScratchSlot::kBias, static_cast<std::size_t>(n) * sizeof(T)));
  std::fill(row, row + n, *problem.epilogue.bias);
  problem.epilogue.bias = row;
}

template <class T>
void Run(const MatmulArgs& args, const MatmulAlgorithm* forced) {
  MatmulProblem<T> problem = Check<T>(args);
  if (args.m == 0 || args.n == 0) return;
  if (args.k == 0) return EmptySum(problem);
  Turn(problem);
  const std::int64_t mr = problem.kernels->mr, nr = problem.kernels->nr;
  switch (forced != nullptr ? *forced : ChooseMatmul(problem.shape, mr, nr)) {
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

}  // namespace

void Matmul(const MatmulArgs& args) {
  DispatchFloat(args.dtype, kOp, [&](auto zero) { Run<decltype(zero)>(args, nullptr); });
}

void MatmulWith(const MatmulArgs& args, MatmulAlgorithm algorithm) {
  DispatchFloat(args.dtype, kOp, [&](auto zero) { Run<decltype(zero)>(args, &algorithm); });
}

}  // namespace gradlane
