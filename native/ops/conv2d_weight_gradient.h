// The gradient of a convolution by its weights as a product along the pixels: of the gradients by
// the results with the patches that each weight saw.
#pragma once

#include <cstdint>

#include "ops/conv2d_geometry.h"

namespace gradlane {

template <class T>
struct WeightGradientProblem {
  const T* x;
  const T* grad_out;
  T* grad_weight;
  T beta;
  Conv2dGeometry geometry;
};

template <class T>
void LoweredWeightGradient(const WeightGradientProblem<T>& problem);

}  // namespace gradlane
