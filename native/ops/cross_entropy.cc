#include "ops/cross_entropy.h"

#include "cpu/dispatch.h"
#include "cpu/tables/cross_entropy.h"
#include "ops/grain.h"
#include "ops/kind.h"
#include "ops/labels.h"
#include "ops/partials.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

// The operands that loss and gradient share, checked; throws for a label out of range.
template <class T, class Args>
CrossEntropyRows<T> RowsOf(const Args& args, const char* op) {
  CrossEntropyRows<T> rows{};
  const std::int64_t n = Product(op, args.rows, args.cols);
  rows.logits = Elements<T>(args.logits, n, op, "logits");
  rows.weight = OptionalElements<T>(args.weight, args.cols, op, "weight");
  rows.rows = args.rows;
  rows.cols = args.cols;
  rows.ignore_index = args.ignore_index;
  rows.smoothing = static_cast<T>(args.label_smoothing);
  if (!args.target_is_indices) {
    rows.probabilities = Elements<T>(args.target, n, op, "target");
    return rows;
  }
  rows.indices = Elements<std::int32_t>(args.target, args.rows, op, "target");
  CheckLabels(rows.indices, args.rows, args.cols, args.ignore_index, op);
  if (rows.smoothing != 0) {
    double sum = 0;
    for (std::int64_t c = 0; c < args.cols; ++c) sum += rows.weight ? rows.weight[c] : T(1);
    rows.weight_sum = static_cast<T>(sum);
  }
  return rows;
}

template <class T>
CrossEntropyRows<T> Part(CrossEntropyRows<T> rows, std::int64_t begin, std::int64_t end) {
  rows.logits += begin * rows.cols;
  if (rows.indices != nullptr) rows.indices += begin;
  if (rows.probabilities != nullptr) rows.probabilities += begin * rows.cols;
  rows.rows = end - begin;
  return rows;
}

// What the mean divides by.
template <class T>
double Share(const CrossEntropyRows<T>& rows) {
  if (rows.indices == nullptr) return static_cast<double>(rows.rows);
  double sum = 0;
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    const std::int64_t label = rows.indices[r];
    if (label != rows.ignore_index) sum += rows.weight != nullptr ? rows.weight[label] : T(1);
  }
  return sum;
}

}  // namespace

void CrossEntropy(const CrossEntropyArgs& args) {
  constexpr const char* kOp = "crossEntropy";
  KindIndex(args.reduction, kReductionCount, kOp, "reduction");
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const bool each = args.reduction == Reduction::kNone;
    const bool mean = args.reduction == Reduction::kMean;
    T* loss = Elements<T>(args.loss, each ? args.rows : 1, kOp, "loss");
    T* divisor = Elements<T>(args.divisor, 1, kOp, "divisor");
    const CrossEntropyRows<T> rows = RowsOf<T>(args, kOp);
    const auto kernel = Kernels().typed<T>().cross_entropy.loss;
    const double total = FoldParts(
        args.rows, RowsOfGrain(kMathGrain, args.cols), 0.0,
        [&](std::int64_t begin, std::int64_t end) {
          return kernel(Part(rows, begin, end), each ? loss + begin : nullptr);
        },
        [](double a, double b) { return a + b; });
    const double share = mean ? Share(rows) : 1;
    divisor[0] = static_cast<T>(share);
    if (!each) loss[0] = static_cast<T>(total / share);
  });
}

void CrossEntropyGradient(const CrossEntropyGradientArgs& args) {
  constexpr const char* kOp = "crossEntropyGradient";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const T divisor = *Elements<T>(args.divisor, 1, kOp, "divisor");
    T* grad = Elements<T>(args.grad_logits, Product(kOp, args.rows, args.cols), kOp, "gradLogits");
    const CrossEntropyRows<T> rows = RowsOf<T>(args, kOp);
    const auto kernel = Kernels().typed<T>().cross_entropy.gradient;
    ParallelRanges(args.rows, RowsOfGrain(kMathGrain, args.cols),
                   [&](std::int64_t begin, std::int64_t end) {
                     kernel(Part(rows, begin, end), grad + begin * args.cols, divisor);
                   });
  });
}

}  // namespace gradlane
