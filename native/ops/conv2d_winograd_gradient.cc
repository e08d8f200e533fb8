// The gradient by the weights: the transposes of the steps that make results of filters. The sum
// over the tiles of all images is taken before the last step, block by block in their order.
#include <algorithm>

#include "ops/conv2d_policy.h"
#include "ops/conv2d_winograd.h"
#include "ops/conv2d_winograd_tiles.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

constexpr std::int64_t kPlanes = kWinogradPoints * kWinogradPoints;

std::int64_t Ceil(std::int64_t n, std::int64_t step) { return (n + step - 1) / step; }

template <class T>
class Run {
 public:
  explicit Run(const WeightGradientProblem<T>& problem)
      : problem_(problem),
        g_(problem.geometry),
        kernels_(Kernels().typed<T>()),
        lanes_(kernels_.matmul.lanes),
        mr_(RowsOfTile(g_.out_channels, kernels_.matmul.mr)),
        nr_(kernels_.matmul.nr),
        kernel_(g_.kernel_height),
        large_(kernel_ == 5 ? 1 : 0),
        grid_{g_.batch, g_.out_height, g_.out_width, kWinogradPoints + 1 - kernel_},
        tiles_(grid_.tiles()),
        x_{problem.x,
           g_.in_channels,
           g_.in_height,
           g_.in_width,
           -g_.pad_top,
           -g_.pad_left,
           kWinogradPoints,
           0,
           0},
        grad_{problem.grad_out, g_.out_channels, g_.out_height, g_.out_width, 0, 0,
              grid_.side,       g_.out_height,   g_.out_width} {
    x_.LimitTo(g_.out_height + kernel_ - 1, g_.out_width + kernel_ - 1);
    block_ = CutWinogradGradient(g_, tiles_, nr_);
    const std::int64_t gap = 64 / static_cast<std::int64_t>(sizeof(T));
    outs_ = Ceil(g_.out_channels, lanes_) * lanes_;
    grad_plane_ = outs_ * block_ + gap;
    x_plane_ = Ceil(g_.in_channels, nr_) * nr_ * block_ + gap;
    ins_ = Ceil(g_.in_channels, lanes_) * lanes_;
    sums_plane_ = g_.out_channels * ins_ + gap;
  }

  void Do() {
    a_ = Scratch(ScratchSlot::kPackA, kPlanes * grad_plane_);
    b_ = Scratch(ScratchSlot::kPackB, kPlanes * x_plane_);
    sums_ = Scratch(ScratchSlot::kResult, kPlanes * sums_plane_);
    for (std::int64_t first = 0; first < tiles_; first += block_) {
      const std::int64_t end = std::min(tiles_, first + block_);
      const std::int64_t panels = Ceil(end - first, nr_);
      const std::int64_t groups = (outs_ + ins_) / lanes_;
      ParallelFor(groups * panels, [&](std::int64_t task) {
        const std::int64_t begin = first + task % panels * nr_;
        Turn(first, begin, std::min(end, begin + nr_), task / panels * lanes_);
      });
      ParallelFor(kPlanes, [&](std::int64_t plane) { Multiply(plane, first, end - first); });
    }
    ParallelFor(g_.out_channels, [&](std::int64_t o) { Finish(o); });
  }

 private:
  static T* Scratch(ScratchSlot slot, std::int64_t length) {
    return static_cast<T*>(ThreadScratch(slot, static_cast<std::size_t>(length) * sizeof(T)));
  }
  static std::int64_t* Places(std::int64_t count) {
    return static_cast<std::int64_t*>(ThreadScratch(
        ScratchSlot::kPlaces, static_cast<std::size_t>(count) * sizeof(std::int64_t)));
  }

  // Tiles [begin, end) of a block, for one vector of channels: those of the gradients by the
  // results, to (point, tile, channel), then those of x, to (point, panel of channels, tile,
  // channel), which are panels of the product as they are.
  void Turn(std::int64_t first, std::int64_t begin, std::int64_t end, std::int64_t channel) const {
    T* const pixels =
        Scratch(ScratchSlot::kTemporary, grid_.MostPixels(nr_, kWinogradPoints) * lanes_);
    std::int64_t* const starts = Places(nr_);
    const bool of_grad = channel < outs_;
    const std::int64_t c = of_grad ? channel : channel - outs_;
    for (std::int64_t at = begin; at < end;) {
      const WinogradPart part = grid_.PartAt(at, end);
      const std::int64_t row =
          TurnWinogradPart(of_grad ? grad_ : x_, grid_, part, c, lanes_, pixels, starts);
      if (of_grad) {
        kernels_.winograd.gradient[large_](
            {pixels, starts, row, lanes_},
            {a_ + (at - first) * outs_ + c, outs_, kWinogradPoints * grad_plane_, grad_plane_},
            part.count());
      } else {
        kernels_.winograd.input({pixels, starts, row, lanes_},
                                {b_ + c / nr_ * nr_ * block_ + (at - first) * nr_ + c % nr_, nr_,
                                 kWinogradPoints * x_plane_, x_plane_},
                                part.count());
      }
      at += part.count();
    }
  }

  void Multiply(std::int64_t plane, std::int64_t first, std::int64_t count) const {
    const std::int64_t kc = kernels_.matmul.kc;
    for (std::int64_t begin = 0; begin < count; begin += kc) {
      MatmulEpilogue<T> epilogue;
      epilogue.beta = first + begin == 0 ? T(0) : T(1);
      kernels_.matmul.block({a_ + plane * grad_plane_ + begin * outs_, mr_, outs_, mr_},
                            {b_ + plane * x_plane_ + begin * nr_, nr_, nr_, block_ * nr_},
                            g_.out_channels, g_.in_channels, std::min(kc, count - begin),
                            sums_ + plane * sums_plane_, ins_, epilogue);
    }
  }

  // The gradients by the filters of one result channel.
  void Finish(std::int64_t o) const {
    const std::int64_t taps = g_.taps(), vectors = ins_ / lanes_;
    T* const by_tap = Scratch(ScratchSlot::kTemporary, taps * ins_);
    std::int64_t* const starts = Places(vectors);
    for (std::int64_t i = 0; i < vectors; ++i) starts[i] = i * lanes_;
    kernels_.winograd.filter_gradient[large_](
        {sums_ + o * ins_, starts, kWinogradPoints * sums_plane_, sums_plane_},
        {by_tap, lanes_, kernel_ * ins_, ins_}, vectors);
    T* to = problem_.grad_weight + o * g_.in_channels * taps;
    for (std::int64_t c = 0; c < g_.in_channels; ++c) {
      for (std::int64_t t = 0; t < taps; ++t, ++to) {
        const T sum = by_tap[t * ins_ + c];
        *to = problem_.beta == T(0) ? sum : sum + problem_.beta * *to;
      }
    }
  }

  const WeightGradientProblem<T>& problem_;
  const Conv2dGeometry& g_;
  const TypedKernels<T>& kernels_;
  const std::int64_t lanes_, mr_, nr_, kernel_;
  const int large_;
  const WinogradGrid grid_;
  const std::int64_t tiles_;
  WinogradImage<T> x_, grad_;
  std::int64_t block_ = 0;           // tiles
  std::int64_t outs_ = 0, ins_ = 0;  // channels, rounded up to whole vectors
  std::int64_t grad_plane_ = 0, x_plane_ = 0, sums_plane_ = 0;
  T* a_ = nullptr;
  T* b_ = nullptr;
  T* sums_ = nullptr;
};

}  // namespace

template <class T>
void WinogradWeightGradient(const WeightGradientProblem<T>& problem) {
  Run<T>(problem).Do();
}

template void WinogradWeightGradient<float>(const WeightGradientProblem<float>&);
template void WinogradWeightGradient<double>(const WeightGradientProblem<double>&);

}  // namespace gradlane
