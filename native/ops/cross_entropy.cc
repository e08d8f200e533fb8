#include "ops/cross_entropy.h"

#include <algorithm>
#include <limits>

#include "cpu/dispatch.h"
#include "cpu/tables/cross_entropy.h"
#include "ops/grain.h"
#include "ops/indices.h"
#include "ops/kind.h"
#include "ops/partials.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

// The operands that loss and gradient share, checked; throws for a label out of range.
template <class T, class Args>
CrossEntropyRows<T> RowsOf(const Args& args, const char* op, FewIndices& few) {
  CrossEntropyRows<T> rows{};
  const std::int64_t n = Product(op, args.outer, args.classes, args.inner);
  rows.logits = Elements<T>(args.logits, n, op, "logits");
  rows.weight = OptionalElements<T>(args.weight, args.classes, op, "weight");
  rows.rows = Product(op, args.outer, args.inner);
  rows.cols = args.classes;
  rows.ignore_index = args.ignore_index;
  rows.smoothing = static_cast<T>(args.label_smoothing);
  if (args.target_dtype != Dtype::kInt32) {
    rows.probabilities = Elements<T>(args.target, n, op, "target");
    return rows;
  }
  const auto* given = Elements<std::int32_t>(args.target, rows.rows, op, "target");
  rows.indices = CheckedLabels(given, rows.rows, rows.cols, rows.ignore_index, op, few);
  if (rows.smoothing != 0 && rows.rows > 0) {
    double sum = 0;
    for (std::int64_t c = 0; c < rows.cols; ++c) sum += rows.weight ? rows.weight[c] : T(1);
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

template <class T>
void Transpose(const T* x, T* out, std::int64_t rows, std::int64_t cols, std::int64_t x_stride,
               std::int64_t out_stride) {
  const TransposeKernels& kernels = Kernels().transpose;
  (sizeof(T) == 4 ? kernels.bytes4 : kernels.bytes8)(x, out, rows, cols, x_stride, out_stride);
}

// A class for each place of an image: the logits of a sample lie `inner` apart, so those of a tile
// of neighbouring samples are gathered into rows, which the kernels take, within the caches.
struct Tiles {
  std::int64_t inner, width, per_outer, count, per_task;

  Tiles(std::int64_t outer, std::int64_t classes, std::int64_t inner_samples)
      : inner(inner_samples) {
    constexpr std::int64_t kLanes = 16;  // the most of any ISA target: tiles end between vectors
    width = std::max<std::int64_t>(kLanes, RowsOfGrain(kMathGrain, classes) / kLanes * kLanes);
    width = std::min(width, std::max<std::int64_t>(1, inner));
    per_outer = (inner + width - 1) / width;
    count = outer * per_outer;
    per_task = RowsOfGrain(kMathGrain, width * classes);
  }

  std::int64_t FirstSample(std::int64_t tile) const {
    return tile / per_outer * inner + tile % per_outer * width;
  }
  std::int64_t Samples(std::int64_t tile) const {
    return std::min(width, inner - tile % per_outer * width);
  }
  // Of class 0 of the tile's first sample.
  std::int64_t Place(std::int64_t tile, std::int64_t classes) const {
    return tile / per_outer * classes * inner + tile % per_outer * width;
  }

  // The tile's rows of numbers (outer, classes, inner), in scratch of this thread.
  template <class T>
  T* Gather(const T* numbers, std::int64_t tile, std::int64_t classes, ScratchSlot slot) const {
    const std::size_t bytes = static_cast<std::size_t>(width * classes) * sizeof(T);
    T* rows = static_cast<T*>(ThreadScratch(slot, bytes));
    Transpose(numbers + Place(tile, classes), rows, classes, Samples(tile), inner, classes);
    return rows;
  }

  template <class T>
  CrossEntropyRows<T> RowsOf(const CrossEntropyRows<T>& all, std::int64_t tile) const {
    CrossEntropyRows<T> rows = all;
    rows.rows = Samples(tile);
    rows.logits = Gather(all.logits, tile, all.cols, ScratchSlot::kSource);
    if (all.indices != nullptr) rows.indices += FirstSample(tile);
    if (all.probabilities != nullptr) {
      rows.probabilities = Gather(all.probabilities, tile, all.cols, ScratchSlot::kResult);
    }
    return rows;
  }
};

// What the mean divides by: of probabilities the elements over the classes, which without any
// class is 0 / 0.
template <class T>
double Share(const CrossEntropyRows<T>& rows) {
  if (rows.indices == nullptr) {
    return rows.cols > 0 ? static_cast<double>(rows.rows)
                         : std::numeric_limits<double>::quiet_NaN();
  }
  double sum = 0;
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    const std::int64_t label = rows.indices[r];
    if (label != rows.ignore_index) sum += rows.weight != nullptr ? rows.weight[label] : T(1);
  }
  return sum;
}

// The sum of the losses; loss[i] receives that of each sample unless it is null.
template <class T>
double Losses(const CrossEntropyRows<T>& rows, const Tiles& tiles, T* loss) {
  const auto kernel = Kernels().typed<T>().cross_entropy.loss;
  const auto add = [](double a, double b) { return a + b; };
  if (rows.cols == 0) {
    if (loss != nullptr) std::fill(loss, loss + rows.rows, T(0));
    return 0;
  }
  if (tiles.inner == 1) {
    return FoldParts(
        rows.rows, RowsOfGrain(kMathGrain, rows.cols), 0.0,
        [&](std::int64_t begin, std::int64_t end) {
          return kernel(Part(rows, begin, end), loss == nullptr ? nullptr : loss + begin);
        },
        add);
  }
  return FoldParts(
      tiles.count, tiles.per_task, 0.0,
      [&](std::int64_t begin, std::int64_t end) {
        double sum = 0;
        for (std::int64_t tile = begin; tile < end; ++tile) {
          T* losses = loss == nullptr ? nullptr : loss + tiles.FirstSample(tile);
          sum += kernel(tiles.RowsOf(rows, tile), losses);
        }
        return sum;
      },
      add);
}

}  // namespace

void CrossEntropy(const CrossEntropyArgs& args) {
  constexpr const char* kOp = "crossEntropy";
  KindIndex(args.reduction, kReductionCount, kOp, "reduction");
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const bool each = args.reduction == Reduction::kNone;
    const bool mean = args.reduction == Reduction::kMean;
    FewIndices few;
    const CrossEntropyRows<T> rows = RowsOf<T>(args, kOp, few);
    T* loss = Elements<T>(args.loss, each ? rows.rows : 1, kOp, "loss");
    T* divisor = Elements<T>(args.divisor, 1, kOp, "divisor");
    const Tiles tiles(args.outer, args.classes, args.inner);
    const double total = Losses(rows, tiles, each ? loss : nullptr);
    const double share = mean ? Share(rows) : 1;
    divisor[0] = static_cast<T>(share);
    if (!each) loss[0] = static_cast<T>(total / share);
  });
}

void CrossEntropyGradient(const CrossEntropyGradientArgs& args) {
  constexpr const char* kOp = "crossEntropyGradient";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    FewIndices few;
    const CrossEntropyRows<T> rows = RowsOf<T>(args, kOp, few);
    const T divisor = *Elements<T>(args.divisor, 1, kOp, "divisor");
    T* grad = Elements<T>(args.grad_logits, rows.rows * rows.cols, kOp, "gradLogits");
    const auto kernel = Kernels().typed<T>().cross_entropy.gradient;
    if (rows.cols == 0) return;
    if (args.inner == 1) {
      ParallelRanges(rows.rows, RowsOfGrain(kMathGrain, rows.cols),
                     [&](std::int64_t begin, std::int64_t end) {
                       kernel(Part(rows, begin, end), grad + begin * rows.cols, divisor);
                     });
      return;
    }
    const Tiles tiles(args.outer, args.classes, args.inner);
    ParallelRanges(tiles.count, tiles.per_task, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t tile = begin; tile < end; ++tile) {
        const CrossEntropyRows<T> part = tiles.RowsOf(rows, tile);
        // The gathered logits lie in scratch of this thread, which RowsOf has just filled.
        T* over = const_cast<T*>(part.logits);
        kernel(part, over, divisor);
        Transpose(over, grad + tiles.Place(tile, rows.cols), part.rows, rows.cols, rows.cols,
                  tiles.inner);
      }
    });
  });
}

}  // namespace gradlane
