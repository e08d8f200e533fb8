#include "ops/conv2d_direct.h"

#include <algorithm>
#include <vector>

#include "base/zeros.h"
#include "cpu/dispatch.h"
#include "ops/conv2d_geometry.h"
#include "ops/conv2d_source.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

// Multiply-adds of a task: some 10 us.
constexpr std::int64_t kTaskWork = 1 << 18;

template <class T>
T* Scratch(ScratchSlot slot, std::int64_t length) {
  return static_cast<T*>(ThreadScratch(slot, static_cast<std::size_t>(length) * sizeof(T)));
}

std::int64_t PlanesOfTask(std::int64_t work) {
  return std::max<std::int64_t>(1, kTaskWork / std::max<std::int64_t>(1, work));
}

}  // namespace

template <class T>
void RunDirectConv2d(const LoweredConv2d<T>& p) {
  if (p.batch * p.groups * p.m * p.grid_height * p.grid_width == 0) return;
  const TypedKernels<T>& kernels = Kernels().typed<T>();
  const PaddedSource padded(p.taps, p.grid_width, p.step_y, p.step_x);
  const std::int64_t plane = padded.plane(p.grid_height);
  const std::int64_t taps = static_cast<std::int64_t>(p.taps.size()), k = p.channels * taps;
  CheckPadded(plane, std::max<std::int64_t>(1, p.channels));

  // The weights of each result in the order of the sum, and where each of them reads.
  T* const weights = Scratch<T>(ScratchSlot::kPackA, p.groups * p.m * k);
  auto starts = Zeros<std::int64_t>(k);
  for (std::int64_t at = 0; at < k; ++at) {
    const Conv2dTap& tap = p.taps[static_cast<std::size_t>(at % taps)];
    starts[static_cast<std::size_t>(at)] = at / taps * plane + padded.StartOf(tap);
    for (std::int64_t i = 0; i < p.groups * p.m; ++i) {
      weights[i * k + at] =
          p.weight[i / p.m * p.m * p.channels * p.kernel_taps + i % p.m * p.line_stride +
                   at / taps * p.channel_stride + tap.index];
    }
  }

  const bool spread = p.spread_y != 1 || p.spread_x != 1;
  const std::int64_t pixels = p.grid_height * p.grid_width;
  const std::int64_t result_plane = p.result_height * p.result_width;
  const Conv2dWindow window = padded.WindowOf(p.height, p.width, 0, p.grid_height);
  const std::int64_t planes = PlanesOfTask(p.m * k * pixels);
  ParallelRanges(p.batch * p.groups, planes, [&](std::int64_t begin, std::int64_t end) {
    T* const source =
        Scratch<T>(ScratchSlot::kSource, p.channels * plane + 2 * kernels.matmul.lanes);
    T* const compact = spread ? Scratch<T>(ScratchSlot::kResult, pixels) : nullptr;
    for (std::int64_t at = begin; at < end; ++at) {
      for (std::int64_t c = 0; c < p.channels && taps > 0; ++c) {
        kernels.conv2d.pad(p.source + (at * p.channels + c) * p.height * p.width, window,
                           source + c * plane);
      }
      for (std::int64_t i = 0; i < p.m; ++i) {
        const std::int64_t line = at % p.groups * p.m + i;
        T* const result = p.result + (at * p.m + i) * result_plane;
        T* const out = spread ? compact : result;
        kernels.conv2d.stencil(source, starts.data(), weights + line * k, k, p.grid_height,
                               p.grid_width, padded.row_step(),
                               p.bias == nullptr ? T(0) : p.bias[line], p.relu, out, p.grid_width);
        if (p.activation != nullptr) p.activation(out, out, pixels, p.parameter);
        for (std::int64_t y = 0; spread && y < p.grid_height; ++y) {
          T* const to = result + (p.first_y + y * p.spread_y) * p.result_width + p.first_x;
          for (std::int64_t x = 0; x < p.grid_width; ++x) {
            to[x * p.spread_x] = compact[y * p.grid_width + x];
          }
        }
      }
    }
  });
}

// Each input channel is padded once an image and meets all results of its group.
template <class T>
void DirectWeightGradient(const WeightGradientProblem<T>& problem,
                          const std::vector<Conv2dTap>& tap_list) {
  const Conv2dGeometry& g = problem.geometry;
  const TypedKernels<T>& kernels = Kernels().typed<T>();
  const PaddedSource padded(tap_list, g.out_width, g.stride_height, g.stride_width);
  const std::int64_t plane = padded.plane(g.out_height), taps = g.taps();
  const std::int64_t in_group = g.in_group(), m = g.out_group();
  CheckPadded(plane, 1);
  auto starts = Zeros<std::int64_t>(taps);
  for (std::int64_t i = 0; i < taps; ++i) {
    starts[static_cast<std::size_t>(i)] = padded.StartOf(tap_list[static_cast<std::size_t>(i)]);
  }

  const Conv2dWindow window = padded.WindowOf(g.in_height, g.in_width, 0, g.out_height);
  // Eight tasks, unless the work is small: the channels of one lie side by side in each image.
  const std::int64_t channels =
      std::max(PlanesOfTask(g.batch * m * taps * g.out_plane()), (g.in_channels + 7) / 8);
  ParallelRanges(g.in_channels, channels, [&](std::int64_t begin, std::int64_t end) {
    T* const source = Scratch<T>(ScratchSlot::kSource, plane + 2 * kernels.matmul.lanes);
    T* const sums = Scratch<T>(ScratchSlot::kResult, (end - begin) * m * taps);
    std::fill(sums, sums + (end - begin) * m * taps, T(0));
    for (std::int64_t b = 0; b < g.batch; ++b) {
      for (std::int64_t channel = begin; channel < end; ++channel) {
        kernels.conv2d.pad(problem.x + (b * g.in_channels + channel) * g.in_plane(), window,
                           source);
        const T* grad =
            problem.grad_out + (b * g.out_channels + channel / in_group * m) * g.out_plane();
        T* sum = sums + (channel - begin) * m * taps;
        for (std::int64_t i = 0; i < m; ++i, grad += g.out_plane(), sum += taps) {
          kernels.conv2d.stencil_gradient(source, starts.data(), taps, grad, g.out_height,
                                          g.out_width, padded.row_step(), sum);
        }
      }
    }
    const T* sum = sums;
    for (std::int64_t channel = begin; channel < end; ++channel) {
      for (std::int64_t i = 0; i < m; ++i) {
        const std::int64_t o = channel / in_group * m + i;
        T* const to = problem.grad_weight + (o * in_group + channel % in_group) * taps;
        for (std::int64_t t = 0; t < taps; ++t, ++sum) {
          to[t] = problem.beta == T(0) ? *sum : *sum + problem.beta * to[t];
        }
      }
    }
  });
}

template void RunDirectConv2d<float>(const LoweredConv2d<float>&);
template void RunDirectConv2d<double>(const LoweredConv2d<double>&);
template void DirectWeightGradient<float>(const WeightGradientProblem<float>&,
                                          const std::vector<Conv2dTap>&);
template void DirectWeightGradient<double>(const WeightGradientProblem<double>&,
                                           const std::vector<Conv2dTap>&);

}  // namespace gradlane
