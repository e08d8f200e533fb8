#include "ops/conv2d_winograd_tiles.h"

namespace gradlane {

template <class T>
std::int64_t TurnWinogradPart(const WinogradImage<T>& image, const WinogradGrid& grid,
                              const WinogradPart& part, std::int64_t channel, std::int64_t lanes,
                              T* turned, std::int64_t* starts) {
  const auto transpose = sizeof(T) == 4 ? Kernels().transpose.bytes4 : Kernels().transpose.bytes8;
  const std::int64_t rows = (part.rows - 1) * grid.side + image.reach;
  const std::int64_t columns = (part.columns - 1) * grid.side + image.reach;
  const std::int64_t top = part.row * grid.side + image.first_y;
  const std::int64_t left = part.column * grid.side + image.first_x;
  const std::int64_t plane = image.height * image.width;
  const T* const planes = image.planes + (part.image * image.channels + channel) * plane;
  const std::int64_t channels = std::min(lanes, image.channels - channel);
  const std::int64_t begin = std::clamp<std::int64_t>(-left, 0, columns);
  const std::int64_t end = std::clamp<std::int64_t>(image.end_x - left, begin, columns);
  for (std::int64_t r = 0; r < rows; ++r) {
    T* const to = turned + r * columns * lanes;
    const std::int64_t y = top + r;
    if (y < 0 || y >= image.end_y || begin == end) {
      std::fill(to, to + columns * lanes, T(0));
      continue;
    }
    std::fill(to, to + begin * lanes, T(0));
    transpose(planes + y * image.width + left + begin, to + begin * lanes, channels, end - begin,
              plane, lanes);
    std::fill(to + end * lanes, to + columns * lanes, T(0));
  }
  for (std::int64_t i = 0; i < part.count(); ++i) {
    starts[i] = (i / part.columns * columns + i % part.columns) * grid.side * lanes;
  }
  return columns * lanes;
}

template std::int64_t TurnWinogradPart<float>(const WinogradImage<float>&, const WinogradGrid&,
                                              const WinogradPart&, std::int64_t, std::int64_t,
                                              float*, std::int64_t*);
template std::int64_t TurnWinogradPart<double>(const WinogradImage<double>&, const WinogradGrid&,
                                               const WinogradPart&, std::int64_t, std::int64_t,
                                               double*, std::int64_t*);

}  // namespace gradlane
