// Images of a batch moved, mirrored and partly erased, each by numbers drawn for it; and the
// gradient.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"

namespace gradlane {

// Sizes of the images and of what is cut from them.
struct AugmentShape {
  std::int64_t samples, channels, in_height, in_width, out_height, out_width;
};

// Draws for each sample from the generator's state, which advances, and keeps in `drawn`
// (samples, 7: int32) where its piece is cut, whether it is mirrored, and the rectangle that is
// erased; out is x by that. The formulas are in ts/kernels/augment.ts.
struct AugmentArgs {
  Dtype dtype;
  Buffer state, x, drawn, out;
  AugmentShape shape;
  std::int64_t pad_height, pad_width;  // how far a piece may reach over the edges of the image
  double flip, erase;                  // probabilities
  // Of the erased rectangle: its share of the piece and its height / width, the ratio from its
  // lowest to that times ratio_root^256.
  double area_low, area_high, ratio_low, ratio_root;
  double fill, value;  // of what lies outside of the image; of what is erased
  // Samples of a whole batch that draw before these and after them.
  std::int64_t before = 0, after = 0;

  GRADLANE_FIELDS(AugmentArgs, dtype, state, x, drawn, out, shape, pad_height, pad_width, flip,
                  erase, area_low, area_high, ratio_low, ratio_root, fill, value, before, after)
};
void Augment(const AugmentArgs& args);

// grad_x from grad_out and what was drawn.
struct AugmentGradientArgs {
  Dtype dtype;
  Buffer drawn, grad_out, grad_x;
  AugmentShape shape;

  GRADLANE_FIELDS(AugmentGradientArgs, dtype, drawn, grad_out, grad_x, shape)
};
void AugmentGradient(const AugmentGradientArgs& args);

}  // namespace gradlane
