#include "ops/batch_norm.h"

#include <cmath>

#include "cpu/dispatch.h"
#include "ops/kind.h"
#include "ops/norm_blocks.h"

namespace gradlane {
namespace {

// `count` arrays of a number for each channel, in scratch that lasts over the parallel parts.
template <class T>
T* ChannelScratch(std::int64_t channels, int count) {
  return static_cast<T*>(
      ThreadScratch(ScratchSlot::kBias, static_cast<std::size_t>(channels * count) * sizeof(T)));
}

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

template <class T>
void Move(T& running, double factor, double value) {
  running = static_cast<T>((1 - factor) * static_cast<double>(running) + factor * value);
}

}  // namespace

void BatchNorm(const BatchNormArgs& args) {
  constexpr const char* kOp = "batchNorm";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const ChannelShape shape{args.batch, args.channels, args.spatial};
    const std::int64_t length = Product(kOp, args.batch, args.channels, args.spatial);
    const std::int64_t channels = args.channels;
    const T* x = Elements<T>(args.x, length, kOp, "x");
    const T* weight = OptionalElements<T>(args.weight, channels, kOp, "weight");
    const T* bias = OptionalElements<T>(args.bias, channels, kOp, "bias");
    T* running_mean = OptionalElements<T>(args.running_mean, channels, kOp, "runningMean");
    T* running_var = OptionalElements<T>(args.running_var, channels, kOp, "runningVar");
    auto* batches = OptionalElements<std::int32_t>(args.batches, 1, kOp, "batches");
    T* mean = Elements<T>(args.mean, channels, kOp, "mean");
    T* inverse_std = Elements<T>(args.inverse_std, channels, kOp, "inverseStd");
    T* out = Elements<T>(args.out, length, kOp, "out");
    const Finish<T> finish = FinishBy<T>(args.activation, args.parameter, kOp);
    if (length == 0) return;

    if (batches != nullptr) ++*batches;
    const bool cumulative = std::isnan(args.momentum) && batches != nullptr;
    const double factor = cumulative ? 1.0 / *batches : args.momentum;
    const auto& kernels = Kernels().typed<T>().norm;
    SumChannels<Moments, BlockMoments>(
        shape,
        [&](std::int64_t, std::int64_t at, std::int64_t runs, std::int64_t run_length) {
          return kernels.moments(x + at, runs, run_length, shape.stride());
        },
        [&](std::int64_t row, std::int64_t rows, std::int64_t c, std::int64_t cols,
            BlockMoments* blocks) {
          kernels.column_moments(x + row * channels + c, rows, cols, channels, blocks);
        },
        [&](std::int64_t c, const Moments& moments) {
          mean[c] = static_cast<T>(moments.Mean());
          inverse_std[c] = static_cast<T>(1 / std::sqrt(moments.squares / moments.n + args.eps));
          if (running_mean != nullptr) Move(running_mean[c], factor, moments.Mean());
          if (running_var != nullptr) {
            Move(running_var[c], factor, moments.squares / (moments.n - 1));
          }
        });
    Apply(shape, x, weight, bias, mean, inverse_std, out, finish);
  });
}

void BatchNormInference(const BatchNormInferenceArgs& args) {
  constexpr const char* kOp = "batchNormInference";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const ChannelShape shape{args.batch, args.channels, args.spatial};
    const std::int64_t length = Product(kOp, args.batch, args.channels, args.spatial);
    const std::int64_t channels = args.channels;
    const T* x = Elements<T>(args.x, length, kOp, "x");
    const T* weight = OptionalElements<T>(args.weight, channels, kOp, "weight");
    const T* bias = OptionalElements<T>(args.bias, channels, kOp, "bias");
    const T* running_mean = Elements<T>(args.running_mean, channels, kOp, "runningMean");
    const T* running_var = Elements<T>(args.running_var, channels, kOp, "runningVar");
    T* mean = Elements<T>(args.mean, channels, kOp, "mean");
    T* inverse_std = Elements<T>(args.inverse_std, channels, kOp, "inverseStd");
    T* out = Elements<T>(args.out, length, kOp, "out");
    const Finish<T> finish = FinishBy<T>(args.activation, args.parameter, kOp);
    for (std::int64_t c = 0; c < channels; ++c) {
      mean[c] = running_mean[c];
      inverse_std[c] =
          static_cast<T>(1 / std::sqrt(static_cast<double>(running_var[c]) + args.eps));
    }
    Apply(shape, x, weight, bias, mean, inverse_std, out, finish);
  });
}

void BatchNormSums(const BatchNormSumsArgs& args) {
  constexpr const char* kOp = "batchNormSums";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const ChannelShape shape{args.batch, args.channels, args.spatial};
    const std::int64_t length = Product(kOp, args.batch, args.channels, args.spatial);
    const std::int64_t channels = args.channels;
    const T* x = Elements<T>(args.x, length, kOp, "x");
    const T* g = Elements<T>(args.grad_out, length, kOp, "gradOut");
    const T* mean = Elements<T>(args.mean, channels, kOp, "mean");
    const T* inverse_std = Elements<T>(args.inverse_std, channels, kOp, "inverseStd");
    double* sums = Elements<double>(args.sums, 2 * channels, kOp, "sums");
    T* grad_weight = OptionalElements<T>(args.grad_weight, channels, kOp, "gradWeight");
    T* grad_bias = OptionalElements<T>(args.grad_bias, channels, kOp, "gradBias");
    for (std::int64_t i = 0; i < 2 * channels; ++i) sums[i] = 0;

    const auto& kernels = Kernels().typed<T>().norm;
    SumChannels<GradientSums, BlockSums>(
        shape,
        [&](std::int64_t c, std::int64_t at, std::int64_t runs, std::int64_t run_length) {
          const std::int64_t stride = shape.stride();
          const BlockSums block =
              kernels.gradient_sums(x + at, g + at, runs, run_length, stride, mean[c]);
          if (InRange(block)) return block;
          return WideSums<T>(x + at, g + at, nullptr, runs, run_length, stride, mean[c]);
        },
        [&](std::int64_t row, std::int64_t rows, std::int64_t c, std::int64_t cols,
            BlockSums* blocks) {
          const std::int64_t at = row * channels + c;
          kernels.column_gradient_sums(x + at, g + at, rows, cols, channels, mean + c, blocks);
          for (std::int64_t i = 0; i < cols; ++i) {
            if (InRange(blocks[i])) continue;
            blocks[i] =
                WideSums<T>(x + at + i, g + at + i, nullptr, rows, 1, channels, mean[c + i]);
          }
        },
        [&](std::int64_t c, const GradientSums& sum) {
          sums[2 * c] = sum.g;
          sums[2 * c + 1] = sum.gx;
        });
    for (std::int64_t c = 0; c < channels; ++c) {
      if (grad_weight != nullptr) {
        AddShare(grad_weight[c], sums[2 * c + 1] * inverse_std[c], args.weight_beta);
      }
      if (grad_bias != nullptr) AddShare(grad_bias[c], sums[2 * c], args.bias_beta);
    }
  });
}

void BatchNormGradient(const BatchNormGradientArgs& args) {
  constexpr const char* kOp = "batchNormGradient";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const ChannelShape shape{args.batch, args.channels, args.spatial};
    const std::int64_t length = Product(kOp, args.batch, args.channels, args.spatial);
    const std::int64_t channels = args.channels;
    const T* x = Elements<T>(args.x, length, kOp, "x");
    const T* g = Elements<T>(args.grad_out, length, kOp, "gradOut");
    const T* weight = OptionalElements<T>(args.weight, channels, kOp, "weight");
    const T* mean = Elements<T>(args.mean, channels, kOp, "mean");
    const T* inverse_std = Elements<T>(args.inverse_std, channels, kOp, "inverseStd");
    const double* sums = OptionalElements<double>(args.sums, 2 * channels, kOp, "sums");
    T* grad_x = Elements<T>(args.grad_x, length, kOp, "gradX");
    if (sums == nullptr) {
      Apply<T>(shape, g, weight, nullptr, nullptr, inverse_std, grad_x);
      return;
    }
    T* scale = ChannelScratch<T>(channels, 3);
    T* slope = scale + channels;
    T* shift = slope + channels;
    const double m = static_cast<double>(shape.batch * shape.spatial);
    for (std::int64_t c = 0; c < channels; ++c) {
      const double inverse = inverse_std[c];
      const double factor = weight == nullptr ? inverse : weight[c] * inverse;
      scale[c] = static_cast<T>(factor);
      slope[c] = static_cast<T>(factor * inverse * (sums[2 * c + 1] / m));
      shift[c] = static_cast<T>(factor * (sums[2 * c] / m));
    }
    const auto& kernels = Kernels().typed<T>().norm;
    ForEachRun(
        shape,
        [&](std::int64_t at, std::int64_t runs, std::int64_t c) {
          kernels.gradient_runs(x + at, g + at, grad_x + at, runs, shape.spatial, mean + c,
                                inverse_std + c, scale + c, slope + c, shift + c);
        },
        [&](std::int64_t at, std::int64_t rows) {
          kernels.gradient_columns(x + at, g + at, grad_x + at, rows, channels, mean, inverse_std,
                                   scale, slope, shift);
        });
  });
}

}  // namespace gradlane
