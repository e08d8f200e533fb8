#include "ops/pointwise_loss.h"

#include <cstdio>

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "ops/kind.h"
#include "ops/partials.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

std::int64_t GrainOf(PointwiseLossKind kind) {
  return kind <= PointwiseLossKind::kHuber ? kMemoryGrain : kMathGrain;
}

constexpr const char* kBinaryHint =
    "a binary cross entropy takes probabilities, as a Sigmoid gives them (of the numbers before "
    "it, "
    "BCEWithLogitsLoss)";
constexpr const char* kClassesHint =
    "this cross entropy takes probabilities, as a Softmax gives them (of the numbers before it, "
    "CrossEntropyLoss)";

template <class T>
[[noreturn]] void ThrowNoProbability(const T* x, std::int64_t n, const char* op, const char* hint) {
  std::int64_t i = 0;
  while (i < n && x[i] >= 0 && x[i] <= 1) ++i;
  char value[32];
  std::snprintf(value, sizeof(value), "%.9g", static_cast<double>(x[i]));
  Throw(ErrorCode::kValue, {op, ": x[", i, "] = ", value, " is outside [0, 1]; ", hint});
}

template <class T>
void CheckProbabilities(const T* x, std::int64_t n, const char* op, const char* hint) {
  const auto& fold = Kernels().typed<T>().reduce.all;
  const bool inside = FoldParts(
      n, kMemoryGrain, true,
      [&](std::int64_t begin, std::int64_t end) {
        return fold[static_cast<int>(ReduceFold::kMin)](x + begin, end - begin) >= 0 &&
               fold[static_cast<int>(ReduceFold::kMax)](x + begin, end - begin) <= 1;
      },
      [](bool a, bool b) { return a && b; });
  if (!inside) ThrowNoProbability(x, n, op, hint);
}

// The operands that loss and gradient share, checked.
template <class T, class Args>
PointwiseLossRun<T> RunOf(const Args& args, const char* op) {
  PointwiseLossRun<T> run{};
  run.n = args.n;
  run.x = Elements<T>(args.x, args.n, op, "x");
  run.y = Elements<T>(args.y, args.n, op, "y");
  run.weight = OptionalElements<T>(args.weight, args.n, op, "weight");
  run.positive = OptionalElements<T>(args.positive, args.n, op, "positive");
  run.parameter = static_cast<T>(args.parameter);
  if (args.kind == PointwiseLossKind::kBce) CheckProbabilities(run.x, run.n, op, kBinaryHint);
  if (args.kind == PointwiseLossKind::kCrossEntropy) {
    CheckProbabilities(run.x, run.n, op, kClassesHint);
  }
  return run;
}

template <class T>
PointwiseLossRun<T> Part(PointwiseLossRun<T> run, std::int64_t begin, std::int64_t end) {
  run.x += begin;
  run.y += begin;
  if (run.weight != nullptr) run.weight += begin;
  if (run.positive != nullptr) run.positive += begin;
  run.n = end - begin;
  return run;
}

}  // namespace

void PointwiseLoss(const PointwiseLossArgs& args) {
  constexpr const char* kOp = "pointwiseLoss";
  const int kind = KindIndex(args.kind, kPointwiseLossCount, kOp, "loss");
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    T* loss = Elements<T>(args.loss, args.each_element ? args.n : 1, kOp, "loss");
    const PointwiseLossRun<T> run = RunOf<T>(args, kOp);
    const auto& kernels = Kernels().typed<T>().pointwise_loss;
    const std::int64_t grain = GrainOf(args.kind);
    if (args.each_element) {
      ParallelRanges(args.n, grain, [&](std::int64_t begin, std::int64_t end) {
        kernels.each[kind](Part(run, begin, end), loss + begin);
      });
      return;
    }
    const double sum = FoldParts(
        args.n, grain, 0.0,
        [&](std::int64_t begin, std::int64_t end) {
          return kernels.sum[kind](Part(run, begin, end));
        },
        [](double a, double b) { return a + b; });
    loss[0] = static_cast<T>(sum / args.divisor);
  });
}

void PointwiseLossGradient(const PointwiseLossGradientArgs& args) {
  constexpr const char* kOp = "pointwiseLossGradient";
  const int kind = KindIndex(args.kind, kPointwiseLossCount, kOp, "loss");
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    T* grad_x = Elements<T>(args.grad_x, args.n, kOp, "gradX");
    const PointwiseLossRun<T> run = RunOf<T>(args, kOp);
    const auto kernel = Kernels().typed<T>().pointwise_loss.gradient[kind];
    const T scale = static_cast<T>(args.scale);
    ParallelRanges(args.n, GrainOf(args.kind), [&](std::int64_t begin, std::int64_t end) {
      kernel(Part(run, begin, end), grad_x + begin, scale);
    });
  });
}

}  // namespace gradlane
