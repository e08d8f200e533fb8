// Layer normalisation: of each row of (rows, cols), with a weight and a bias for each column.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"

namespace gradlane {

// mean and inverse_std (rows each) are kept for the gradients.
struct LayerNormArgs {
  Dtype dtype;
  Buffer x, weight, bias, mean, inverse_std, out;
  std::int64_t rows, cols;
  double eps;

  GRADLANE_FIELDS(LayerNormArgs, dtype, x, weight, bias, mean, inverse_std, out, rows, cols, eps)
};
void LayerNorm(const LayerNormArgs& args);

struct LayerNormGradientArgs {
  Dtype dtype;
  Buffer x, grad_out, weight, mean, inverse_std, grad_x;
  std::int64_t rows, cols;

  GRADLANE_FIELDS(LayerNormGradientArgs, dtype, x, grad_out, weight, mean, inverse_std, grad_x,
                  rows, cols)
};
void LayerNormGradient(const LayerNormGradientArgs& args);

struct LayerNormAffineGradientArgs {
  Dtype dtype;
  Buffer x, grad_out, mean, inverse_std, grad_weight, grad_bias;
  std::int64_t rows, cols;
  double weight_beta, bias_beta;

  GRADLANE_FIELDS(LayerNormAffineGradientArgs, dtype, x, grad_out, mean, inverse_std, grad_weight,
                  grad_bias, rows, cols, weight_beta, bias_beta)
};
void LayerNormAffineGradient(const LayerNormAffineGradientArgs& args);

}  // namespace gradlane
