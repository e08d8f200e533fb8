#include "ops/batch_norm.h"

#include <algorithm>
#include <cmath>

#include "cpu/dispatch.h"
#include "distributed/world.h"
#include "ops/channel_operands.h"
#include "ops/kind.h"
#include "ops/norm_blocks.h"

namespace gradlane {
namespace {

// An activation function over results that are in the first-level cache yet.
template <class T>
struct Finish {
  void (*kernel)(const T* x, T* y, std::int64_t n, T parameter) noexcept = nullptr;  // null: none
  T parameter = 0;

  void operator()(T* out, std::int64_t n) const {
    if (kernel != nullptr) kernel(out, out, n, parameter);
  }
};

template <class T>
Finish<T> FinishBy(Activation activation, double parameter, const char* op) {
  const int kind = KindIndex(activation, kActivationCount, op, "activation");
  if (activation == Activation::kIdentity) return {};
  return {Kernels().typed<T>().activation.forward[kind], static_cast<T>(parameter)};
}

// out = finish((x - mean) * inverse_std * weight + bias); what is null counts as 0, a null weight
// as 1.
template <class T>
void Apply(const ChannelShape& shape, const T* x, const T* weight, const T* bias, const T* mean,
           const T* inverse_std, T* out, const Finish<T>& finish = {}) {
  const std::int64_t channels = shape.channels;
  T* scale = ChannelScratch<T>(channels, 3);
  T* shift = scale + channels;
  T* center = shift + channels;
  for (std::int64_t c = 0; c < channels; ++c) {
    scale[c] = weight == nullptr ? inverse_std[c] : weight[c] * inverse_std[c];
    shift[c] = bias == nullptr ? T(0) : bias[c];
    center[c] = mean == nullptr ? T(0) : mean[c];
  }
  const auto& kernels = Kernels().typed<T>().norm;
  ForEachRun(
      shape,
      [&](std::int64_t at, std::int64_t runs, std::int64_t c) {
        // All runs in one call, or those that one level of cache holds.
        const std::int64_t step =
            finish.kernel == nullptr ? runs : std::max<std::int64_t>(1, kNormBlock / shape.spatial);
        for (std::int64_t r = 0; r < runs; r += step) {
          const std::int64_t count = std::min(step, runs - r), from = at + r * shape.spatial;
          kernels.normalize_runs(x + from, out + from, count, shape.spatial, center + c + r,
                                 scale + c + r, shift + c + r);
          finish(out + from, count * shape.spatial);
        }
      },
      [&](std::int64_t at, std::int64_t rows) {
        kernels.normalize_columns(x + at, out + at, rows, channels, center, scale, shift);
        finish(out + at, rows * channels);
      });
}

// What becomes of the moments of a batch: that by which it is normalised, and a step of the running
// statistics.
template <class T>
class Statistics {
 public:
  template <class Args>
  Statistics(const char* op, const Args& args, const ChannelOperands<T>& operands)
      : mean_(operands.mean),
        inverse_std_(operands.inverse_std),
        running_mean_(OptionalElements<T>(args.running_mean, args.channels, op, "runningMean")),
        running_var_(OptionalElements<T>(args.running_var, args.channels, op, "runningVar")),
        batches_(OptionalElements<std::int32_t>(args.batches, 1, op, "batches")),
        eps_(args.eps),
        factor_(args.momentum) {}

  void CountBatch() {
    if (batches_ == nullptr) return;
    ++*batches_;
    if (std::isnan(factor_)) factor_ = 1.0 / *batches_;
  }
  void Take(std::int64_t c, const Moments& moments) const {
    mean_[c] = static_cast<T>(moments.Mean());
    inverse_std_[c] = static_cast<T>(moments.InverseStd(eps_));
    if (running_mean_ != nullptr) Move(running_mean_[c], moments.Mean());
    if (running_var_ != nullptr) Move(running_var_[c], moments.squares / (moments.n - 1));
  }

 private:
  void Move(T& running, double value) const {
    running = static_cast<T>((1 - factor_) * static_cast<double>(running) + factor_ * value);
  }

  T *mean_, *inverse_std_, *running_mean_, *running_var_;
  std::int32_t* batches_;
  double eps_, factor_;
};

// Into `sums`, or where that is null into the statistics at once.
template <class T>
[[gnu::noinline]] void SumMoments(const ChannelShape& shape, const T* x,
                                  const Statistics<T>& statistics, Moments* sums) {
  const auto& kernels = Kernels().typed<T>().norm;
  SumChannels<Moments, BlockMoments>(
      shape,
      [&](std::int64_t, std::int64_t at, std::int64_t runs, std::int64_t run_length) {
        return kernels.moments(x + at, runs, run_length, shape.stride());
      },
      [&](std::int64_t row, std::int64_t rows, std::int64_t c, std::int64_t cols,
          BlockMoments* blocks) {
        kernels.column_moments(x + row * shape.channels + c, rows, cols, shape.channels, blocks);
      },
      [&](std::int64_t c, const Moments& moments) {
        if (sums == nullptr) {
          statistics.Take(c, moments);
        } else {
          sums[c] = moments;
        }
      });
}

// The moments of all ranks, one rank behind the other, with room for those of this one.
class RankMoments {
 public:
  explicit RankMoments(std::int64_t channels)
      : channels_(channels),
        alone_(!world_.IsOpen()),
        ranks_(alone_ ? 1 : world_.size()),
        all_(ChannelScratch<Moments>(channels, ranks_)),
        own_(all_ + (alone_ ? 0 : world_.rank()) * channels) {
    std::fill_n(own_, channels, Moments{});
  }

  Moments* own() { return own_; }
  // Joins those of all ranks and returns them.
  const Moments* Join() {
    constexpr auto kNumbers = static_cast<std::int64_t>(sizeof(Moments) / sizeof(double));
    if (!alone_) {
      world_.Run({distributed::Kind::kAllGather, Dtype::kFloat64, 0, all_, channels_ * kNumbers});
    }
    for (std::int64_t c = 0; c < channels_; ++c) {
      all_[c] = JoinMoments(all_ + c, ranks_, channels_);
    }
    return all_;
  }

 private:
  distributed::World& world_ = distributed::World::Of();
  std::int64_t channels_;
  bool alone_;
  int ranks_;
  Moments *all_, *own_;
};

template <class Args>
ChannelShape ShapeOf(const Args& args) {
  return {args.batch, args.channels, args.spatial};
}

template <class Args>
NormSizes SizesOf(const char* op, const Args& args) {
  return {Product(op, args.batch, args.channels, args.spatial), args.channels, args.channels};
}

}  // namespace

void BatchNorm(const BatchNormArgs& args) {
  constexpr const char* kOp = "batchNorm";
  const ChannelShape shape = ShapeOf(args);
  WithOperands(kOp, args, SizesOf(kOp, args), [&]<class T>(const ChannelOperands<T>& o) {
    Statistics<T> statistics(kOp, args, o);
    const Finish<T> finish = FinishBy<T>(args.activation, args.parameter, kOp);
    if (shape.size() == 0) return;

    statistics.CountBatch();
    SumMoments(shape, o.x, statistics, nullptr);
    Apply(shape, o.x, o.weight, o.bias, o.mean, o.inverse_std, o.out, finish);
  });
}

void BatchNormStatistics(const BatchNormStatisticsArgs& args) {
  constexpr const char* kOp = "batchNormStatistics";
  const ChannelShape shape = ShapeOf(args);
  WithOperands(kOp, args, SizesOf(kOp, args), [&]<class T>(const ChannelOperands<T>& o) {
    Statistics<T> statistics(kOp, args, o);
    double& share = *Elements<double>(args.share, 1, kOp, "share");
    if (shape.channels == 0) return;

    RankMoments moments(shape.channels);
    if (args.counted) SumMoments(shape, o.x, statistics, moments.own());
    const double n = moments.own()->n;
    const Moments* const all = moments.Join();
    if (all->n == 1) {
      Throw(ErrorCode::kValue,
            {kOp,
             ": expected the input to be of more than one value a feature, so that there is a "
             "variance, got one on all ranks together"});
    }
    share = all->n == 0 ? 0 : n / all->n;
    if (all->n == 0) return;
    statistics.CountBatch();
    for (std::int64_t c = 0; c < shape.channels; ++c) statistics.Take(c, all[c]);
  });
}

void BatchNormInference(const BatchNormInferenceArgs& args) {
  constexpr const char* kOp = "batchNormInference";
  const ChannelShape shape = ShapeOf(args);
  WithOperands(kOp, args, SizesOf(kOp, args), [&]<class T>(const ChannelOperands<T>& o) {
    const std::int64_t channels = shape.channels;
    const T* running_mean = OptionalElements<T>(args.running_mean, channels, kOp, "runningMean");
    const T* running_var = OptionalElements<T>(args.running_var, channels, kOp, "runningVar");
    const Finish<T> finish = FinishBy<T>(args.activation, args.parameter, kOp);
    const bool given = running_mean == nullptr || running_var == nullptr;
    for (std::int64_t c = 0; c < (given ? 0 : channels); ++c) {
      o.mean[c] = running_mean[c];
      o.inverse_std[c] =
          static_cast<T>(1 / std::sqrt(static_cast<double>(running_var[c]) + args.eps));
    }
    Apply(shape, o.x, o.weight, o.bias, o.mean, o.inverse_std, o.out, finish);
  });
}

void BatchNormSums(const BatchNormSumsArgs& args) {
  constexpr const char* kOp = "batchNormSums";
  const ChannelShape shape = ShapeOf(args);
  WithOperands(kOp, args, SizesOf(kOp, args), [&]<class T>(const ChannelOperands<T>& o) {
    const std::int64_t channels = shape.channels;
    double* sums = Elements<double>(args.sums, 2 * channels, kOp, "sums");
    for (std::int64_t i = 0; i < 2 * channels; ++i) sums[i] = 0;

    const auto& kernels = Kernels().typed<T>().norm;
    SumChannels<GradientSums, BlockSums>(
        shape,
        [&](std::int64_t c, std::int64_t at, std::int64_t runs, std::int64_t run_length) {
          return SafeSums(kernels, o.x + at, o.grad_out + at, runs, run_length, shape.stride(),
                          o.mean[c]);
        },
        [&](std::int64_t row, std::int64_t rows, std::int64_t c, std::int64_t cols,
            BlockSums* blocks) {
          const T* x = o.x + row * channels + c;
          const T* g = o.grad_out + row * channels + c;
          const T* mean = o.mean + c;
          kernels.column_gradient_sums(x, g, rows, cols, channels, mean, blocks);
          for (std::int64_t i = 0; i < cols; ++i) {
            if (InRange(blocks[i])) continue;
            blocks[i] = WideSums<T>(x + i, g + i, nullptr, rows, 1, channels, mean[i]);
          }
        },
        [&](std::int64_t c, const GradientSums& sum) {
          sums[2 * c] = sum.g;
          sums[2 * c + 1] = sum.gx;
        });
    for (std::int64_t c = 0; c < channels; ++c) {
      o.AddShares(args, c, sums[2 * c + 1] * o.inverse_std[c], sums[2 * c]);
    }
  });
}

void BatchNormGradient(const BatchNormGradientArgs& args) {
  constexpr const char* kOp = "batchNormGradient";
  const ChannelShape shape = ShapeOf(args);
  WithOperands(kOp, args, SizesOf(kOp, args), [&]<class T>(const ChannelOperands<T>& o) {
    const std::int64_t channels = shape.channels;
    const double* sums = OptionalElements<double>(args.sums, 2 * channels, kOp, "sums");
    if (sums == nullptr) {
      Apply<T>(shape, o.grad_out, o.weight, nullptr, nullptr, o.inverse_std, o.grad_x);
      return;
    }
    T* scale = ChannelScratch<T>(channels, 3);
    T* slope = scale + channels;
    T* shift = slope + channels;
    const double m = static_cast<double>(shape.batch * shape.spatial);
    for (std::int64_t c = 0; c < channels; ++c) {
      const double inverse = o.inverse_std[c];
      const double factor = o.weight == nullptr ? inverse : o.weight[c] * inverse;
      scale[c] = static_cast<T>(factor);
      slope[c] = static_cast<T>(factor * inverse * (sums[2 * c + 1] / m));
      shift[c] = static_cast<T>(factor * (sums[2 * c] / m));
    }
    const auto& kernels = Kernels().typed<T>().norm;
    ForEachRun(
        shape,
        [&](std::int64_t at, std::int64_t runs, std::int64_t c) {
          kernels.gradient_runs(o.x + at, o.grad_out + at, o.grad_x + at, runs, shape.spatial,
                                o.mean + c, o.inverse_std + c, scale + c, slope + c, shift + c);
        },
        [&](std::int64_t at, std::int64_t rows) {
          kernels.gradient_columns(o.x + at, o.grad_out + at, o.grad_x + at, rows, channels, o.mean,
                                   o.inverse_std, scale, slope, shift);
        });
  });
}

}  // namespace gradlane
