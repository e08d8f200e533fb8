#include "ops/conv2d_geometry.h"

#include "base/buffer.h"

namespace gradlane {
namespace {

void Least(std::int64_t value, std::int64_t least, const char* op, const char* what) {
  if (value >= least) return;
  Throw(ErrorCode::kValue, {op, ": expected ", what, " to be at least ", least, ", got ", value});
}

// What a row or column of kernel taps covers, and the padding before it, within 2^31.
void CheckReach(const char* op, std::int64_t out, std::int64_t stride, std::int64_t kernel,
                std::int64_t dilation, std::int64_t pad) {
  const std::int64_t steps = Product(op, out, stride), taps = Product(op, kernel, dilation);
  Product(op, steps + taps, 1);
  Product(op, pad, 1);
}

}  // namespace

void CheckConv2dGeometry(const Conv2dGeometry& g, const char* op) {
  Least(g.kernel_height, 1, op, "kernelHeight");
  Least(g.kernel_width, 1, op, "kernelWidth");
  Least(g.stride_height, 1, op, "strideHeight");
  Least(g.stride_width, 1, op, "strideWidth");
  Least(g.dilation_height, 1, op, "dilationHeight");
  Least(g.dilation_width, 1, op, "dilationWidth");
  Least(g.pad_top, 0, op, "padTop");
  Least(g.pad_left, 0, op, "padLeft");
  Least(g.groups, 1, op, "groups");
  if (g.in_channels % g.groups != 0 || g.out_channels % g.groups != 0) {
    Throw(ErrorCode::kShape, {op, ": expected groups (", g.groups, ") to divide inChannels (",
                              g.in_channels, ") and outChannels (", g.out_channels, ")"});
  }
  Product(op, Product(op, g.batch, g.in_channels), g.in_height, g.in_width);
  Product(op, Product(op, g.batch, g.out_channels), g.out_height, g.out_width);
  // The weights of one result first: there may be no results.
  Product(op, g.out_channels,
          Product(op, g.in_channels / g.groups, g.kernel_height, g.kernel_width));
  CheckReach(op, g.out_height, g.stride_height, g.kernel_height, g.dilation_height, g.pad_top);
  CheckReach(op, g.out_width, g.stride_width, g.kernel_width, g.dilation_width, g.pad_left);
}

void CheckPadded(std::int64_t plane, std::int64_t planes) {
  constexpr std::int64_t kMost = std::int64_t{1} << 27;
  if (plane <= kMost && planes <= kMost / plane) return;
  Throw(ErrorCode::kValue, {"conv2d: the kernel reaches over ", planes, " x ", plane,
                            " elements of the padded input at a time, the most is 2^27; "
                            "make dilation or padding smaller"});
}

}  // namespace gradlane
