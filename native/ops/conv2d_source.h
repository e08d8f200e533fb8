// The padded form of what a convolution reads: the part of the source that a grid of pixels needs
// under all taps, its columns dealt out to the phases of the step.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "cpu/tables/conv2d.h"

namespace gradlane {

// Where a weight reads: so far below and right of the place that belongs to a pixel of the result.
struct Conv2dTap {
  std::int64_t y, x;
  std::int64_t index;  // of its weight within a kernel
};

struct PaddedSource {
  std::int64_t first_y = 0, first_x = 0;  // of all taps
  std::int64_t reach_y = 1;               // rows that the taps of one pixel reach over
  std::int64_t step_y = 1, step_x = 1;
  std::int64_t phases = 1, columns = 0;

  PaddedSource(const std::vector<Conv2dTap>& taps, std::int64_t grid_width, std::int64_t y_step,
               std::int64_t x_step)
      : step_y(y_step), step_x(x_step) {
    std::int64_t last_y = 0, last_x = 0;
    for (const Conv2dTap& tap : taps) {
      const bool first = &tap == &taps.front();
      first_y = first ? tap.y : std::min(first_y, tap.y);
      first_x = first ? tap.x : std::min(first_x, tap.x);
      last_y = first ? tap.y : std::max(last_y, tap.y);
      last_x = first ? tap.x : std::max(last_x, tap.x);
    }
    reach_y = last_y - first_y + 1;
    const std::int64_t reach_x = last_x - first_x + 1;
    phases = std::min(step_x, reach_x);  // no tap reads from later ones
    columns = grid_width + (reach_x - 1) / step_x;
  }

  std::int64_t row_length() const { return phases * columns; }
  std::int64_t rows(std::int64_t grid_rows) const { return (grid_rows - 1) * step_y + reach_y; }
  std::int64_t plane(std::int64_t grid_rows) const { return rows(grid_rows) * row_length(); }
  // From a row of the grid to the next.
  std::int64_t row_step() const { return step_y * row_length(); }
  // Where pixel (0, 0) of the grid reads under a tap.
  std::int64_t StartOf(const Conv2dTap& tap) const {
    const std::int64_t x = tap.x - first_x;
    return (tap.y - first_y) * row_length() + x % step_x * columns + x / step_x;
  }
  // What rows [row, row + grid_rows) of the grid need of an image.
  Conv2dWindow WindowOf(std::int64_t height, std::int64_t width, std::int64_t row,
                        std::int64_t grid_rows) const {
    return {height, width,  row * step_y + first_y, first_x, rows(grid_rows), step_x,
            phases, columns};
  }
};

}  // namespace gradlane
