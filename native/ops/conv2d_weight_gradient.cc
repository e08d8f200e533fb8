#include "ops/conv2d_weight_gradient.h"

#include <algorithm>

#include "cpu/dispatch.h"
#include "ops/conv2d_panel.h"
#include "ops/conv2d_policy.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

std::int64_t Ceil(std::int64_t n, std::int64_t step) { return (n + step - 1) / step; }

template <class T>
TransposeKernels::Kernel TransposeKernel() {
  return sizeof(T) == 4 ? Kernels().transpose.bytes4 : Kernels().transpose.bytes8;
}

// The sum runs over the pixels of all images, cut into pieces of one panel length. Some pieces at a
// time, the gradients by the results are packed and the image is padded and turned, so that the
// channels of a pixel lie side by side; then tasks take columns of the result, which are ordered
// (tap, channel).
template <class T>
class Run {
 public:
  explicit Run(const WeightGradientProblem<T>& problem)
      : problem_(problem),
        g_(problem.geometry),
        kernels_(Kernels().typed<T>()),
        transpose_(TransposeKernel<T>()),
        mr_(RowsOfTile(problem.geometry.out_group(), kernels_.matmul.mr)),
        nr_(kernels_.matmul.nr),
        m_(g_.out_group()),
        n_(g_.in_group() * g_.taps()),
        cut_(CutWeightGradient(g_, kernels_.matmul.kc)) {
    const std::int64_t most_rows = (cut_.pixels + g_.out_width - 2) / g_.out_width + 1;
    rows_ = (std::min(most_rows, g_.out_height) - 1) * g_.stride_height +
            (g_.kernel_height - 1) * g_.dilation_height + 1;
    columns_ = (g_.out_width - 1) * g_.stride_width + (g_.kernel_width - 1) * g_.dilation_width + 1;
    image_ = rows_ * columns_ * g_.in_channels;
    CheckPadded(rows_ * columns_, g_.in_channels * cut_.images);
    parts_ = Ceil(g_.out_plane(), cut_.pixels);
    pieces_ = cut_.images > 1 ? Ceil(g_.batch, cut_.images) : g_.batch * parts_;
    a_piece_ = g_.groups * padded_m() * cut_.pixels * cut_.images;
    b_piece_ = image_ * cut_.images;
    chunk_ = std::max<std::int64_t>(1, kConv2dChunkBudget / std::max(a_piece_, b_piece_));
    chunk_ = std::min(chunk_, pieces_);
  }

  void Do() {
    a_ = Scratch(ScratchSlot::kPackA, chunk_ * a_piece_);
    b_ = Scratch(ScratchSlot::kSource, chunk_ * b_piece_ + kernels_.matmul.lanes);
    ordered_ = g_.taps() == 1 || g_.in_group() == 1;
    sums_ = ordered_ ? problem_.grad_weight : Scratch(ScratchSlot::kResult, g_.weight_length());
    for (std::int64_t first = 0; first < pieces_; first += chunk_) {
      const std::int64_t end = std::min(pieces_, first + chunk_);
      Prepare(first, end);
      Multiply(first, end);
    }
    if (!ordered_) Order();
  }

 private:
  // Pixels [pixel, pixel + pixels) of each of so many images.
  struct Piece {
    std::int64_t image, images, pixel, pixels;
    std::int64_t k() const { return images * pixels; }
  };
  Piece PieceAt(std::int64_t index) const {
    const std::int64_t image = cut_.images > 1 ? index * cut_.images : index / parts_;
    const std::int64_t pixel = cut_.images > 1 ? 0 : index % parts_ * cut_.pixels;
    return {image, std::min(cut_.images, g_.batch - image), pixel,
            std::min(cut_.pixels, g_.out_plane() - pixel)};
  }

  static T* Scratch(ScratchSlot slot, std::int64_t length) {
    return static_cast<T*>(ThreadScratch(slot, static_cast<std::size_t>(length) * sizeof(T)));
  }
  std::int64_t padded_m() const { return Ceil(m_, mr_) * mr_; }

  void Prepare(std::int64_t first, std::int64_t end) {
    const std::int64_t panels = g_.groups * (padded_m() / mr_);
    const std::int64_t bands = cut_.images * Ceil(rows_, kBand);
    ParallelFor((end - first) * (panels + bands), [&](std::int64_t task) {
      const std::int64_t index = task / (panels + bands), part = task % (panels + bands);
      const Piece piece = PieceAt(first + index);
      if (part < panels) {
        PackGradients(piece, part, a_ + index * a_piece_);
      } else if ((part - panels) % cut_.images < piece.images) {
        const std::int64_t image = (part - panels) % cut_.images;
        TurnImage(piece, image, (part - panels) / cut_.images * kBand,
                  b_ + index * b_piece_ + image * image_);
      }
    });
  }

  void PackGradients(const Piece& piece, std::int64_t panel, T* a) const {
    const std::int64_t panels = padded_m() / mr_;
    const std::int64_t group = panel / panels, line = panel % panels * mr_;
    T* to = a + panel * mr_ * piece.k();
    for (std::int64_t i = 0; i < piece.images; ++i, to += mr_ * piece.pixels) {
      const std::int64_t channel = (piece.image + i) * g_.out_channels + group * m_ + line;
      kernels_.matmul.pack_a(problem_.grad_out + channel * g_.out_plane() + piece.pixel,
                             g_.out_plane(), false, std::min(mr_, m_ - line), piece.pixels, mr_,
                             to);
    }
  }

  // Rows [row, row + kBand) of one padded image of a piece: (rows, columns, channels).
  void TurnImage(const Piece& piece, std::int64_t image, std::int64_t row, T* padded) const {
    const std::int64_t channels = g_.in_channels, width = g_.in_width;
    const std::int64_t top = piece.pixel / g_.out_width * g_.stride_height - g_.pad_top;
    const T* const planes = problem_.x + (piece.image + image) * channels * g_.in_plane();
    const std::int64_t begin = std::clamp<std::int64_t>(g_.pad_left, 0, columns_);
    const std::int64_t end = std::clamp<std::int64_t>(g_.pad_left + width, begin, columns_);
    for (std::int64_t r = row; r < std::min(rows_, row + kBand); ++r) {
      T* const to = padded + r * columns_ * channels;
      const std::int64_t y = top + r;
      if (y < 0 || y >= g_.in_height || begin == end) {
        std::fill(to, to + columns_ * channels, T(0));
        continue;
      }
      std::fill(to, to + begin * channels, T(0));
      transpose_(planes + y * width + begin - g_.pad_left, to + begin * channels, channels,
                 end - begin, g_.in_plane(), channels);
      std::fill(to + end * channels, to + columns_ * channels, T(0));
    }
  }

  void Multiply(std::int64_t first, std::int64_t end) {
    const std::int64_t panels = Ceil(n_, nr_);
    // Eight tasks a group, so that two threads share them evenly.
    const std::int64_t width =
        Ceil(panels, std::max<std::int64_t>(1, std::min<std::int64_t>(8, panels))) * nr_;
    const std::int64_t tasks = Ceil(n_, width);
    ParallelFor(g_.groups * tasks, [&](std::int64_t task) {
      const std::int64_t group = task / tasks, begin = task % tasks * width;
      Columns(first, end, group, begin, std::min(n_, begin + width));
    });
  }

  void Columns(std::int64_t first, std::int64_t end, std::int64_t group, std::int64_t begin,
               std::int64_t end_column) const {
    const std::int64_t length = cut_.images * cut_.pixels;
    T* const panel = Scratch(ScratchSlot::kPackB, length * nr_ + kernels_.matmul.lanes);
    std::int64_t* const starts = static_cast<std::int64_t*>(ThreadScratch(
        ScratchSlot::kTemporary, static_cast<std::size_t>(length) * sizeof(std::int64_t)));
    PanelCopies copies;
    for (std::int64_t index = first; index < end; ++index) {
      const Piece piece = PieceAt(index);
      const std::int64_t k = piece.k();
      ListStarts(piece, starts);
      MatmulEpilogue<T> epilogue;
      epilogue.beta = index > 0 ? T(1) : ordered_ ? problem_.beta : T(0);
      const T* const a = a_ + (index - first) * a_piece_ + group * padded_m() * k;
      for (std::int64_t j = begin; j < end_column; j += nr_) {
        const std::int64_t n = std::min(nr_, end_column - j);
        const std::int64_t count = ListCopies(group, j, n, copies);
        kernels_.conv2d.gather(b_ + (index - first) * b_piece_, starts, k, copies.data(), count,
                               nr_, panel);
        kernels_.matmul.block(MatmulPanels<T>::Packed(a, mr_, k),
                              MatmulPanels<T>::Packed(panel, nr_, k), m_, n, k,
                              sums_ + group * m_ * n_ + j, n_, epilogue);
      }
    }
  }

  // Where the patch of each pixel begins in the padded images of a piece.
  void ListStarts(const Piece& piece, std::int64_t* starts) const {
    const std::int64_t top = piece.pixel / g_.out_width;
    for (std::int64_t image = 0; image < piece.images; ++image) {
      for (std::int64_t i = 0; i < piece.pixels; ++i) {
        const std::int64_t y = (piece.pixel + i) / g_.out_width - top;
        const std::int64_t x = (piece.pixel + i) % g_.out_width;
        *starts++ = image * image_ +
                    (y * g_.stride_height * columns_ + x * g_.stride_width) * g_.in_channels;
      }
    }
  }

  // The copies that gather `count` columns (tap, channel) from column j on out of a patch.
  std::int64_t ListCopies(std::int64_t group, std::int64_t j, std::int64_t count,
                          PanelCopies& copies) const {
    const std::int64_t channels = g_.in_group();
    PanelCopyList list(copies, kernels_.matmul.lanes);
    for (std::int64_t at = j; at < j + count;) {
      const std::int64_t tap = at / channels, c = at % channels;
      const std::int64_t run = std::min(channels - c, j + count - at);
      const std::int64_t y = tap / g_.kernel_width * g_.dilation_height;
      const std::int64_t x = tap % g_.kernel_width * g_.dilation_width;
      list.Add((y * columns_ + x) * g_.in_channels + group * channels + c, run);
      at += run;
    }
    return list.count();
  }

  // From (out channel, tap, channel) to (out channel, channel, tap).
  void Order() const {
    const std::int64_t channels = g_.in_group(), taps = g_.taps();
    ParallelRanges(g_.out_channels, 4, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t o = begin; o < end; ++o) {
        const T* const from = sums_ + o * n_;
        T* const to = problem_.grad_weight + o * n_;
        for (std::int64_t c = 0; c < channels; ++c) {
          for (std::int64_t t = 0; t < taps; ++t) {
            const T sum = from[t * channels + c];
            T& element = to[c * taps + t];
            element = problem_.beta == T(0) ? sum : sum + problem_.beta * element;
          }
        }
      }
    });
  }

  static constexpr std::int64_t kBand = 4;

  const WeightGradientProblem<T>& problem_;
  const Conv2dGeometry& g_;
  const TypedKernels<T>& kernels_;
  const TransposeKernels::Kernel transpose_;
  const std::int64_t mr_, nr_;
  const std::int64_t m_, n_;  // of the product of one group
  const GradientPieces cut_;
  std::int64_t rows_ = 0, columns_ = 0, image_ = 0;  // of a padded image, and its length
  std::int64_t parts_ = 1, pieces_ = 0, chunk_ = 1;
  std::int64_t a_piece_ = 0, b_piece_ = 0;
  bool ordered_ = false;  // (tap, channel) is the order of the weights
  T* a_ = nullptr;
  T* b_ = nullptr;
  T* sums_ = nullptr;
};

}  // namespace

template <class T>
void LoweredWeightGradient(const WeightGradientProblem<T>& problem) {
  Run<T>(problem).Do();
}

template void LoweredWeightGradient<float>(const WeightGradientProblem<float>&);
template void LoweredWeightGradient<double>(const WeightGradientProblem<double>&);

}  // namespace gradlane
