// Batch normalisation of (batch, channels, spatial) over batch and spatial.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "cpu/tables/activation.h"
#include "ops/fields.h"

namespace gradlane {

// out = activation((x - mean) inverse_std weight + bias).
//
// mean, inverse_std (channels each) are those of the batch and are kept for the gradient;
// running_mean, running_var and batches (int32, 1) are moved on by it.
struct BatchNormArgs {
  Dtype dtype;
  Buffer x, weight, bias, running_mean, running_var, batches, mean, inverse_std, out;
  std::int64_t batch, channels, spatial;
  double eps, momentum;
  Activation activation = Activation::kIdentity;
  double parameter = 0;  // of the activation

  GRADLANE_FIELDS(BatchNormArgs, dtype, x, weight, bias, running_mean, running_var, batches, mean,
                  inverse_std, out, batch, channels, spatial, eps, momentum, activation, parameter)
};
void BatchNorm(const BatchNormArgs& args);

// mean and inverse_std of BatchNorm, and the running statistics moved on as there, by the samples
// of all processes of the job; this one's are among them if they are counted. share (double): what
// part of all they are. Waits for the others.
struct BatchNormStatisticsArgs {
  Dtype dtype;
  Buffer x, running_mean, running_var, batches, mean, inverse_std, share;
  std::int64_t batch, channels, spatial;
  double eps, momentum;
  bool counted;

  GRADLANE_FIELDS(BatchNormStatisticsArgs, dtype, x, running_mean, running_var, batches, mean,
                  inverse_std, share, batch, channels, spatial, eps, momentum, counted)
};
void BatchNormStatistics(const BatchNormStatisticsArgs& args);

// With the running statistics, which go to mean and inverse_std for the gradient; without
// them with mean and inverse_std as they are.
struct BatchNormInferenceArgs {
  Dtype dtype;
  Buffer x, weight, bias, running_mean, running_var, mean, inverse_std, out;
  std::int64_t batch, channels, spatial;
  double eps;
  Activation activation = Activation::kIdentity;
  double parameter = 0;

  GRADLANE_FIELDS(BatchNormInferenceArgs, dtype, x, weight, bias, running_mean, running_var, mean,
                  inverse_std, out, batch, channels, spatial, eps, activation, parameter)
};
void BatchNormInference(const BatchNormInferenceArgs& args);

// sums (float64: channels x 2) of g and of g (x - mean); gradients of weight and bias from them.
struct BatchNormSumsArgs {
  Dtype dtype;
  Buffer x, grad_out, mean, inverse_std, sums, grad_weight, grad_bias;
  std::int64_t batch, channels, spatial;
  double weight_beta, bias_beta;

  GRADLANE_FIELDS(BatchNormSumsArgs, dtype, x, grad_out, mean, inverse_std, sums, grad_weight,
                  grad_bias, batch, channels, spatial, weight_beta, bias_beta)
};
void BatchNormSums(const BatchNormSumsArgs& args);

// sums left out: mean and inverse_std are constants (evaluation).
struct BatchNormGradientArgs {
  Dtype dtype;
  Buffer x, grad_out, weight, mean, inverse_std, sums, grad_x;
  std::int64_t batch, channels, spatial;

  GRADLANE_FIELDS(BatchNormGradientArgs, dtype, x, grad_out, weight, mean, inverse_std, sums,
                  grad_x, batch, channels, spatial)
};
void BatchNormGradient(const BatchNormGradientArgs& args);

}  // namespace gradlane
