// Convolutions of signs: the patches of 16 neighbouring results as the lanes of a panel, against
// the weights of the channels.
#include <algorithm>

#include "cpu/dispatch.h"
#include "ops/xnor.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

// Where the taps of a panel read, and which of them count: (taps, 16) each.
struct Places {
  std::int32_t* at;      // within a plane of the input
  std::uint32_t* masks;  // all ones, or 0 where a tap lies outside of the image
  std::int32_t bits[kXnorLanes];
  bool whole;  // all count
};

void FindPlaces(const Conv2dGeometry& g, std::int64_t first, std::int64_t lanes, Places& places) {
  places.whole = true;
  std::fill(places.bits, places.bits + kXnorLanes, 0);
  std::fill(places.at, places.at + g.taps() * kXnorLanes, 0);
  std::fill(places.masks, places.masks + g.taps() * kXnorLanes, 0u);
  for (std::int64_t lane = 0; lane < lanes; ++lane) {
    const std::int64_t top = (first + lane) / g.out_width * g.stride_height - g.pad_top;
    const std::int64_t left = (first + lane) % g.out_width * g.stride_width - g.pad_left;
    std::int64_t place = lane;
    for (std::int64_t p = 0; p < g.kernel_height; ++p) {
      const std::int64_t y = top + p * g.dilation_height;
      for (std::int64_t q = 0; q < g.kernel_width; ++q, place += kXnorLanes) {
        const std::int64_t x = left + q * g.dilation_width;
        if (y < 0 || y >= g.in_height || x < 0 || x >= g.in_width) {
          places.whole = false;
          continue;
        }
        places.at[place] = static_cast<std::int32_t>(y * g.in_width + x);
        places.masks[place] = ~0u;
        places.bits[lane] += static_cast<std::int32_t>(g.in_group());
      }
    }
  }
}

}  // namespace

void XnorConv2d(const XnorConv2dArgs& args) {
  constexpr const char* kOp = "xnorConv2d";
  const Conv2dGeometry& g = args.geometry;
  CheckConv2dGeometry(g, kOp);
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t depth = WordsOf(g.in_group()), taps = g.taps(), words = depth * taps;
    const std::int64_t group_length = depth * g.in_plane();
    const auto* x = reinterpret_cast<const std::uint32_t*>(
        Elements<std::int32_t>(args.x, Product(kOp, g.batch, g.groups, group_length), kOp, "x"));
    const auto* weight = reinterpret_cast<const std::uint32_t*>(
        Elements<std::int32_t>(args.weight, Product(kOp, g.out_channels, words), kOp, "weight"));
    const T* bias = OptionalElements<T>(args.bias, g.out_channels, kOp, "bias");
    T* out = Elements<T>(args.out, g.out_length(), kOp, "out");
    if (g.out_length() == 0) return;
    CheckPadded(words + 2 * taps, kXnorLanes);
    const auto multiply = Kernels().typed<T>().xnor.multiply;

    const std::int64_t plane = g.out_plane(), lines = g.out_group();
    const std::int64_t panels = (plane + kXnorLanes - 1) / kXnorLanes;
    const std::int64_t work = std::max<std::int64_t>(1, kXnorLanes * words * lines);
    const T no_bias[kXnorLanes] = {};
    ParallelRanges(
        g.batch * g.groups * panels, std::max<std::int64_t>(1, kXnorGrain / work),
        [&](std::int64_t begin, std::int64_t end) {
          const std::int64_t size = (words + 2 * taps) * kXnorLanes;
          auto* panel = static_cast<std::uint32_t*>(ThreadScratch(
              ScratchSlot::kPackB, static_cast<std::size_t>(size) * sizeof(std::uint32_t)));
          Places places;
          places.masks = panel + words * kXnorLanes;
          places.at = reinterpret_cast<std::int32_t*>(places.masks + taps * kXnorLanes);
          for (std::int64_t i = begin; i < end; ++i) {
            const std::int64_t first = i % panels * kXnorLanes;
            const std::int64_t lanes = std::min<std::int64_t>(kXnorLanes, plane - first);
            const std::int64_t image = i / panels, group = image % g.groups;
            FindPlaces(g, first, lanes, places);
            const std::uint32_t* source = x + image * group_length;
            for (std::int64_t d = 0; d < depth; ++d, source += g.in_plane()) {
              std::uint32_t* line = panel + d * taps * kXnorLanes;
              // What a mask leaves out may be any word; of an image without pixels it is all.
              for (std::int64_t at = 0; at < taps * kXnorLanes && g.in_plane() > 0; ++at) {
                line[at] = source[places.at[at]];
              }
            }
            const T* biases = bias == nullptr ? nullptr : bias + group * lines;
            multiply({panel, kXnorLanes, words, places.whole ? nullptr : places.masks, taps,
                      places.bits, no_bias, lanes},
                     weight + group * lines * words, lines, biases,
                     out + image * lines * plane + first, plane);
          }
        });
  });
}

}  // namespace gradlane
