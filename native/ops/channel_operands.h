// The operands that the normalisations have in common, checked, and numbers for each channel.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "parallel/scratch.h"

namespace gradlane {

struct NormSizes {
  std::int64_t elements;  // of x and all that is of its shape
  std::int64_t channels;  // weights, biases
  std::int64_t sets;      // means, standard deviations
};

// Those that an argument struct has; weight, bias and their gradients may be left out.
template <class T>
struct ChannelOperands {
  const T *x = nullptr, *grad_out = nullptr, *weight = nullptr, *bias = nullptr;
  T *mean = nullptr, *inverse_std = nullptr, *out = nullptr, *grad_x = nullptr;
  T *grad_weight = nullptr, *grad_bias = nullptr;

  template <class Args>
  ChannelOperands(const char* op, const Args& args, const NormSizes& sizes) {
    const auto all = [&](const Buffer& buffer, std::int64_t n, const char* operand) {
      return reinterpret_cast<T*>(ElementBytes(args.dtype, buffer, n, op, operand));
    };
    const auto of_channels = [&](const Buffer& buffer, const char* operand) {
      return buffer.present() ? all(buffer, sizes.channels, operand) : nullptr;
    };
    if constexpr (requires { args.x; }) x = all(args.x, sizes.elements, "x");
    if constexpr (requires { args.grad_out; }) {
      grad_out = all(args.grad_out, sizes.elements, "gradOut");
    }
    if constexpr (requires { args.weight; }) weight = of_channels(args.weight, "weight");
    if constexpr (requires { args.bias; }) bias = of_channels(args.bias, "bias");
    mean = all(args.mean, sizes.sets, "mean");
    inverse_std = all(args.inverse_std, sizes.sets, "inverseStd");
    if constexpr (requires { args.out; }) out = all(args.out, sizes.elements, "out");
    if constexpr (requires { args.grad_x; }) grad_x = all(args.grad_x, sizes.elements, "gradX");
    if constexpr (requires { args.grad_weight; }) {
      grad_weight = of_channels(args.grad_weight, "gradWeight");
      grad_bias = of_channels(args.grad_bias, "gradBias");
    }
  }

  // grad = share + beta * grad of weight and bias of channel c; beta = 0 does not read it.
  template <class Args>
  void AddShares(const Args& args, std::int64_t c, double of_weight, double of_bias) const {
    const auto add = [c](T* grad, double share, double beta) {
      if (grad == nullptr) return;
      const T own = static_cast<T>(share);
      grad[c] = beta == 0 ? own : own + static_cast<T>(beta) * grad[c];
    };
    add(grad_weight, of_weight, args.weight_beta);
    add(grad_bias, of_bias, args.bias_beta);
  }
};

// body(the operands of `args`), in the type that it names.
template <class Args, class Body>
void WithOperands(const char* op, const Args& args, const NormSizes& sizes, Body&& body) {
  DispatchFloat(args.dtype, op,
                [&](auto zero) { body(ChannelOperands<decltype(zero)>(op, args, sizes)); });
}

// `count` arrays of n numbers, in scratch that lasts over the parallel parts.
template <class T>
T* ChannelScratch(std::int64_t n, int count) {
  return static_cast<T*>(
      ThreadScratch(ScratchSlot::kBias, static_cast<std::size_t>(n * count) * sizeof(T)));
}

}  // namespace gradlane
