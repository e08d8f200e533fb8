// oneDNN's convolutions for conv2d_bench, where the library is installed. Operands lie as users of
// plain tensors have them (NCHW): where oneDNN computes in a layout of its own, the reordering
// there and back is part of a call, as it is in PyTorch's.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ops/conv2d_geometry.h"

namespace gradlane {

class OneDnnConv2d {
 public:
  OneDnnConv2d(const Conv2dGeometry& g, float* x, float* weight, float* grad_out, float* result,
               float* grad_x, float* grad_weight)
      : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {
    using Dims = dnnl::memory::dims;
    using Tag = dnnl::memory::format_tag;
    const Dims in = {g.batch, g.in_channels, g.in_height, g.in_width};
    const Dims out = {g.batch, g.out_channels, g.out_height, g.out_width};
    // Weights with a dimension for one group would take oneDNN's slow general reordering.
    const bool grouped = g.groups > 1;
    Dims taps = {g.out_channels / g.groups, g.in_group(), g.kernel_height, g.kernel_width};
    if (grouped) taps.insert(taps.begin(), g.groups);
    const Tag taps_tag = grouped ? Tag::goihw : Tag::oihw;
    const Dims strides = {g.stride_height, g.stride_width};
    const Dims before = {g.pad_top, g.pad_left};
    const auto after = [](std::int64_t size, std::int64_t made, std::int64_t kernel,
                          std::int64_t stride,
                          std::int64_t pad) { return (made - 1) * stride + kernel - size - pad; };
    const Dims behind = {
        after(g.in_height, g.out_height, g.kernel_height, g.stride_height, g.pad_top),
        after(g.in_width, g.out_width, g.kernel_width, g.stride_width, g.pad_left)};
    const auto any = [](const Dims& dims) {
      return dnnl::memory::desc(dims, dnnl::memory::data_type::f32, Tag::any);
    };
    const auto plain = [&](const Dims& dims, Tag tag, float* data) {
      return dnnl::memory({dims, dnnl::memory::data_type::f32, tag}, engine_, data);
    };
    const auto auto_choice = dnnl::algorithm::convolution_auto;
    const dnnl::convolution_forward::primitive_desc forward(
        {dnnl::prop_kind::forward_training, auto_choice, any(in), any(taps), any(out), strides,
         before, behind},
        engine_);
    const dnnl::convolution_backward_data::primitive_desc by_input(
        {auto_choice, any(in), any(taps), any(out), strides, before, behind}, engine_, forward);
    const dnnl::convolution_backward_weights::primitive_desc by_weight(
        {auto_choice, any(in), any(taps), any(out), strides, before, behind}, engine_, forward);
    const dnnl::memory source = plain(in, Tag::nchw, x);
    const dnnl::memory filter = plain(taps, taps_tag, weight);
    const dnnl::memory gradient = plain(out, Tag::nchw, grad_out);
    passes_.push_back(Pass(dnnl::convolution_forward(forward),
                           {{DNNL_ARG_SRC, source, forward.src_desc()},
                            {DNNL_ARG_WEIGHTS, filter, forward.weights_desc()}},
                           {DNNL_ARG_DST, plain(out, Tag::nchw, result), forward.dst_desc()}));
    passes_.push_back(
        Pass(dnnl::convolution_backward_data(by_input),
             {{DNNL_ARG_DIFF_DST, gradient, by_input.diff_dst_desc()},
              {DNNL_ARG_WEIGHTS, filter, by_input.weights_desc()}},
             {DNNL_ARG_DIFF_SRC, plain(in, Tag::nchw, grad_x), by_input.diff_src_desc()}));
    passes_.push_back(Pass(dnnl::convolution_backward_weights(by_weight),
                           {{DNNL_ARG_SRC, source, by_weight.src_desc()},
                            {DNNL_ARG_DIFF_DST, gradient, by_weight.diff_dst_desc()}},
                           {DNNL_ARG_DIFF_WEIGHTS, plain(taps, taps_tag, grad_weight),
                            by_weight.diff_weights_desc()}));
  }

  // 0: forward, 1: by input, 2: by weight.
  void Run(int pass) { passes_[pass].Run(stream_); }

 private:
  struct Operand {
    int argument;
    dnnl::memory plain;
    dnnl::memory::desc wanted;
  };

  // A primitive and the reorderings around it, all made once: making one compiles code.
  class Pass {
   public:
    Pass(dnnl::primitive primitive, const std::vector<Operand>& sources, const Operand& result) {
      std::unordered_map<int, dnnl::memory> arguments;
      for (const Operand& source : sources) {
        const dnnl::memory used = Placed(source);
        arguments.emplace(source.argument, used);
        if (used != source.plain) Reorder(source.plain, used);
      }
      const dnnl::memory made = Placed(result);
      arguments.emplace(result.argument, made);
      steps_.push_back({std::move(primitive), std::move(arguments)});
      if (made != result.plain) Reorder(made, result.plain);
    }
    void Run(dnnl::stream& stream) {
      for (const Step& step : steps_) step.primitive.execute(stream, step.arguments);
      stream.wait();
    }

   private:
    struct Step {
      dnnl::primitive primitive;
      std::unordered_map<int, dnnl::memory> arguments;
    };
    static dnnl::memory Placed(const Operand& operand) {
      const bool as_it_is = operand.plain.get_desc() == operand.wanted;
      return as_it_is ? operand.plain : dnnl::memory(operand.wanted, operand.plain.get_engine());
    }
    void Reorder(dnnl::memory from, dnnl::memory to) {
      steps_.push_back({dnnl::reorder(from, to), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}});
    }
    std::vector<Step> steps_;
  };

  dnnl::engine engine_;
  dnnl::stream stream_;
  std::vector<Pass> passes_;
};

}  // namespace gradlane
