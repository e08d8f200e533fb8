// The convolution as plain products with a matrix whose rows are the patches that the results'
// pixels see, written out (im2col; Chellapilla, Puri and Simard 2006). It needs the memory, but the
// arithmetic of the results' pixels alone, where the others compute with every zero that a kernel
// as large as the image meets around it. Where there is one result an image, the image is its patch
// already.
#pragma once

#include "ops/conv2d.h"

namespace gradlane {

// Precondition of all: checked operands, one group, and none of them without elements.
void UnfoldedConv2d(const Conv2dArgs& args);
void UnfoldedInputGradient(const Conv2dInputGradientArgs& args);
void UnfoldedWeightGradient(const Conv2dWeightGradientArgs& args);

}  // namespace gradlane
