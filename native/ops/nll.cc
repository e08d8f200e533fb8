#include "ops/nll.h"

#include <algorithm>

#include "ops/grain.h"
#include "ops/indices.h"
#include "ops/kind.h"
#include "ops/partials.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

// What loss and gradient share, checked; throws for a label out of range.
template <class T>
struct Samples {
  FewIndices few;
  const std::int32_t* labels;
  const T* weight;
  std::int64_t n, classes, inner, ignore_index;

  Samples(const Samples&) = delete;  // labels may lie in it

  template <class Args>
  Samples(const Args& args, const char* op)
      : n(Product(op, args.outer, args.inner)),
        classes(args.classes),
        inner(args.inner),
        ignore_index(args.ignore_index) {
    Product(op, args.outer, classes, inner);
    const auto* given = Elements<std::int32_t>(args.target, n, op, "target");
    weight = OptionalElements<T>(args.weight, classes, op, "weight");
    labels = CheckedLabels(given, n, classes, ignore_index, op, few);
  }

  bool Counts(std::int64_t i) const { return labels[i] != ignore_index; }
  T Weight(std::int64_t i) const { return weight == nullptr ? T(1) : weight[labels[i]]; }
  // Where the log-probability of sample i's class stands.
  std::int64_t Place(std::int64_t i) const {
    return (i / inner * classes + labels[i]) * inner + i % inner;
  }
};

struct Sums {
  double loss, share;
};

}  // namespace

void Nll(const NllArgs& args) {
  constexpr const char* kOp = "nll";
  KindIndex(args.reduction, kReductionCount, kOp, "reduction");
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const bool each = args.reduction == Reduction::kNone;
    const bool mean = args.reduction == Reduction::kMean;
    const Samples<T> samples(args, kOp);
    const T* x =
        Elements<T>(args.log_probabilities, samples.n * samples.classes, kOp, "logProbabilities");
    T* loss = Elements<T>(args.loss, each ? samples.n : 1, kOp, "loss");
    T* divisor = Elements<T>(args.divisor, 1, kOp, "divisor");
    // A sample costs a load at a random place, about as much as an exponential.
    const Sums sums = FoldParts(
        samples.n, kMathGrain, Sums{0, 0},
        [&](std::int64_t begin, std::int64_t end) {
          Sums part{0, 0};
          for (std::int64_t i = begin; i < end; ++i) {
            const bool counts = samples.Counts(i);
            const T weight = counts ? samples.Weight(i) : T(0);
            // A class of weight 0 counts for nothing, even at -Infinity.
            const T value = weight == 0 ? T(0) : -(weight * x[samples.Place(i)]);
            part.loss += value;
            part.share += weight;
            if (each) loss[i] = value;
          }
          return part;
        },
        [](Sums a, Sums b) {
          return Sums{a.loss + b.loss, a.share + b.share};
        });
    const double share = mean ? sums.share : 1;
    divisor[0] = static_cast<T>(share);
    if (!each) loss[0] = static_cast<T>(sums.loss / share);
  });
}

void NllGradient(const NllGradientArgs& args) {
  constexpr const char* kOp = "nllGradient";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const Samples<T> samples(args, kOp);
    const T divisor = *Elements<T>(args.divisor, 1, kOp, "divisor");
    T* grad = Elements<T>(args.grad, samples.n * samples.classes, kOp, "grad");
    const std::int64_t slab = samples.classes * samples.inner;
    ParallelRanges(args.outer, RowsOfGrain(kMemoryGrain, slab),
                   [&](std::int64_t begin, std::int64_t end) {
                     std::fill(grad + begin * slab, grad + end * slab, T(0));
                     for (std::int64_t i = begin * samples.inner; i < end * samples.inner; ++i) {
                       if (!samples.Counts(i)) continue;
                       grad[samples.Place(i)] = -samples.Weight(i) / divisor;
                     }
                   });
  });
}

}  // namespace gradlane
