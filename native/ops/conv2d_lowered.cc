#include "ops/conv2d_lowered.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/zeros.h"
#include "cpu/dispatch.h"
#include "ops/conv2d_geometry.h"
#include "ops/conv2d_panel.h"
#include "ops/conv2d_policy.h"
#include "ops/matmul_policy.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

std::int64_t Ceil(std::int64_t n, std::int64_t step) { return (n + step - 1) / step; }

template <class T>
class Run {
 public:
  explicit Run(const LoweredConv2d<T>& problem)
      : problem_(problem),
        kernels_(Kernels().typed<T>()),
        mr_(RowsOfTile(problem.m, kernels_.matmul.mr)),
        nr_(kernels_.matmul.nr),
        taps_(static_cast<std::int64_t>(problem.taps.size())),
        k_(problem.channels * taps_),
        ones_(problem.bias != nullptr ? 1 : 0),
        padded_(problem.taps, problem.grid_width, problem.step_y, problem.step_x) {
    step_ = k_ == 0 ? 1 : StepOfSum(problem.channels, taps_, kernels_.matmul.kc);
    channels_of_step_ = taps_ == 0 ? 0 : (step_ + taps_ - 1) / taps_ + (step_ % taps_ != 0);
    cut_ = CutLowered({problem.batch, problem.groups, problem.m, k_, problem.grid_height,
                       problem.grid_width, problem.step_y, padded_.reach_y, padded_.row_length(),
                       channels_of_step_, kernels_.matmul.lanes, nr_,
                       problem.spread_y != 1 || problem.spread_x != 1});
    if (problem.in_place) cut_.images = 1, cut_.compact = false;
  }

  void Do() {
    if (k_ + ones_ == 0) return Clear();
    PackWeights();
    ListStarts();
    const LoweredConv2d<T>& p = problem_;
    bands_ = Ceil(p.grid_height, cut_.rows);
    const std::int64_t pieces =
        cut_.compact ? Ceil(p.batch, cut_.images) * bands_ : p.batch * bands_;
    const std::int64_t tasks = Ceil(pieces, cut_.pieces);
    ParallelFor(tasks * p.groups, [&](std::int64_t task) {
      const std::int64_t first = task % tasks * cut_.pieces;
      Task(task / tasks, first, std::min(pieces, first + cut_.pieces));
    });
  }

 private:
  struct Piece {
    std::int64_t image, images, row, rows;
  };

  Piece PieceAt(std::int64_t index) const {
    const LoweredConv2d<T>& p = problem_;
    const std::int64_t row = index % bands_ * cut_.rows, image = index / bands_ * cut_.images;
    return {image, std::min(cut_.images, p.batch - image), row,
            std::min(cut_.rows, p.grid_height - row)};
  }

  // --- weights ---------------------------------------------------------------------------------

  std::int64_t padded_m() const { return Ceil(problem_.m, mr_) * mr_; }
  // Panels of the lines from p on of a group; the line of the biases, if any, is the first.
  T* PanelsOf(std::int64_t group, std::int64_t p) const {
    return a_ + (group * (k_ + ones_) + p + (p > 0 ? ones_ : 0)) * padded_m();
  }

  void PackWeights() {
    a_ = static_cast<T*>(ThreadScratch(
        ScratchSlot::kPackA,
        static_cast<std::size_t>(problem_.groups * padded_m() * (k_ + ones_)) * sizeof(T)));
    const std::int64_t panels = padded_m() / mr_;
    const std::int64_t grain = std::max<std::int64_t>(1, kPackGrain / ((k_ + 1) * mr_));
    ParallelRanges(problem_.groups * panels, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) PackPanel(i / panels, i % panels * mr_);
    });
  }

  void PackPanel(std::int64_t group, std::int64_t first) {
    const LoweredConv2d<T>& p = problem_;
    const std::int64_t lines = std::min(mr_, p.m - first);
    const T* const weight =
        p.weight + group * p.m * p.channels * p.kernel_taps + first * p.line_stride;
    for (std::int64_t begin = 0; begin == 0 || begin < k_; begin += step_) {
      const std::int64_t k = std::min(step_, k_ - begin), extra = begin == 0 ? ones_ : 0;
      T* panel = PanelsOf(group, begin) + first * (k + extra);
      if (extra == 1) {
        for (std::int64_t i = 0; i < mr_; ++i) {
          panel[i] = i < lines ? p.bias[group * p.m + first + i] : T(0);
        }
        panel += mr_;
      }
      PackSpan(weight, begin, k, lines, panel);
    }
  }

  // Lines [begin, begin + k) of the sum for `lines` results.
  void PackSpan(const T* weight, std::int64_t begin, std::int64_t k, std::int64_t lines, T* panel) {
    const LoweredConv2d<T>& p = problem_;
    const auto& pack = kernels_.matmul.pack_a;
    if (k == 0) return;
    if (taps_ == p.kernel_taps && p.channel_stride == taps_) {
      return pack(weight + begin, p.line_stride, false, lines, k, mr_, panel);
    }
    if (p.kernel_taps == 1 && p.line_stride == 1) {
      return pack(weight + begin * p.channel_stride, p.channel_stride, true, lines, k, mr_, panel);
    }
    for (std::int64_t at = begin; at < begin + k; ++at, panel += mr_) {
      const T* const from = weight + at / taps_ * p.channel_stride +
                            p.taps[static_cast<std::size_t>(at % taps_)].index;
      for (std::int64_t i = 0; i < lines; ++i) panel[i] = from[i * p.line_stride];
      for (std::int64_t i = lines; i < mr_; ++i) panel[i] = T(0);
    }
  }

  // --- patches ---------------------------------------------------------------------------------

  // Where each line of the sum begins in the padded source, whose first channel is that of the
  // line at which its step begins.
  void ListStarts() {
    if (problem_.in_place) return;
    plane_ = padded_.plane(cut_.rows);
    CheckPadded(plane_, channels_of_step_ * cut_.images);
    starts_ = Zeros<std::int64_t>(k_);
    for (std::int64_t p = 0; p < k_; ++p) {
      const Conv2dTap& tap = problem_.taps[static_cast<std::size_t>(p % taps_)];
      starts_[static_cast<std::size_t>(p)] =
          (p / taps_ - p / step_ * step_ / taps_) * plane_ + padded_.StartOf(tap);
    }
  }

  void PadSource(std::int64_t group, const Piece& piece, std::int64_t begin, std::int64_t k,
                 T* padded) const {
    const LoweredConv2d<T>& p = problem_;
    const Conv2dWindow window = padded_.WindowOf(p.height, p.width, piece.row, piece.rows);
    const std::int64_t first = begin / taps_, last = (begin + k - 1) / taps_;
    for (std::int64_t image = 0; image < piece.images; ++image) {
      for (std::int64_t c = first; c <= last; ++c) {
        const std::int64_t channel = ((piece.image + image) * p.groups + group) * p.channels + c;
        kernels_.conv2d.pad(p.source + channel * p.height * p.width, window,
                            padded + (image * channels_of_step_ + c - first) * plane_);
      }
    }
  }

  // The copies that gather `count` pixels of a piece from pixel j on.
  std::int64_t ListCopies(const Piece& piece, std::int64_t j, std::int64_t count,
                          PanelCopies& copies) const {
    const std::int64_t width = problem_.grid_width, pixels = piece.rows * width;
    PanelCopyList list(copies, kernels_.matmul.lanes);
    for (std::int64_t at = j; at < j + count;) {
      const std::int64_t image = at / pixels, y = at % pixels / width, x = at % width;
      const std::int64_t run = std::min(width - x, j + count - at);
      list.Add(image * channels_of_step_ * plane_ + y * padded_.row_step() + x, run);
      at += run;
    }
    return list.count();
  }

  // --- the product -----------------------------------------------------------------------------

  void Task(std::int64_t group, std::int64_t first, std::int64_t end) const {
    const LoweredConv2d<T>& p = problem_;
    const auto scratch = [](ScratchSlot slot, std::int64_t length) {
      return static_cast<T*>(ThreadScratch(slot, static_cast<std::size_t>(length) * sizeof(T)));
    };
    const std::int64_t lanes = kernels_.matmul.lanes;
    const std::int64_t padded =
        p.in_place ? 0 : cut_.images * channels_of_step_ * plane_ + 2 * lanes;
    T* const source = scratch(ScratchSlot::kSource, padded);
    T* const panel = scratch(ScratchSlot::kPackB, (step_ + 1) * nr_ + lanes);
    T* const compact =
        cut_.compact ? scratch(ScratchSlot::kResult, p.m * cut_.images * cut_.rows * p.grid_width)
                     : nullptr;
    for (std::int64_t begin = 0; begin == 0 || begin < k_; begin += step_) {
      const std::int64_t k = std::min(step_, k_ - begin);
      for (std::int64_t index = first; index < end; ++index) {
        const Piece piece = PieceAt(index);
        if (!p.in_place && k > 0) PadSource(group, piece, begin, k, source);
        Multiply(group, piece, begin, k, source, panel, compact);
      }
    }
    for (std::int64_t index = first; index < end; ++index) {
      const Piece piece = PieceAt(index);
      Activate(group, piece, compact);
      if (compact != nullptr) Spread(group, piece, compact);
    }
  }

  // Adds lines [begin, begin + k) of the sum to all results of a piece.
  void Multiply(std::int64_t group, const Piece& piece, std::int64_t begin, std::int64_t k,
                const T* source, T* panel, T* compact) const {
    const LoweredConv2d<T>& p = problem_;
    const std::int64_t extra = begin == 0 ? ones_ : 0;
    const std::int64_t columns = piece.images * piece.rows * p.grid_width;
    T* const out = compact != nullptr ? compact : Destination(group, piece);
    const std::int64_t ldo = compact != nullptr ? columns : p.result_height * p.result_width;
    MatmulEpilogue<T> epilogue;
    epilogue.beta = begin == 0 ? T(0) : T(1);
    epilogue.relu = p.relu && begin + step_ >= k_;
    const MatmulPanels<T> a = MatmulPanels<T>::Packed(PanelsOf(group, begin), mr_, k + extra);
    PanelCopies copies;
    for (std::int64_t j = 0; j < columns; j += nr_) {
      const std::int64_t n = std::min(nr_, columns - j);
      if (extra == 1) std::fill(panel, panel + nr_, T(1));
      T* const lines = panel + extra * nr_;
      if (p.in_place) {
        const std::int64_t plane = p.height * p.width;
        const std::int64_t channel = (piece.image * p.groups + group) * p.channels + begin;
        kernels_.matmul.pack_b(p.source + channel * plane + piece.row * p.width + j, plane, true, n,
                               k, lines);
      } else if (k > 0) {
        const std::int64_t count = ListCopies(piece, j, n, copies);
        kernels_.conv2d.gather(source, starts_.data() + begin, k, copies.data(), count, nr_, lines);
      }
      kernels_.matmul.block(a, MatmulPanels<T>::Packed(panel, nr_, k + extra), p.m, n, k + extra,
                            out + j, ldo, epilogue);
    }
  }

  // --- the result ------------------------------------------------------------------------------

  T* Destination(std::int64_t group, const Piece& piece) const {
    const LoweredConv2d<T>& p = problem_;
    return p.result + (piece.image * p.groups + group) * p.m * p.result_height * p.result_width +
           piece.row * p.grid_width;
  }

  void Activate(std::int64_t group, const Piece& piece, T* compact) const {
    const LoweredConv2d<T>& p = problem_;
    if (p.activation == nullptr) return;
    const std::int64_t columns = piece.images * piece.rows * p.grid_width;
    T* row = compact != nullptr ? compact : Destination(group, piece);
    const std::int64_t ldo = compact != nullptr ? columns : p.result_height * p.result_width;
    for (std::int64_t i = 0; i < p.m; ++i, row += ldo) p.activation(row, row, columns, p.parameter);
  }

  // Moves a compact piece to its places.
  void Spread(std::int64_t group, const Piece& piece, const T* compact) const {
    const LoweredConv2d<T>& p = problem_;
    const std::int64_t result_plane = p.result_height * p.result_width;
    for (std::int64_t i = 0; i < p.m; ++i) {
      for (std::int64_t image = piece.image; image < piece.image + piece.images; ++image) {
        T* const plane = p.result + ((image * p.groups + group) * p.m + i) * result_plane;
        for (std::int64_t y = piece.row; y < piece.row + piece.rows; ++y) {
          T* const to = plane + (p.first_y + y * p.spread_y) * p.result_width + p.first_x;
          for (std::int64_t x = 0; x < p.grid_width; ++x) to[x * p.spread_x] = compact[x];
          compact += p.grid_width;
        }
      }
    }
  }

  // No taps and no bias: the results are 0.
  void Clear() const {
    const LoweredConv2d<T>& p = problem_;
    ParallelRanges(p.batch * p.groups * p.m, 64, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t plane = begin; plane < end; ++plane) {
        T* const image = p.result + plane * p.result_height * p.result_width;
        for (std::int64_t y = 0; y < p.grid_height; ++y) {
          T* const to = image + (p.first_y + y * p.spread_y) * p.result_width + p.first_x;
          for (std::int64_t x = 0; x < p.grid_width; ++x) to[x * p.spread_x] = T(0);
        }
      }
    });
  }

  const LoweredConv2d<T>& problem_;
  const TypedKernels<T>& kernels_;
  const std::int64_t mr_, nr_, taps_, k_;
  const std::int64_t ones_;  // 1: the sum has a line of ones, whose weights are the biases
  const PaddedSource padded_;
  std::int64_t step_ = 0, channels_of_step_ = 0, plane_ = 0, bands_ = 1;
  LoweredPieces cut_{};
  T* a_ = nullptr;
  std::vector<std::int64_t> starts_;
};

}  // namespace

template <class T>
void RunLoweredConv2d(const LoweredConv2d<T>& problem) {
  if (problem.batch * problem.groups * problem.m * problem.grid_height * problem.grid_width == 0) {
    return;
  }
  Run<T>(problem).Do();
}

template void RunLoweredConv2d<float>(const LoweredConv2d<float>&);
template void RunLoweredConv2d<double>(const LoweredConv2d<double>&);

}  // namespace gradlane
