// Two-dimensional convolution over (batch, channels, height, width), with its gradients:
//   out[b, o, i, j] = bias[o] + sum_{c, p, q} weight[o, c, p, q] *
//                     x[b, g C/G + c, i sH - padTop + p dH, j sW - padLeft + q dW]
// with x = 0 outside of the image, g the group of o; weight is (outChannels, C/G, kH, kW).
//
// Each element of a result is one sum in a fixed order that depends on the geometry, the algorithm,
// the ISA target and nothing else.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "cpu/tables/activation.h"
#include "ops/conv2d_geometry.h"
#include "ops/fields.h"

namespace gradlane {

// out = activation(convolution of x)
struct Conv2dArgs {
  Dtype dtype;
  Buffer x, weight, bias, out;  // bias (outChannels) may be absent
  Conv2dGeometry geometry;
  Activation activation;
  double parameter;  // of the activation
  Conv2dAlgorithm algorithm;

  GRADLANE_FIELDS(Conv2dArgs, dtype, x, weight, bias, out, geometry, activation, parameter,
                  algorithm)
};
void Conv2d(const Conv2dArgs& args);

// grad_x from grad_out, + bias: with a bias it is the forward pass of a transposed convolution.
struct Conv2dInputGradientArgs {
  Dtype dtype;
  Buffer grad_out, weight, bias, grad_x;  // bias (inChannels) may be absent
  Conv2dGeometry geometry;
  Conv2dAlgorithm algorithm;

  GRADLANE_FIELDS(Conv2dInputGradientArgs, dtype, grad_out, weight, bias, grad_x, geometry,
                  algorithm)
};
void Conv2dInputGradient(const Conv2dInputGradientArgs& args);

// grad_weight = its gradient + beta * grad_weight
struct Conv2dWeightGradientArgs {
  Dtype dtype;
  Buffer x, grad_out, grad_weight;
  Conv2dGeometry geometry;
  double beta;
  Conv2dAlgorithm algorithm;

  GRADLANE_FIELDS(Conv2dWeightGradientArgs, dtype, x, grad_out, grad_weight, geometry, beta,
                  algorithm)
};
void Conv2dWeightGradient(const Conv2dWeightGradientArgs& args);

}  // namespace gradlane
