// Tiles of a plane of results, counted through all images row by row, and the part of a source
// that they read, turned so that the channels of a pixel lie side by side.
#pragma once

#include <algorithm>
#include <cstdint>

#include "cpu/dispatch.h"
#include "cpu/tables/conv2d_winograd.h"
#include "cpu/tables/memory.h"

namespace gradlane {

inline constexpr std::int64_t kWinogradPoints = 6;

// A rectangle of tiles of one image.
struct WinogradPart {
  std::int64_t image, row, column;  // of the first tile
  std::int64_t rows, columns;
  std::int64_t count() const { return rows * columns; }
};

struct WinogradGrid {
  std::int64_t batch, height, width;  // of the results
  std::int64_t side;                  // results of a tile, each way

  std::int64_t rows() const { return (height + side - 1) / side; }
  std::int64_t columns() const { return (width + side - 1) / side; }
  std::int64_t tiles() const { return batch * rows() * columns(); }

  // The longest rectangle that tiles [first, end) begin with.
  WinogradPart PartAt(std::int64_t first, std::int64_t end) const {
    const std::int64_t in_image = first % (rows() * columns());
    const std::int64_t row = in_image / columns(), column = in_image % columns();
    const std::int64_t whole = column > 0 ? 0 : (end - first) / columns();
    if (whole > 0)
      return {first / (rows() * columns()), row, 0, std::min(whole, rows() - row), columns()};
    return {first / (rows() * columns()), row, column, 1,
            std::min(end - first, columns() - column)};
  }
  // Elements of a channel that `count` tiles read at most, where each reads `reach` each way.
  std::int64_t MostPixels(std::int64_t count, std::int64_t reach) const {
    return reach * ((count - 1) * side + reach);
  }
};

// What tiles read: images of some channels.
template <class T>
struct WinogradImage {
  const T* planes;
  std::int64_t channels, height, width;
  std::int64_t first_y, first_x;  // the pixel that result (0, 0) reads first
  std::int64_t reach;             // pixels that a tile reads, each way
  std::int64_t end_y, end_x;      // what lies past these pixels counts as 0

  // Leaves out what no result needs, which may be no numbers.
  void LimitTo(std::int64_t rows, std::int64_t columns) {
    end_y = std::min(height, first_y + rows);
    end_x = std::min(width, first_x + columns);
  }
};

// The pixels of a part, (rows, columns, lanes) for `lanes` channels from `channel` on, 0 outside of
// the image. starts[i]: where tile i of the part begins.
template <class T>
std::int64_t TurnWinogradPart(const WinogradImage<T>& image, const WinogradGrid& grid,
                              const WinogradPart& part, std::int64_t channel, std::int64_t lanes,
                              T* turned, std::int64_t* starts);

}  // namespace gradlane
