// out (channels) = sum over batch and spatial of x (batch, channels, spatial) + beta * out: the
// gradient of a convolution's bias.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"

namespace gradlane {

struct ChannelSumArgs {
  Dtype dtype;
  Buffer x, out;
  std::int64_t batch, channels, spatial;
  double beta;

  GRADLANE_FIELDS(ChannelSumArgs, dtype, x, out, batch, channels, spatial, beta)
};
// The sums of the images are taken as by `reduce` and added up in double, in order.
void ChannelSum(const ChannelSumArgs& args);

}  // namespace gradlane
