#include "ops/conv2d_winograd.h"

#include <algorithm>

#include "ops/conv2d_policy.h"
#include "ops/conv2d_winograd_tiles.h"
#include "ops/matmul_policy.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

constexpr std::int64_t kPlanes = kWinogradPoints * kWinogradPoints;

std::int64_t Ceil(std::int64_t n, std::int64_t step) { return (n + step - 1) / step; }

template <class T>
class Run {
 public:
  explicit Run(const LoweredConv2d<T>& problem)
      : problem_(problem),
        kernels_(Kernels().typed<T>()),
        lanes_(kernels_.matmul.lanes),
        mr_(RowsOfTile(problem.m, kernels_.matmul.mr)),
        nr_(kernels_.matmul.nr),
        large_(problem.kernel_taps == 25 ? 1 : 0),
        kernel_(large_ ? 5 : 3),
        grid_{problem.batch, problem.grid_height, problem.grid_width,
              kWinogradPoints + 1 - kernel_},
        tiles_(grid_.tiles()) {
    const Conv2dTap& first = problem.taps.front();
    const Conv2dTap& last = problem.taps.back();
    const std::int64_t y = std::min(first.y, last.y), x = std::min(first.x, last.x);
    image_ = {problem.source,
              problem.channels,
              problem.height,
              problem.width,
              y,
              x,
              kWinogradPoints,
              0,
              0};
    image_.LimitTo(problem.grid_height + kernel_ - 1, problem.grid_width + kernel_ - 1);
    reversed_ = first.y > last.y;
    block_ = CutWinograd(problem.channels, problem.m, tiles_, nr_);
    channels_ = Ceil(problem.channels, lanes_) * lanes_;
    panel_ = mr_ * problem.channels + lanes_;
    filters_plane_ = Ceil(problem.m, mr_) * panel_ + kGap;
    source_plane_ = channels_ * block_ + kGap;
    sums_plane_ = problem.m * block_ + kGap;
  }

  void Do() {
    filters_ = Scratch(ScratchSlot::kPackA, kPlanes * filters_plane_);
    const std::int64_t panels = Ceil(problem_.m, mr_);
    ParallelFor(panels, [&](std::int64_t panel) { TurnFilters(panel); });
    const std::int64_t blocks = Ceil(tiles_, block_);
    // Few blocks leave the threads to the steps of each.
    if (blocks < kWinogradFewBlocks) {
      for (std::int64_t block = 0; block < blocks; ++block) Block(block * block_);
    } else {
      ParallelFor(blocks, [&](std::int64_t block) { Block(block * block_); });
    }
  }

 private:
  static T* Scratch(ScratchSlot slot, std::int64_t length) {
    return static_cast<T*>(ThreadScratch(slot, static_cast<std::size_t>(length) * sizeof(T)));
  }
  static std::int64_t* Places(std::int64_t count) {
    return static_cast<std::int64_t*>(ThreadScratch(
        ScratchSlot::kPlaces, static_cast<std::size_t>(count) * sizeof(std::int64_t)));
  }

  // --- filters: (point, panel of results, channel, result) ---------------------------------------

  void TurnFilters(std::int64_t panel) const {
    const LoweredConv2d<T>& p = problem_;
    const std::int64_t first = panel * mr_, lines = std::min(mr_, p.m - first);
    const std::int64_t taps = p.kernel_taps;
    T* const packed = Scratch(ScratchSlot::kTemporary, p.channels * taps * mr_ + lanes_);
    if (p.channel_stride == taps) {
      kernels_.matmul.pack_a(p.weight + first * p.line_stride, p.line_stride, false, lines,
                             p.channels * taps, mr_, packed);
    } else {
      for (std::int64_t c = 0; c < p.channels; ++c) {
        kernels_.matmul.pack_a(p.weight + c * p.channel_stride + first * p.line_stride,
                               p.line_stride, false, lines, taps, mr_, packed + c * taps * mr_);
      }
    }
    std::int64_t* const starts = Places(p.channels);
    for (std::int64_t c = 0; c < p.channels; ++c) starts[c] = c * taps * mr_;
    const std::int64_t turn = reversed_ ? -1 : 1;
    // A vector may be longer than what is left of a panel's line; what it spills over the next line
    // is written after it: lines go up, the vectors of a line down.
    for (std::int64_t at = (mr_ - 1) / lanes_ * lanes_; at >= 0; at -= lanes_) {
      kernels_.winograd.filter[large_](
          {packed + (reversed_ ? (taps - 1) * mr_ : 0) + at, starts, turn * kernel_ * mr_,
           turn * mr_},
          {filters_ + panel * panel_ + at, mr_, kWinogradPoints * filters_plane_, filters_plane_},
          p.channels);
    }
  }

  // --- a block of tiles ------------------------------------------------------------------------

  void Block(std::int64_t first) const {
    const std::int64_t count = std::min(block_, tiles_ - first);
    T* const source = Scratch(ScratchSlot::kPackB, kPlanes * source_plane_);
    T* const sums = Scratch(ScratchSlot::kResult, kPlanes * sums_plane_);
    const std::int64_t panels = Ceil(count, nr_);
    ParallelFor(panels * (channels_ / lanes_), [&](std::int64_t task) {
      const std::int64_t panel = task % panels, channel = task / panels * lanes_;
      TurnSource(first + panel * nr_, std::min(first + count, first + (panel + 1) * nr_), channel,
                 source + panel * nr_ * channels_ + channel * nr_);
    });
    ParallelFor(kPlanes, [&](std::int64_t plane) { Multiply(plane, count, source, sums); });
    const std::int64_t grain = std::max<std::int64_t>(1, 4096 / count);
    ParallelRanges(problem_.m, grain, [&](std::int64_t begin, std::int64_t end) {
      Finish(first, count, begin, end, sums);
    });
  }

  // Tiles [first, end), a panel's at most, of `lanes` channels, to (point, channel, tile).
  void TurnSource(std::int64_t first, std::int64_t end, std::int64_t channel, T* to) const {
    const auto transpose = sizeof(T) == 4 ? Kernels().transpose.bytes4 : Kernels().transpose.bytes8;
    const std::int64_t plane = nr_ * lanes_ + kGap;
    T* const turned = Scratch(ScratchSlot::kTemporary,
                              kPlanes * plane + grid_.MostPixels(nr_, kWinogradPoints) * lanes_);
    T* const pixels = turned + kPlanes * plane;
    std::int64_t* const starts = Places(nr_);
    for (std::int64_t at = first; at < end;) {
      const WinogradPart part = grid_.PartAt(at, end);
      const std::int64_t row =
          TurnWinogradPart(image_, grid_, part, channel, lanes_, pixels, starts);
      kernels_.winograd.input(
          {pixels, starts, row, lanes_},
          {turned + (at - first) * lanes_, lanes_, kWinogradPoints * plane, plane}, part.count());
      at += part.count();
    }
    const std::int64_t whole = Ceil(end - first, lanes_) * lanes_;
    for (std::int64_t i = 0; i < kPlanes; ++i) {
      transpose(turned + i * plane, to + i * source_plane_, whole, lanes_, lanes_, nr_);
    }
  }

  void Multiply(std::int64_t plane, std::int64_t count, const T* source, T* sums) const {
    const std::int64_t kc = kernels_.matmul.kc;
    for (std::int64_t begin = 0; begin < problem_.channels; begin += kc) {
      MatmulEpilogue<T> epilogue;
      epilogue.beta = begin == 0 ? T(0) : T(1);
      kernels_.matmul.block(
          {filters_ + plane * filters_plane_ + begin * mr_, mr_, mr_, panel_},
          {source + plane * source_plane_ + begin * nr_, nr_, nr_, channels_ * nr_}, problem_.m,
          count, std::min(kc, problem_.channels - begin), sums + plane * sums_plane_, block_,
          epilogue);
    }
  }

  // Results [begin, end) of a block.
  void Finish(std::int64_t first, std::int64_t count, std::int64_t begin, std::int64_t end,
              const T* sums) const {
    const LoweredConv2d<T>& p = problem_;
    const std::int64_t side = grid_.side, whole = Ceil(count, lanes_) * lanes_;
    T* const rows = Scratch(ScratchSlot::kTemporary, side * side * whole);
    const std::int64_t plane = p.result_height * p.result_width;
    WinogradRun* const runs = static_cast<WinogradRun*>(
        ThreadScratch(ScratchSlot::kPlaces, static_cast<std::size_t>(count) * sizeof(WinogradRun)));
    std::int64_t parts = 0;
    for (std::int64_t at = first; at < first + count;) {
      const WinogradPart part = grid_.PartAt(at, first + count);
      for (std::int64_t row = part.row; row < part.row + part.rows; ++row) {
        const std::int64_t y = row * side, x = part.column * side;
        runs[parts++] = {(at - first) * side, part.image * p.m * plane + y * p.result_width + x,
                         std::min(side, grid_.height - y),
                         std::min(part.columns * side, grid_.width - x)};
        at += part.columns;
      }
    }
    for (std::int64_t i = begin; i < end; ++i) {
      kernels_.winograd.output[large_](sums + i * block_, sums_plane_, whole,
                                       p.bias == nullptr ? T(0) : p.bias[i], p.relu, rows);
      for (std::int64_t row = 0; row < side && p.activation != nullptr; ++row) {
        T* const line = rows + row * whole * side;
        p.activation(line, line, count * side, p.parameter);
      }
      kernels_.winograd.place(rows, whole * side, runs, parts, p.result + i * plane,
                              p.result_width);
    }
  }

  const LoweredConv2d<T>& problem_;
  const TypedKernels<T>& kernels_;
  const std::int64_t lanes_, mr_, nr_;
  const int large_;
  const std::int64_t kernel_;
  const WinogradGrid grid_;
  const std::int64_t tiles_;
  WinogradImage<T> image_{};
  bool reversed_ = false;
  // Between planes, so that they do not share sets of a cache: one line.
  static constexpr std::int64_t kGap = 64 / sizeof(T);
  std::int64_t block_ = 0;     // tiles
  std::int64_t channels_ = 0;  // rounded up to whole vectors
  std::int64_t panel_ = 0, filters_plane_ = 0, source_plane_ = 0, sums_plane_ = 0;
  T* filters_ = nullptr;
};

}  // namespace

template <class T>
void RunWinogradConv2d(const LoweredConv2d<T>& problem) {
  if (problem.batch * problem.m * problem.grid_height * problem.grid_width == 0) return;
  Run<T>(problem).Do();
}

template void RunWinogradConv2d<float>(const LoweredConv2d<float>&);
template void RunWinogradConv2d<double>(const LoweredConv2d<double>&);

}  // namespace gradlane
