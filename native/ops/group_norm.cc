#include "ops/group_norm.h"

#include <cmath>

#include "cpu/dispatch.h"
#include "ops/norm_blocks.h"

namespace gradlane {
namespace {

// Throws unless the channels can be cut into groups; gives the elements of x.
std::int64_t CheckGroups(const char* op, std::int64_t batch, std::int64_t channels,
                         std::int64_t spatial, std::int64_t groups) {
  if (groups < 1 || channels % groups != 0) {
    throw Error(ErrorCode::kShape, std::string(op) + ": expected groups to divide " +
                                       std::to_string(channels) + " channels, got " +
                                       std::to_string(groups));
  }
  return Product(op, batch, channels, spatial);
}

// A set of numbers for each channel of each sample, in scratch that lasts over the parallel parts.
template <class T>
T* RunScratch(std::int64_t runs, int count) {
  return static_cast<T*>(
      ThreadScratch(ScratchSlot::kBias, static_cast<std::size_t>(runs * count) * sizeof(T)));
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
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const ChannelShape shape{args.batch, args.channels, args.spatial};
    const std::int64_t channels = args.channels, groups = args.groups;
    const std::int64_t length = CheckGroups(kOp, args.batch, channels, args.spatial, groups);
    const T* x = Elements<T>(args.x, length, kOp, "x");
    const T* weight = OptionalElements<T>(args.weight, channels, kOp, "weight");
    const T* bias = OptionalElements<T>(args.bias, channels, kOp, "bias");
    const std::int64_t all_groups = Product(kOp, args.batch, groups);
    T* mean = Elements<T>(args.mean, all_groups, kOp, "mean");
    T* inverse_std = Elements<T>(args.inverse_std, all_groups, kOp, "inverseStd");
    T* out = Elements<T>(args.out, length, kOp, "out");
    if (length == 0) return;

    const auto& kernels = Kernels().typed<T>().norm;
    const std::int64_t size = channels / groups * args.spatial;
    const std::int64_t runs = args.batch * channels;
    T* center = RunScratch<T>(runs, 3);
    T* scale = center + runs;
    T* shift = scale + runs;
    ParallelRanges(
        all_groups, RowsOfGrain(kMemoryGrain, size), [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t i = begin; i < end; ++i) {
            const Moments moments = RunMoments(kernels, x + i * size, size);
            mean[i] = static_cast<T>(moments.Mean());
            inverse_std[i] = static_cast<T>(1 / std::sqrt(moments.squares / moments.n + args.eps));
          }
        });
    for (std::int64_t run = 0; run < runs; ++run) {
      const std::int64_t c = run % channels, group = run / (channels / groups);
      center[run] = mean[group];
      scale[run] = weight == nullptr ? inverse_std[group] : weight[c] * inverse_std[group];
      shift[run] = bias == nullptr ? T(0) : bias[c];
    }
    ForSampleRuns(
        shape,
        [&](std::int64_t at, std::int64_t count, std::int64_t run) {
          kernels.normalize_runs(x + at, out + at, count, args.spatial, center + run, scale + run,
                                 shift + run);
        },
        [&](std::int64_t at, std::int64_t run) {
          kernels.normalize_columns(x + at, out + at, 1, channels, center + run, scale + run,
                                    shift + run);
        });
  });
}

void GroupNormSums(const GroupNormSumsArgs& args) {
  constexpr const char* kOp = "groupNormSums";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t channels = args.channels, groups = args.groups, spatial = args.spatial;
    const std::int64_t length = CheckGroups(kOp, args.batch, channels, spatial, groups);
    const T* x = Elements<T>(args.x, length, kOp, "x");
    const T* g = Elements<T>(args.grad_out, length, kOp, "gradOut");
    const std::int64_t all_groups = Product(kOp, args.batch, groups);
    const T* mean = Elements<T>(args.mean, all_groups, kOp, "mean");
    const T* inverse_std = Elements<T>(args.inverse_std, all_groups, kOp, "inverseStd");
    const std::int64_t runs = Product(kOp, args.batch, channels);
    double* sums = Elements<double>(args.sums, 2 * runs, kOp, "sums");
    T* grad_weight = OptionalElements<T>(args.grad_weight, channels, kOp, "gradWeight");
    T* grad_bias = OptionalElements<T>(args.grad_bias, channels, kOp, "gradBias");

    const auto& kernels = Kernels().typed<T>().norm;
    const std::int64_t of_group = channels / groups;
    ParallelRanges(
        runs, RowsOfGrain(kMemoryGrain, spatial), [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t run = begin; run < end; ++run) {
            GradientSums sum;
            ForPieces(spatial, [&](std::int64_t i, std::int64_t size) {
              const std::int64_t at = run * spatial + i;
              const T center = mean[run / of_group];
              BlockSums block = kernels.gradient_sums(x + at, g + at, 1, size, size, center);
              if (!InRange(block)) {
                block = WideSums<T>(x + at, g + at, nullptr, 1, size, size, center);
              }
              sum.Add(block, size);
            });
            sums[2 * run] = sum.g;
            sums[2 * run + 1] = sum.gx;
          }
        });
    for (std::int64_t c = 0; c < channels; ++c) {
      double weight_share = 0, bias_share = 0;
      for (std::int64_t run = c; run < runs; run += channels) {
        weight_share += sums[2 * run + 1] * static_cast<double>(inverse_std[run / of_group]);
        bias_share += sums[2 * run];
      }
      if (grad_weight != nullptr) AddShare(grad_weight[c], weight_share, args.weight_beta);
      if (grad_bias != nullptr) AddShare(grad_bias[c], bias_share, args.bias_beta);
    }
  });
}

void GroupNormGradient(const GroupNormGradientArgs& args) {
  constexpr const char* kOp = "groupNormGradient";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const ChannelShape shape{args.batch, args.channels, args.spatial};
    const std::int64_t channels = args.channels, groups = args.groups;
    const std::int64_t length = CheckGroups(kOp, args.batch, channels, args.spatial, groups);
    const T* x = Elements<T>(args.x, length, kOp, "x");
    const T* g = Elements<T>(args.grad_out, length, kOp, "gradOut");
    const T* weight = OptionalElements<T>(args.weight, channels, kOp, "weight");
    const std::int64_t all_groups = Product(kOp, args.batch, groups);
    const T* mean = Elements<T>(args.mean, all_groups, kOp, "mean");
    const T* inverse_std = Elements<T>(args.inverse_std, all_groups, kOp, "inverseStd");
    const std::int64_t runs = Product(kOp, args.batch, channels);
    const double* sums = Elements<double>(args.sums, 2 * runs, kOp, "sums");
    T* grad_x = Elements<T>(args.grad_x, length, kOp, "gradX");
    if (length == 0) return;

    const std::int64_t of_group = channels / groups;
    const double n = static_cast<double>(of_group * args.spatial);
    T* center = RunScratch<T>(runs, 5);
    T* inverse_stds = center + runs;
    T* scale = inverse_stds + runs;
    T* slope = scale + runs;
    T* shift = slope + runs;
    for (std::int64_t group = 0; group < all_groups; ++group) {
      const std::int64_t first = group * of_group;
      const auto weight_of = [&](std::int64_t run) {
        return weight == nullptr ? 1.0 : static_cast<double>(weight[run % channels]);
      };
      double sum = 0, product = 0;
      for (std::int64_t run = first; run < first + of_group; ++run) {
        sum += weight_of(run) * sums[2 * run];
        product += weight_of(run) * sums[2 * run + 1];
      }
      const double inverse = inverse_std[group];
      for (std::int64_t run = first; run < first + of_group; ++run) {
        center[run] = mean[group];
        scale[run] = static_cast<T>(weight_of(run) * inverse);
        inverse_stds[run] = inverse_std[group];
        slope[run] = static_cast<T>(inverse * inverse * (product / n));
        shift[run] = static_cast<T>(inverse * (sum / n));
      }
    }
    const auto& kernels = Kernels().typed<T>().norm;
    ForSampleRuns(
        shape,
        [&](std::int64_t at, std::int64_t count, std::int64_t run) {
          kernels.gradient_runs(x + at, g + at, grad_x + at, count, args.spatial, center + run,
                                inverse_stds + run, scale + run, slope + run, shift + run);
        },
        [&](std::int64_t at, std::int64_t run) {
          kernels.gradient_columns(x + at, g + at, grad_x + at, 1, channels, center + run,
                                   inverse_stds + run, scale + run, slope + run, shift + run);
        });
  });
}

}  // namespace gradlane
