#include "ops/layer_norm.h"

#include <algorithm>

#include "cpu/dispatch.h"
#include "ops/channel_operands.h"
#include "ops/norm_blocks.h"

namespace gradlane {
namespace {

template <class Args>
NormSizes SizesOf(const char* op, const Args& args) {
  return {Product(op, args.rows, args.cols), args.cols, args.rows};
}

// `given`, or n times the value that changes nothing, in scratch of the calling thread.
template <class T>
const T* OrNeutral(const T* given, T value, std::int64_t n, T* scratch) {
  return given != nullptr ? given : std::fill_n(scratch, n, value) - n;
}

}  // namespace

void LayerNorm(const LayerNormArgs& args) {
  constexpr const char* kOp = "layerNorm";
  const NormSizes sizes = SizesOf(kOp, args);
  WithOperands(kOp, args, sizes, [&]<class T>(const ChannelOperands<T>& o) {
    if (sizes.elements == 0) return;
    const std::int64_t rows = args.rows, cols = args.cols;
    T* scratch = ChannelScratch<T>(cols, 2);
    const T* weight = OrNeutral(o.weight, T(1), cols, scratch);
    const T* bias = OrNeutral(o.bias, T(0), cols, scratch + cols);
    const auto& table = Kernels().typed<T>();
    ParallelRanges(rows, RowsOfGrain(kMemoryGrain, cols),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t r = begin; r < end; ++r) {
                       const Moments moments = RunMoments(table.norm, o.x + r * cols, cols);
                       o.mean[r] = static_cast<T>(moments.Mean());
                       o.inverse_std[r] = static_cast<T>(moments.InverseStd(args.eps));
                       table.layer_norm.normalize(o.x + r * cols, o.out + r * cols, cols, o.mean[r],
                                                  o.inverse_std[r], weight, bias);
                     }
                   });
  });
}

void LayerNormGradient(const LayerNormGradientArgs& args) {
  constexpr const char* kOp = "layerNormGradient";
  const NormSizes sizes = SizesOf(kOp, args);
  WithOperands(kOp, args, sizes, [&]<class T>(const ChannelOperands<T>& o) {
    if (sizes.elements == 0) return;
    const std::int64_t rows = args.rows, cols = args.cols;
    const T* weight = OrNeutral(o.weight, T(1), cols, ChannelScratch<T>(cols, 1));
    const auto& kernels = Kernels().typed<T>().layer_norm;
    const double n = static_cast<double>(cols);
    ParallelRanges(
        rows, RowsOfGrain(kMemoryGrain, cols), [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t r = begin; r < end; ++r) {
            const T *x = o.x + r * cols, *g = o.grad_out + r * cols;
            GradientSums sums;
            ForPieces(cols, [&](std::int64_t i, std::int64_t size) {
              BlockSums block = kernels.gradient_sums(x + i, g + i, weight + i, size, o.mean[r]);
              if (!InRange(block)) {
                block = WideSums<T>(x + i, g + i, weight + i, 1, size, size, o.mean[r]);
              }
              sums.Add(block, size);
            });
            const double inverse = o.inverse_std[r];
            kernels.gradient(x, g, weight, o.grad_x + r * cols, cols, o.mean[r], o.inverse_std[r],
                             static_cast<T>(inverse * inverse * (sums.gx / n)),
                             static_cast<T>(inverse * (sums.g / n)));
          }
        });
  });
}

void LayerNormAffineGradient(const LayerNormAffineGradientArgs& args) {
  constexpr const char* kOp = "layerNormAffineGradient";
  WithOperands(kOp, args, SizesOf(kOp, args), [&]<class T>(const ChannelOperands<T>& o) {
    const std::int64_t rows = args.rows, cols = args.cols;
    const auto finish = [&](std::int64_t c, const GradientSums& sums) {
      o.AddShares(args, c, sums.gx, sums.g);
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
          kernels.affine_sums(o.x + at, o.grad_out + at, count, width, cols, o.mean + row,
                              o.inverse_std + row, blocks);
        },
        finish);
  });
}

}  // namespace gradlane
