#include "ops/conv2d_policy.h"

#include <algorithm>

namespace gradlane {
namespace {

std::int64_t Ceil(std::int64_t n, std::int64_t step) { return (n + step - 1) / step; }

// The smallest number that divides n into as few parts as parts of `most` do.
std::int64_t Even(std::int64_t n, std::int64_t most) { return Ceil(n, Ceil(n, most)); }

constexpr std::int64_t kWinogradNumbers = 36;  // of a tile and a channel
constexpr std::int64_t kWinogradSide = 7;      // sides of a kernel and of its tiles together

bool IsWinograd(const Conv2dGeometry& g) {
  return g.groups == 1 && g.kernel_height == g.kernel_width &&
         (g.kernel_height == 3 || g.kernel_height == 5) && g.stride_height == 1 &&
         g.stride_width == 1 && g.dilation_height == 1 && g.dilation_width == 1 &&
         g.in_channels > 0 && g.out_channels > 0;
}

// Both costs in multiply-adds at the full speed of the ISA target, fitted to Zen 5 in AVX-512 and
// AVX2.
bool WinogradPays(Conv2dPass pass, const Conv2dGeometry& g) {
  if (!IsWinograd(g)) return false;
  constexpr double kEfficiency = 0.75;                    // of large products
  constexpr double kFilter = 1500;                        // there or back
  const double tile = g.kernel_height == 3 ? 1000 : 600;  // of one channel, there or back
  constexpr std::int64_t kVector = 16;  // channels, or tiles of a panel, done together
  const bool by_input = pass == Conv2dPass::kInputGradient;
  const bool by_weight = pass == Conv2dPass::kWeightGradient;
  const std::int64_t side = kWinogradSide - g.kernel_height;
  const std::int64_t height = by_input ? g.in_height : g.out_height;
  const std::int64_t width = by_input ? g.in_width : g.out_width;
  const std::int64_t source = by_input ? g.out_channels : g.in_channels;
  const std::int64_t results = by_input ? g.in_channels : g.out_channels;
  const std::int64_t tiles = g.batch * Ceil(height, side) * Ceil(width, side);
  const auto whole = [](std::int64_t n) { return Ceil(n, kVector) * kVector; };
  const double filters = static_cast<double>(source * results);
  const double products =
      static_cast<double>((by_weight ? tiles : whole(tiles)) * kWinogradNumbers * source * results);
  const std::int64_t channels = whole(source) + (by_weight ? whole(results) : results);
  const double winograd =
      products / kEfficiency + static_cast<double>(tiles * channels) * tile + filters * kFilter;
  // Few results leave a part of the register tile empty, and share what it costs to gather.
  const double lines = static_cast<double>(results);
  const double lowered = static_cast<double>(g.batch * height * width * g.taps()) * filters /
                         kEfficiency * (lines + (by_weight ? 12 : 5)) / lines;
  return winograd < lowered;
}

bool IsPointwise(const Conv2dGeometry& g) {
  return g.kernel_height == 1 && g.kernel_width == 1 && g.stride_height == 1 &&
         g.stride_width == 1 && g.pad_top == 0 && g.pad_left == 0 && g.out_height == g.in_height &&
         g.out_width == g.in_width;
}

// Whether patches that are written out are cheaper than what else there is. A result of padding
// costs the others as much as one of the image, and each result a panel of its own; patches cost
// their elements, more where their rows are short. In multiply-adds, fitted to Zen 4 in AVX-512
// over 2,600 shapes.
bool UnfoldedPays(Conv2dPass pass, const Conv2dGeometry& g, bool few) {
  constexpr std::int64_t kMost = 1 << 22;  // elements of the patches of an image
  if (g.groups != 1 || g.out_plane() * g.in_channels * g.taps() > kMost) return false;
  const auto pixels = static_cast<double>(g.out_plane()), run = static_cast<double>(g.kernel_width);
  switch (pass) {
    case Conv2dPass::kForward:
      return pixels * (1 + 8 / run) <
             8 + 2 * static_cast<double>(g.in_plane()) / static_cast<double>(g.taps());
    case Conv2dPass::kWeightGradient:
      return g.out_channels >= g.in_channels && pixels * (1 + 16 / run) < 8;
    default: {
      const auto sums = static_cast<double>(g.out_channels);
      const auto places =
          static_cast<double>(g.in_plane()) / static_cast<double>(g.stride_height * g.stride_width);
      return pixels * (sums + (few ? 8 + 16 / run : 16 + 64 / run)) < places * sums;
    }
  }
}

}  // namespace

bool SeesWholeImage(const Conv2dGeometry& g) {
  return g.out_plane() == 1 && g.kernel_height == g.in_height && g.kernel_width == g.in_width &&
         g.pad_top == 0 && g.pad_left == 0 && g.dilation_height == 1 && g.dilation_width == 1;
}

bool CanRun(Conv2dAlgorithm algorithm, const Conv2dGeometry& geometry) {
  switch (algorithm) {
    case Conv2dAlgorithm::kAuto:
    case Conv2dAlgorithm::kImplicitGemm:
    case Conv2dAlgorithm::kDirect:
      return true;
    case Conv2dAlgorithm::kPointwise:
      return IsPointwise(geometry);
    case Conv2dAlgorithm::kWinograd:
      return IsWinograd(geometry);
    case Conv2dAlgorithm::kUnfolded:
      return geometry.groups == 1;
    default:
      return false;
  }
}

Conv2dAlgorithm ChooseConv2d(Conv2dPass pass, const Conv2dGeometry& geometry) {
  if (geometry.groups == 1 && SeesWholeImage(geometry)) return Conv2dAlgorithm::kUnfolded;
  // One or two results a group leave most of a register tile empty.
  constexpr std::int64_t kFew = 2;
  const std::int64_t results =
      pass == Conv2dPass::kInputGradient ? geometry.in_group() : geometry.out_group();
  const bool narrow = pass == Conv2dPass::kWeightGradient && geometry.in_group() > kFew;
  if (results <= kFew && !narrow) {
    return UnfoldedPays(pass, geometry, true) ? Conv2dAlgorithm::kUnfolded
                                              : Conv2dAlgorithm::kDirect;
  }
  // A small image fills few vectors, so its pixels are gathered together with those of others. The
  // sum of a weight gradient runs along the pixels and does not mind.
  const bool small = geometry.batch > 1 && geometry.out_plane() < 64;
  if (IsPointwise(geometry) && (pass == Conv2dPass::kWeightGradient || !small)) {
    return Conv2dAlgorithm::kPointwise;
  }
  if (WinogradPays(pass, geometry)) return Conv2dAlgorithm::kWinograd;
  return UnfoldedPays(pass, geometry, false) ? Conv2dAlgorithm::kUnfolded
                                             : Conv2dAlgorithm::kImplicitGemm;
}

std::int64_t StepOfSum(std::int64_t channels, std::int64_t taps, std::int64_t kc) {
  if (taps > kc) return Even(channels * taps, kc);
  return Even(channels, std::max<std::int64_t>(1, kc / std::max<std::int64_t>(1, taps))) * taps;
}

std::int64_t RowsOfTile(std::int64_t m, std::int64_t mr) {
  return Even(std::max<std::int64_t>(1, m), mr);
}

std::int64_t CutWinograd(std::int64_t channels, std::int64_t m, std::int64_t tiles,
                         std::int64_t nr) {
  const std::int64_t most = kWinogradBudget / (kWinogradNumbers * (channels + m)) / nr * nr;
  return Even(Ceil(tiles, nr), std::max<std::int64_t>(1, most / nr)) * nr;
}

std::int64_t CutWinogradGradient(const Conv2dGeometry& g, std::int64_t tiles, std::int64_t nr) {
  const std::int64_t channels = g.in_channels + g.out_channels;
  const std::int64_t most = kWinogradGradientBudget / (kWinogradNumbers * channels) / nr;
  return Even(Ceil(tiles, nr), std::max<std::int64_t>(1, most)) * nr;
}

LoweredPieces CutLowered(const LoweredShape& s) {
  const std::int64_t pixels = s.grid_height * s.grid_width;
  const std::int64_t vectors = Ceil(pixels, s.lanes) * s.lanes;
  LoweredPieces cut{1, s.grid_height, 1, s.spread};
  // Where more than a seventh of the vectors would be empty, several images share them.
  if (s.batch > 1 && pixels < 8 * s.lanes && 7 * pixels < 6 * vectors) cut.compact = true;

  // Rows of a piece: their part of the source fits into the budget, and so does a compact result.
  const std::int64_t row_source = std::max<std::int64_t>(1, s.channels_of_step * s.row_length);
  const std::int64_t source_rows = kConv2dSourceBudget / row_source;
  std::int64_t rows = std::min(cut.rows, (source_rows - s.reach_y) / s.step_y + 1);
  if (cut.compact) rows = std::min(rows, kConv2dResultBudget / (s.m * s.grid_width));
  // With few images, pieces of 2^20 multiply-adds (some 10 us) let threads share an image.
  const std::int64_t wanted = Ceil(16, s.batch * s.groups);
  const std::int64_t least_pixels =
      std::max(4 * s.nr, (1 << 20) / std::max<std::int64_t>(1, s.m * s.k));
  rows = std::min(rows, std::max(Ceil(s.grid_height, wanted), Ceil(least_pixels, s.grid_width)));
  cut.rows = Even(s.grid_height, std::max<std::int64_t>(1, rows));

  if (cut.compact) {
    if (cut.rows < s.grid_height) return cut;
    const std::int64_t source = row_source * ((cut.rows - 1) * s.step_y + s.reach_y);
    const std::int64_t most =
        std::min(kConv2dSourceBudget / source,
                 std::min<std::int64_t>(1024, kConv2dResultBudget / s.m) / pixels);
    cut.images = Even(s.batch, std::max<std::int64_t>(1, most));
    return cut;
  }
  // The weights are read once a task: some 2^23 multiply-adds (0.1 ms), but 16 tasks at least.
  const std::int64_t work = std::max<std::int64_t>(1, s.m * s.k * cut.rows * s.grid_width);
  const std::int64_t all = s.batch * Ceil(s.grid_height, cut.rows);
  cut.pieces = std::max<std::int64_t>(1, std::min((1 << 23) / work, Ceil(all * s.groups, 16)));
  return cut;
}

GradientPieces CutWeightGradient(const Conv2dGeometry& g, std::int64_t kc) {
  const std::int64_t pixels = g.out_plane(), width = g.out_width;
  if (pixels <= kc) return {Even(g.batch, kc / pixels), pixels};
  if (width <= kc) return {1, Even(g.out_height, kc / width) * width};
  return {1, Even(width, kc)};
}

}  // namespace gradlane
