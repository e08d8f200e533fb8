#include "ops/conv2d_unfolded.h"

#include <algorithm>
#include <cstring>

#include "cpu/dispatch.h"
#include "ops/conv2d_policy.h"
#include "ops/grain.h"
#include "ops/matmul.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

// Between `count` taps of a patch, side by side, and pixels that are `step` apart.
using Run = void (*)(char* pixels, std::int64_t step, char* taps, std::int64_t count);

template <class T>
void CutRun(char* pixels, std::int64_t step, char* taps, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    reinterpret_cast<T*>(taps)[i] = reinterpret_cast<T*>(pixels)[i * step];
  }
}

template <class T>
void AddRun(char* pixels, std::int64_t step, char* taps, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    reinterpret_cast<T*>(pixels)[i * step] += reinterpret_cast<T*>(taps)[i];
  }
}

template <class T>
void FillRun(char* pixels, const char* value, std::int64_t count) {
  std::fill_n(reinterpret_cast<T*>(pixels), count, *reinterpret_cast<const T*>(value));
}

// Memory of either type: the code for it would be the same twice.
class Unfolded {
 public:
  Unfolded(const Conv2dGeometry& geometry, Dtype dtype, const Buffer& x, const Buffer& out,
           bool in_place)
      : g_(geometry),
        dtype_(dtype),
        item_(ItemSize(dtype)),
        k_(g_.in_channels * g_.taps()),
        pixels_(g_.out_plane()),
        whole_(in_place && SeesWholeImage(g_)),
        step_(whole_ ? g_.batch
                     : std::clamp<std::int64_t>(kConv2dChunkBudget / (pixels_ * k_), 1, g_.batch)),
        x_(static_cast<char*>(x.data)),
        out_(static_cast<char*>(out.data)) {
    if (!whole_) CheckPadded(k_, pixels_);
    const std::int64_t rows = step_ * pixels_;
    if (!whole_) patches_ = Scratch(ScratchSlot::kSource, rows * k_);
    if (pixels_ > 1) results_ = Scratch(ScratchSlot::kResult, rows * g_.out_channels);
  }

  // Calls body() for all images, as many at a time as scratch is for.
  template <class Body>
  void ForChunks(Body&& body) {
    for (image_ = 0; image_ < g_.batch; image_ += step_) {
      images_ = std::min(step_, g_.batch - image_);
      body();
    }
  }

  // Of the chunk: whether it is the first one, the patches (pixel, channel, tap), and what belongs
  // to their pixels, (pixel, out channel).
  bool first() const { return image_ == 0; }
  std::int64_t rows() const { return images_ * pixels_; }
  Buffer patches() const { return {whole_ ? images() : patches_, rows() * k_ * item_}; }
  Buffer results() const {
    return {pixels_ > 1 ? results_ : planes(), rows() * g_.out_channels * item_};
  }

  void Unfold() const {
    if (whole_) return;
    std::memset(patches_, 0, static_cast<std::size_t>(rows() * k_ * item_));
    Move(item_ == 4 ? &CutRun<float> : &CutRun<double>);
  }

  // The sum of the patches where they were cut from, plus the biases.
  void Fold(const Buffer& bias) const {
    if (whole_) return;
    const std::int64_t plane = g_.in_plane();
    constexpr double kZero = 0;
    for (std::int64_t i = 0; i < images_ * g_.in_channels; ++i) {
      const char* const value = bias.present()
                                    ? static_cast<char*>(bias.data) + i % g_.in_channels * item_
                                    : reinterpret_cast<const char*>(&kZero);
      (item_ == 4 ? &FillRun<float> : &FillRun<double>)(images() + i * plane * item_, value, plane);
    }
    Move(item_ == 4 ? &AddRun<float> : &AddRun<double>);
  }

  // From (out channel, pixel) of each image to results, or back.
  void Turn(bool back) const {
    if (pixels_ == 1) return;
    const std::int64_t size = pixels_ * g_.out_channels * item_;
    const auto kernel = item_ == 4 ? Kernels().transpose.bytes4 : Kernels().transpose.bytes8;
    for (std::int64_t i = 0; i < images_; ++i) {
      char *const own = planes() + i * size, *const turned = results_ + i * size;
      if (back) {
        kernel(turned, own, pixels_, g_.out_channels, g_.out_channels, pixels_);
      } else {
        kernel(own, turned, g_.out_channels, pixels_, pixels_, g_.out_channels);
      }
    }
  }

  MatmulArgs Product(const Buffer& a, const Buffer& b, const Buffer& out, std::int64_t m,
                     std::int64_t n, std::int64_t k) const {
    MatmulArgs args{};
    args.dtype = dtype_;
    args.a = a;
    args.b = b;
    args.out = out;
    args.m = m;
    args.n = n;
    args.k = k;
    args.alpha = 1;
    return args;
  }

 private:
  char* Scratch(ScratchSlot slot, std::int64_t length) const {
    return static_cast<char*>(ThreadScratch(slot, static_cast<std::size_t>(length * item_)));
  }
  char* images() const { return x_ + image_ * g_.in_channels * g_.in_plane() * item_; }
  char* planes() const { return out_ + image_ * g_.out_channels * pixels_ * item_; }

  // All runs of taps within the images, channel by channel; those of one overlap.
  void Move(Run run) const {
    ParallelRanges(images_ * g_.in_channels, RowsOfGrain(kMathGrain, pixels_ * g_.taps()),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t i = begin; i < end; ++i) MovePlane(i, run);
                   });
  }

  void MovePlane(std::int64_t index, Run run) const {
    char* const plane = images() + index * g_.in_plane() * item_;
    const std::int64_t image = index / g_.in_channels, channel = index % g_.in_channels;
    const std::int64_t step = g_.dilation_width;
    for (std::int64_t pixel = 0; pixel < pixels_; ++pixel) {
      char* const patch = patches_ + ((image * pixels_ + pixel) * k_ + channel * g_.taps()) * item_;
      const std::int64_t top = pixel / g_.out_width * g_.stride_height - g_.pad_top;
      const std::int64_t left = pixel % g_.out_width * g_.stride_width - g_.pad_left;
      const std::int64_t first = left < 0 ? (step - 1 - left) / step : 0;
      const std::int64_t end = std::min(g_.kernel_width, (g_.in_width - left + step - 1) / step);
      for (std::int64_t row = 0; row < g_.kernel_height && first < end; ++row) {
        const std::int64_t y = top + row * g_.dilation_height;
        if (y < 0 || y >= g_.in_height) continue;
        run(plane + (y * g_.in_width + left + first * step) * item_, step,
            patch + (row * g_.kernel_width + first) * item_, end - first);
      }
    }
  }

  const Conv2dGeometry& g_;
  const Dtype dtype_;
  const std::int64_t item_, k_, pixels_;
  const bool whole_;  // the kernel is the image: its patch lies there already
  const std::int64_t step_;
  char *x_, *out_;
  char *patches_ = nullptr, *results_ = nullptr;
  std::int64_t image_ = 0, images_ = 0;
};

}  // namespace

void UnfoldedConv2d(const Conv2dArgs& args) {
  const Conv2dGeometry& g = args.geometry;
  Unfolded of(g, args.dtype, args.x, args.out, true);
  of.ForChunks([&] {
    of.Unfold();
    MatmulArgs product = of.Product(of.patches(), args.weight, of.results(), of.rows(),
                                    g.out_channels, g.in_channels * g.taps());
    product.transpose_b = true;
    product.bias = args.bias;
    product.activation = args.activation;
    product.parameter = args.parameter;
    Matmul(product);
    of.Turn(true);
  });
}

void UnfoldedInputGradient(const Conv2dInputGradientArgs& args) {
  const Conv2dGeometry& g = args.geometry;
  Unfolded of(g, args.dtype, args.grad_x, args.grad_out, !args.bias.present());
  of.ForChunks([&] {
    of.Turn(false);
    Matmul(of.Product(of.results(), args.weight, of.patches(), of.rows(), g.in_channels * g.taps(),
                      g.out_channels));
    of.Fold(args.bias);
  });
}

void UnfoldedWeightGradient(const Conv2dWeightGradientArgs& args) {
  const Conv2dGeometry& g = args.geometry;
  Unfolded of(g, args.dtype, args.x, args.grad_out, true);
  of.ForChunks([&] {
    of.Unfold();
    of.Turn(false);
    MatmulArgs product = of.Product(of.results(), of.patches(), args.grad_weight, g.out_channels,
                                    g.in_channels * g.taps(), of.rows());
    product.transpose_a = true;
    product.beta = of.first() ? args.beta : 1;
    Matmul(product);
  });
}

}  // namespace gradlane
