// Dropout of single elements or of whole planes.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/draw_place.h"
#include "ops/fields.h"

namespace gradlane {

// Draws a mask (uint8) of n elements from the generator's state, which advances; out (n, inner) is
// x * scale where the mask is 1, else 0. p is the probability of a 0.
struct DropoutArgs {
  Dtype dtype;
  Buffer state, x, mask, out;
  std::int64_t n, inner;
  double p, scale;
  DrawPlace place = {};

  GRADLANE_FIELDS(DropoutArgs, dtype, state, x, mask, out, n, inner, p, scale, place)
};
void Dropout(const DropoutArgs& args);

struct DropoutGradientArgs {
  Dtype dtype;
  Buffer mask, grad_out, grad_x;
  std::int64_t n, inner;
  double scale;

  GRADLANE_FIELDS(DropoutGradientArgs, dtype, mask, grad_out, grad_x, n, inner, scale)
};
void DropoutGradient(const DropoutGradientArgs& args);

}  // namespace gradlane
