// Convolution plane by plane, for few channels in a group: a product of matrices would leave most
// of its register tile empty.
#pragma once

#include "ops/conv2d_lowered.h"
#include "ops/conv2d_weight_gradient.h"

namespace gradlane {

template <class T>
void RunDirectConv2d(const LoweredConv2d<T>& problem);

template <class T>
void DirectWeightGradient(const WeightGradientProblem<T>& problem,
                          const std::vector<Conv2dTap>& taps);

}  // namespace gradlane
