#include "ops/conv2d.h"

#include <algorithm>

#include "base/zeros.h"
#include "cpu/dispatch.h"
#include "ops/conv2d_direct.h"
#include "ops/conv2d_lowered.h"
#include "ops/conv2d_policy.h"
#include "ops/conv2d_unfolded.h"
#include "ops/conv2d_weight_gradient.h"
#include "ops/conv2d_winograd.h"
#include "ops/kind.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

constexpr const char* kForward = "conv2d";
constexpr const char* kInputGradient = "conv2dInputGradient";
constexpr const char* kWeightGradient = "conv2dWeightGradient";

// The algorithm that computes the pass, after the check of what it depends on.
Conv2dAlgorithm Resolve(Conv2dAlgorithm wanted, Conv2dPass pass, const Conv2dGeometry& geometry,
                        const char* op) {
  KindIndex(wanted, kConv2dAlgorithmCount, op, "algorithm");
  CheckConv2dGeometry(geometry, op);
  // Where nothing is summed up there are biases at most, and no taps for the other algorithms.
  const bool sums = geometry.in_length() > 0 && geometry.out_length() > 0;
  if (wanted == Conv2dAlgorithm::kAuto) {
    return sums ? ChooseConv2d(pass, geometry) : Conv2dAlgorithm::kImplicitGemm;
  }
  if (CanRun(wanted, geometry)) return sums ? wanted : Conv2dAlgorithm::kImplicitGemm;
  Throw(ErrorCode::kValue,
        {op, ": algorithm ", static_cast<int>(wanted), " cannot compute this geometry"});
}

// None where either side has no elements: there, the kernel may have any size.
std::vector<Conv2dTap> ForwardTaps(const Conv2dGeometry& g) {
  if (g.in_length() == 0 || g.out_length() == 0) return {};
  auto taps = Zeros<Conv2dTap>(g.taps());
  for (std::int64_t i = 0; i < g.taps(); ++i) {
    taps[static_cast<std::size_t>(i)] = {i / g.kernel_width * g.dilation_height - g.pad_top,
                                         i % g.kernel_width * g.dilation_width - g.pad_left, i};
  }
  return taps;
}

// Along one side: the input's places first, first + stride, ... have one remainder to the stride,
// so they are reached by the same taps.
struct Remainder {
  std::int64_t first, count;
};
Remainder PlacesOf(std::int64_t remainder, std::int64_t in, std::int64_t stride, std::int64_t pad) {
  const std::int64_t first = ((remainder - pad) % stride + stride) % stride;
  return {first, first < in ? (in - first + stride - 1) / stride : 0};
}

template <class T>
void RunBy(Conv2dAlgorithm algorithm, const LoweredConv2d<T>& problem) {
  if (algorithm == Conv2dAlgorithm::kDirect) return RunDirectConv2d(problem);
  if (algorithm == Conv2dAlgorithm::kWinograd) return RunWinogradConv2d(problem);
  RunLoweredConv2d(problem);
}

// The gradient by the input for those pixels whose place, counted with the padding, leaves the
// remainders (y, x): a convolution of grad_out with some of the taps, at stride 1.
template <class T>
void GradientOfRemainder(LoweredConv2d<T> problem, const Conv2dGeometry& g, std::int64_t y,
                         std::int64_t x, Conv2dAlgorithm algorithm) {
  const Remainder rows = PlacesOf(y, g.in_height, g.stride_height, g.pad_top);
  const Remainder columns = PlacesOf(x, g.in_width, g.stride_width, g.pad_left);
  problem.grid_height = rows.count;
  problem.grid_width = columns.count;
  problem.first_y = rows.first;
  problem.first_x = columns.first;
  for (std::int64_t i = 0; i < g.taps() && g.out_length() > 0; ++i) {
    const std::int64_t from_y = rows.first + g.pad_top - i / g.kernel_width * g.dilation_height;
    const std::int64_t from_x = columns.first + g.pad_left - i % g.kernel_width * g.dilation_width;
    if (from_y % g.stride_height == 0 && from_x % g.stride_width == 0) {
      problem.taps.push_back({from_y / g.stride_height, from_x / g.stride_width, i});
    }
  }
  RunBy(algorithm, problem);
}

template <class T>
void Forward(const Conv2dArgs& args) {
  const Conv2dGeometry& g = args.geometry;
  const int kind = KindIndex(args.activation, kActivationCount, kForward, "activation");
  const Conv2dAlgorithm algorithm = Resolve(args.algorithm, Conv2dPass::kForward, g, kForward);
  LoweredConv2d<T> problem;
  problem.batch = g.batch;
  problem.groups = g.groups;
  problem.source = Elements<T>(args.x, g.in_length(), kForward, "x");
  problem.channels = g.in_group();
  problem.height = g.in_height;
  problem.width = g.in_width;
  problem.weight = Elements<T>(args.weight, g.weight_length(), kForward, "weight");
  problem.kernel_taps = g.taps();
  problem.line_stride = g.in_group() * g.taps();
  problem.channel_stride = g.taps();
  problem.taps = ForwardTaps(g);
  problem.step_y = g.stride_height;
  problem.step_x = g.stride_width;
  problem.grid_height = g.out_height;
  problem.grid_width = g.out_width;
  problem.bias = OptionalElements<T>(args.bias, g.out_channels, kForward, "bias");
  problem.result = Elements<T>(args.out, g.out_length(), kForward, "out");
  problem.m = g.out_group();
  problem.result_height = g.out_height;
  problem.result_width = g.out_width;
  problem.relu = args.activation == Activation::kRelu;
  if (!problem.relu && args.activation != Activation::kIdentity) {
    problem.activation = Kernels().typed<T>().activation.forward[kind];
  }
  problem.parameter = static_cast<T>(args.parameter);
  if (g.out_length() == 0) return;
  if (algorithm == Conv2dAlgorithm::kUnfolded) return UnfoldedConv2d(args);
  problem.in_place = algorithm == Conv2dAlgorithm::kPointwise;
  RunBy(algorithm, problem);
}

template <class T>
void InputGradient(const Conv2dInputGradientArgs& args) {
  const Conv2dGeometry& g = args.geometry;
  const Conv2dAlgorithm algorithm =
      Resolve(args.algorithm, Conv2dPass::kInputGradient, g, kInputGradient);
  LoweredConv2d<T> problem;
  problem.batch = g.batch;
  problem.groups = g.groups;
  problem.source = Elements<T>(args.grad_out, g.out_length(), kInputGradient, "gradOut");
  problem.channels = g.out_group();
  problem.height = g.out_height;
  problem.width = g.out_width;
  problem.weight = Elements<T>(args.weight, g.weight_length(), kInputGradient, "weight");
  problem.kernel_taps = g.taps();
  problem.line_stride = g.taps();
  problem.channel_stride = g.in_group() * g.taps();
  problem.step_y = 1;
  problem.step_x = 1;
  problem.bias = OptionalElements<T>(args.bias, g.in_channels, kInputGradient, "bias");
  problem.result = Elements<T>(args.grad_x, g.in_length(), kInputGradient, "gradX");
  problem.m = g.in_group();
  problem.result_height = g.in_height;
  problem.result_width = g.in_width;
  problem.spread_y = g.stride_height;
  problem.spread_x = g.stride_width;
  if (g.in_length() == 0) return;
  if (algorithm == Conv2dAlgorithm::kUnfolded) return UnfoldedInputGradient(args);
  problem.in_place = algorithm == Conv2dAlgorithm::kPointwise;
  for (std::int64_t y = 0; y < std::min(g.stride_height, g.in_height); ++y) {
    for (std::int64_t x = 0; x < std::min(g.stride_width, g.in_width); ++x) {
      GradientOfRemainder(problem, g, (y + g.pad_top) % g.stride_height,
                          (x + g.pad_left) % g.stride_width, algorithm);
    }
  }
}

template <class T>
void WeightGradient(const Conv2dWeightGradientArgs& args) {
  const Conv2dGeometry& g = args.geometry;
  const Conv2dAlgorithm algorithm =
      Resolve(args.algorithm, Conv2dPass::kWeightGradient, g, kWeightGradient);
  const WeightGradientProblem<T> problem{
      Elements<T>(args.x, g.in_length(), kWeightGradient, "x"),
      Elements<T>(args.grad_out, g.out_length(), kWeightGradient, "gradOut"),
      Elements<T>(args.grad_weight, g.weight_length(), kWeightGradient, "gradWeight"),
      static_cast<T>(args.beta), g};
  if (g.weight_length() == 0) return;
  if (g.in_length() > 0 && g.out_length() > 0) {
    if (algorithm == Conv2dAlgorithm::kDirect) return DirectWeightGradient(problem, ForwardTaps(g));
    if (algorithm == Conv2dAlgorithm::kWinograd) return WinogradWeightGradient(problem);
    if (algorithm == Conv2dAlgorithm::kUnfolded) return UnfoldedWeightGradient(args);
    return LoweredWeightGradient(problem);
  }
  for (std::int64_t i = 0; i < g.weight_length(); ++i) {
    T& element = problem.grad_weight[i];
    element = problem.beta == T(0) ? T(0) : problem.beta * element;
  }
}

}  // namespace

void Conv2d(const Conv2dArgs& args) {
  DispatchFloat(args.dtype, kForward, [&](auto zero) { Forward<decltype(zero)>(args); });
}

void Conv2dInputGradient(const Conv2dInputGradientArgs& args) {
  DispatchFloat(args.dtype, kInputGradient,
                [&](auto zero) { InputGradient<decltype(zero)>(args); });
}

void Conv2dWeightGradient(const Conv2dWeightGradientArgs& args) {
  DispatchFloat(args.dtype, kWeightGradient,
                [&](auto zero) { WeightGradient<decltype(zero)>(args); });
}

}  // namespace gradlane
