#include "ops/layer_norm.h"

#include <algorithm>
#include <cmath>

#include "cpu/dispatch.h"
#include "ops/norm_blocks.h"

namespace gradlane {
namespace {

template <class T>
struct Affine {
  const T* weight;
  const T* bias;
};

// With arrays of 1 and 0, in scratch of the calling thread, for operands that were left out.
template <class T>
Affine<T> OrNeutral(Affine<T> given, std::int64_t n) {
  if (given.weight != nullptr && given.bias != nullptr) return given;
  T* neutral = static_cast<T*>(
      ThreadScratch(ScratchSlot::kBias, static_cast<std::size_t>(2 * n) * sizeof(T)));
  if (given.weight == nullptr) given.weight = std::fill_n(neutral, n, T(1)) - n;
  if (given.bias == nullptr) given.bias = std::fill_n(neutral + n, n, T(0)) - n;
  return given;
}

}  // namespace

void LayerNorm(const LayerNormArgs& args) {
  constexpr const char* kOp = "layerNorm";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t rows = args.rows, cols = args.cols;
    const std::int64_t length = Product(kOp, rows, cols);
    const T* x = Elements<T>(args.x, length, kOp, "x");
    const T* given_weight = OptionalElements<T>(args.weight, cols, kOp, "weight");
    const T* given_bias = OptionalElements<T>(args.bias, cols, kOp, "bias");
    T* mean = Elements<T>(args.mean, rows, kOp, "mean");
    T* inverse_std = Elements<T>(args.inverse_std, rows, kOp, "inverseStd");
    T* out = Elements<T>(args.out, length, kOp, "out");
    if (length == 0) return;
    const auto [weight, bias] = OrNeutral<T>({given_weight, given_bias}, cols);
    const auto& table = Kernels().typed<T>();
    ParallelRanges(
        rows, RowsOfGrain(kMemoryGrain, cols), [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t r = begin; r < end; ++r) {
            const Moments moments = RunMoments(table.norm, x + r * cols, cols);
            mean[r] = static_cast<T>(moments.Mean());
            inverse_std[r] = static_cast<T>(1 / std::sqrt(moments.squares / moments.n + args.eps));
            table.layer_norm.normalize(x + r * cols, out + r * cols, cols, mean[r], inverse_std[r],
                                       weight, bias);
          }
        });
  });
}

void LayerNormGradient(const LayerNormGradientArgs& args) {
  constexpr const char* kOp = "layerNormGradient";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t rows = args.rows, cols = args.cols;
    const std::int64_t length = Product(kOp, rows, cols);
    const T* x = Elements<T>(args.x, length, kOp, "x");
    const T* g = Elements<T>(args.grad_out, length, kOp, "gradOut");
    const T* given_weight = OptionalElements<T>(args.weight, cols, kOp, "weight");
    const T* mean = Elements<T>(args.mean, rows, kOp, "mean");
    const T* inverse_std = Elements<T>(args.inverse_std, rows, kOp, "inverseStd");
    T* grad_x = Elements<T>(args.grad_x, length, kOp, "gradX");
    if (length == 0) return;
    const T* weight = OrNeutral<T>({given_weight, nullptr}, cols).weight;
    const auto& kernels = Kernels().typed<T>().layer_norm;
    const double n = static_cast<double>(cols);
    ParallelRanges(
        rows, RowsOfGrain(kMemoryGrain, cols), [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t r = begin; r < end; ++r) {
            const std::int64_t at = r * cols;
            GradientSums sums;
            ForPieces(cols, [&](std::int64_t i, std::int64_t size) {
              const T *xs = x + at + i, *gs = g + at + i;
              BlockSums block = kernels.gradient_sums(xs, gs, weight + i, size, mean[r]);
              if (!InRange(block)) {
                block = WideSums<T>(xs, gs, weight + i, 1, size, size, mean[r]);
              }
              sums.Add(block, size);
            });
            const double inverse = inverse_std[r];
            kernels.gradient(x + at, g + at, weight, grad_x + at, cols, mean[r], inverse_std[r],
                             static_cast<T>(inverse * inverse * (sums.gx / n)),
                             static_cast<T>(inverse * (sums.g / n)));
          }
        });
  });
}

void LayerNormAffineGradient(const LayerNormAffineGradientArgs& args) {
  constexpr const char* kOp = "layerNormAffineGradient";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t rows = args.rows, cols = args.cols;
    const std::int64_t length = Product(kOp, rows, cols);
    const T* x = Elements<T>(args.x, length, kOp, "x");
    const T* g = Elements<T>(args.grad_out, length, kOp, "gradOut");
    const T* mean = Elements<T>(args.mean, rows, kOp, "mean");
    const T* inverse_std = Elements<T>(args.inverse_std, rows, kOp, "inverseStd");
    T* grad_weight = OptionalElements<T>(args.grad_weight, cols, kOp, "gradWeight");
    T* grad_bias = OptionalElements<T>(args.grad_bias, cols, kOp, "gradBias");
    const auto finish = [&](std::int64_t c, const GradientSums& sums) {
      if (grad_weight != nullptr) AddShare(grad_weight[c], sums.gx, args.weight_beta);
      if (grad_bias != nullptr) AddShare(grad_bias[c], sums.g, args.bias_beta);
    };
    if (rows == 0) {
      for (std::int64_t c = 0; c < cols; ++c) finish(c, {});
      return;
    }
    const auto& kernels = Kernels().typed<T>().layer_norm;
    SumColumns<GradientSums, BlockSums>(
        rows, cols,
        [&](std::int64_t row, std::int64_t count, std::int64_t c, std::int64_t width,
            BlockSums* blocks) {
          const std::int64_t at = row * cols + c;
          kernels.affine_sums(x + at, g + at, count, width, cols, mean + row, inverse_std + row,
                              blocks);
        },
        finish);
  });
}

}  // namespace gradlane
