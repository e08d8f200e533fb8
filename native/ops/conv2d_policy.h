// Which algorithm computes a convolution, and in which pieces. Everything here follows from the
// geometry, the tile sizes of the ISA target and fixed budgets; never from the number of threads.
//
// Scratch, in elements, beside the packed weights (the weights rounded up to whole panels of mr
// rows, for the input gradient and a stride above 1 one class of taps at a time):
//   forward, input gradient   a thread: one panel of B (kc * nr), a padded part of the source
//                             (kSourceBudget, or one row band of one channel where that is longer)
//                             and, for results that are not written in place, kResultBudget (or one
//                             row of the result's grid for all channels of a group)
//   direct                    a thread: one padded image with the channels of a group
//   Winograd                  of the filters 36 numbers a filter (4 times the weights of 3 x 3), as
//                             many sums for the weight gradient, and CutWinograd's blocks: for each
//                             channel, of the source and of the results, 36 numbers a tile, in
//                             all kWinogradBudget (the weight gradient: kWinogradGradientBudget,
//                             shared) or one panel of tiles, where that is longer; a thread: 36
//                             tiles and their pixels of one vector of channels
//   unfolded                  kChunkBudget of patches, or those of one image, and its results
//   weight gradient           kChunkBudget of packed gradients and as much of a padded image (or
//                             what one panel length of pixels needs), one panel of B a thread, and
//                             the weights once more
#pragma once

#include <cstdint>

#include "ops/conv2d_geometry.h"

namespace gradlane {

inline constexpr std::int64_t kConv2dSourceBudget = 1 << 16;
inline constexpr std::int64_t kConv2dResultBudget = 1 << 18;
inline constexpr std::int64_t kConv2dChunkBudget = 1 << 20;
inline constexpr std::int64_t kWinogradBudget = 1 << 19;
inline constexpr std::int64_t kWinogradGradientBudget = 1 << 20;
// Below this many blocks, threads share the steps of a block and not the blocks.
inline constexpr std::int64_t kWinogradFewBlocks = 16;

enum class Conv2dPass { kForward, kInputGradient, kWeightGradient };

bool CanRun(Conv2dAlgorithm algorithm, const Conv2dGeometry& geometry);
Conv2dAlgorithm ChooseConv2d(Conv2dPass pass, const Conv2dGeometry& geometry);

// Whether the kernel is as large as the image, so that the image is the one patch.
bool SeesWholeImage(const Conv2dGeometry& geometry);

// Length of the steps in which a sum of `channels` times `taps` products is taken: whole channels
// where a channel's taps fit into a panel.
std::int64_t StepOfSum(std::int64_t channels, std::int64_t taps, std::int64_t kc);

// Rows of the register tiles of a product with m rows: as high as they may be, of even height.
std::int64_t RowsOfTile(std::int64_t m, std::int64_t mr);

// Tiles of a block of Winograd's convolution of `channels` to m channels, whole panels of nr.
std::int64_t CutWinograd(std::int64_t channels, std::int64_t m, std::int64_t tiles,
                         std::int64_t nr);
std::int64_t CutWinogradGradient(const Conv2dGeometry& geometry, std::int64_t tiles,
                                 std::int64_t nr);

// What the pieces of a lowered convolution follow from: a grid of pixels, and the padded source
// that `rows` of its rows need of one channel, (rows - 1) * step_y + reach_y rows of row_length.
struct LoweredShape {
  std::int64_t batch, groups, m, k;
  std::int64_t grid_height, grid_width;
  std::int64_t step_y, reach_y, row_length;
  std::int64_t channels_of_step;
  std::int64_t lanes, nr;
  bool spread;  // the result's pixels do not lie side by side
};

// A piece is `rows` rows of the grid of `images` images, one after the other. Unless it is
// `compact`, a piece is written in place, and a task takes `pieces` of them.
struct LoweredPieces {
  std::int64_t images, rows, pieces;
  bool compact;
};
LoweredPieces CutLowered(const LoweredShape& shape);

// Pieces of the sum of a weight gradient: `pixels` of the grid's pixels of `images` images.
struct GradientPieces {
  std::int64_t images, pixels;
};
GradientPieces CutWeightGradient(const Conv2dGeometry& geometry, std::int64_t kc);

}  // namespace gradlane
