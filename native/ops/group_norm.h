// Group normalisation: of each group of channels of each sample of (batch, channels, spatial).
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"

namespace gradlane {

// mean and inverse_std (batch x groups) are kept for the gradients.
struct GroupNormArgs {
  Dtype dtype;
  Buffer x, weight, bias, mean, inverse_std, out;
  std::int64_t batch, channels, spatial, groups;
  double eps;

  GRADLANE_FIELDS(GroupNormArgs, dtype, x, weight, bias, mean, inverse_std, out, batch, channels,
                  spatial, groups, eps)
};
void GroupNorm(const GroupNormArgs& args);

// sums (float64: batch x channels x 2) of g and of g (x - mean); gradients of weight and bias.
struct GroupNormSumsArgs {
  Dtype dtype;
  Buffer x, grad_out, mean, inverse_std, sums, grad_weight, grad_bias;
  std::int64_t batch, channels, spatial, groups;
  double weight_beta, bias_beta;

  GRADLANE_FIELDS(GroupNormSumsArgs, dtype, x, grad_out, mean, inverse_std, sums, grad_weight,
                  grad_bias, batch, channels, spatial, groups, weight_beta, bias_beta)
};
void GroupNormSums(const GroupNormSumsArgs& args);

struct GroupNormGradientArgs {
  Dtype dtype;
  Buffer x, grad_out, weight, mean, inverse_std, sums, grad_x;
  std::int64_t batch, channels, spatial, groups;

  GRADLANE_FIELDS(GroupNormGradientArgs, dtype, x, grad_out, weight, mean, inverse_std, sums,
                  grad_x, batch, channels, spatial, groups)
};
void GroupNormGradient(const GroupNormGradientArgs& args);

}  // namespace gradlane
