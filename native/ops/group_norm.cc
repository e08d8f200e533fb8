#include "ops/group_norm.h"

#include "cpu/dispatch.h"
#include "ops/channel_operands.h"
#include "ops/norm_blocks.h"

namespace gradlane {
namespace {

// Throws unless the channels can be cut into groups.
template <class Args>
NormSizes SizesOf(const char* op, const Args& args) {
  if (args.groups < 1 || args.channels % args.groups != 0) {
    Throw(ErrorCode::kShape,
          {op, ": expected groups to divide ", args.channels, " channels, got ", args.groups});
  }
  return {Product(op, args.batch, args.channels, args.spatial), args.channels,
          Product(op, args.batch, args.groups)};
}

// Calls runs(offset, count, run) for the runs of consecutive channels from `run` on, or, where
// spatial is 1, row(offset, run) for one sample's row of all channels.
template <class Runs, class Row>
void ForSampleRuns(const ChannelShape& s, Runs&& runs, Row&& row) {
  if (s.spatial == 1) {
    ParallelRanges(s.batch, RowsOfGrain(kMemoryGrain, s.channels),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t b = begin; b < end; ++b) {
                       row(b * s.channels, b * s.channels);
                     }
                   });
    return;
  }
  ParallelRanges(
      s.batch * s.channels, RowsOfGrain(kMemoryGrain, s.spatial),
      [&](std::int64_t begin, std::int64_t end) { runs(begin * s.spatial, end - begin, begin); });
}

}  // namespace

void GroupNorm(const GroupNormArgs& args) {
  constexpr const char* kOp = "groupNorm";
  const NormSizes sizes = SizesOf(kOp, args);
  WithOperands(kOp, args, sizes, [&]<class T>(const ChannelOperands<T>& o) {
    if (sizes.elements == 0) return;
    const auto& kernels = Kernels().typed<T>().norm;
    const std::int64_t channels = args.channels, of_group = channels / args.groups;
    const std::int64_t size = of_group * args.spatial, runs = args.batch * channels;
    T* center = ChannelScratch<T>(runs, 3);
    T* scale = center + runs;
    T* shift = scale + runs;
    ParallelRanges(sizes.sets, RowsOfGrain(kMemoryGrain, size),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t i = begin; i < end; ++i) {
                       const Moments moments = RunMoments(kernels, o.x + i * size, size);
                       o.mean[i] = static_cast<T>(moments.Mean());
                       o.inverse_std[i] = static_cast<T>(moments.InverseStd(args.eps));
                     }
                   });
    for (std::int64_t run = 0; run < runs; ++run) {
      const std::int64_t c = run % channels, group = run / of_group;
      center[run] = o.mean[group];
      scale[run] = o.weight == nullptr ? o.inverse_std[group] : o.weight[c] * o.inverse_std[group];
      shift[run] = o.bias == nullptr ? T(0) : o.bias[c];
    }
    ForSampleRuns(
        {args.batch, channels, args.spatial},
        [&](std::int64_t at, std::int64_t count, std::int64_t run) {
          kernels.normalize_runs(o.x + at, o.out + at, count, args.spatial, center + run,
                                 scale + run, shift + run);
        },
        [&](std::int64_t at, std::int64_t run) {
          kernels.normalize_columns(o.x + at, o.out + at, 1, channels, center + run, scale + run,
                                    shift + run);
        });
  });
}

void GroupNormSums(const GroupNormSumsArgs& args) {
  constexpr const char* kOp = "groupNormSums";
  WithOperands(kOp, args, SizesOf(kOp, args), [&]<class T>(const ChannelOperands<T>& o) {
    const std::int64_t channels = args.channels, spatial = args.spatial;
    const std::int64_t runs = Product(kOp, args.batch, channels);
    double* sums = Elements<double>(args.sums, 2 * runs, kOp, "sums");
    const auto& kernels = Kernels().typed<T>().norm;
    const std::int64_t of_group = channels / args.groups;
    ParallelRanges(runs, RowsOfGrain(kMemoryGrain, spatial),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t run = begin; run < end; ++run) {
                       GradientSums sum;
                       ForPieces(spatial, [&](std::int64_t i, std::int64_t size) {
                         const std::int64_t at = run * spatial + i;
                         sum.Add(SafeSums(kernels, o.x + at, o.grad_out + at, 1, size, size,
                                          o.mean[run / of_group]),
                                 size);
                       });
                       sums[2 * run] = sum.g;
                       sums[2 * run + 1] = sum.gx;
                     }
                   });
    for (std::int64_t c = 0; c < channels; ++c) {
      double weight_share = 0, bias_share = 0;
      for (std::int64_t run = c; run < runs; run += channels) {
        weight_share += sums[2 * run + 1] * static_cast<double>(o.inverse_std[run / of_group]);
        bias_share += sums[2 * run];
      }
      o.AddShares(args, c, weight_share, bias_share);
    }
  });
}

void GroupNormGradient(const GroupNormGradientArgs& args) {
  constexpr const char* kOp = "groupNormGradient";
  const NormSizes sizes = SizesOf(kOp, args);
  WithOperands(kOp, args, sizes, [&]<class T>(const ChannelOperands<T>& o) {
    const std::int64_t channels = args.channels, of_group = channels / args.groups;
    const std::int64_t runs = Product(kOp, args.batch, channels);
    const double* sums = Elements<double>(args.sums, 2 * runs, kOp, "sums");
    if (sizes.elements == 0) return;

    const double n = static_cast<double>(of_group * args.spatial);
    T* center = ChannelScratch<T>(runs, 5);
    T* inverse_stds = center + runs;
    T* scale = inverse_stds + runs;
    T* slope = scale + runs;
    T* shift = slope + runs;
    for (std::int64_t group = 0; group < sizes.sets; ++group) {
      const std::int64_t first = group * of_group;
      const auto weight_of = [&](std::int64_t run) {
        return o.weight == nullptr ? 1.0 : static_cast<double>(o.weight[run % channels]);
      };
      double sum = 0, product = 0;
      for (std::int64_t run = first; run < first + of_group; ++run) {
        sum += weight_of(run) * sums[2 * run];
        product += weight_of(run) * sums[2 * run + 1];
      }
      const double inverse = o.inverse_std[group];
      for (std::int64_t run = first; run < first + of_group; ++run) {
        center[run] = o.mean[group];
        scale[run] = static_cast<T>(weight_of(run) * inverse);
        inverse_stds[run] = o.inverse_std[group];
        slope[run] = static_cast<T>(inverse * inverse * (product / n));
        shift[run] = static_cast<T>(inverse * (sum / n));
      }
    }
    const auto& kernels = Kernels().typed<T>().norm;
    ForSampleRuns(
        {args.batch, channels, args.spatial},
        [&](std::int64_t at, std::int64_t count, std::int64_t run) {
          kernels.gradient_runs(o.x + at, o.grad_out + at, o.grad_x + at, count, args.spatial,
                                center + run, inverse_stds + run, scale + run, slope + run,
                                shift + run);
        },
        [&](std::int64_t at, std::int64_t run) {
          kernels.gradient_columns(o.x + at, o.grad_out + at, o.grad_x + at, 1, channels,
                                   center + run, inverse_stds + run, scale + run, slope + run,
                                   shift + run);
        });
  });
}

}  // namespace gradlane
