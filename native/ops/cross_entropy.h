// Cross entropy of logits against class indices or probabilities, and its gradient.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"
#include "ops/reduction.h"

namespace gradlane {

struct CrossEntropyArgs {
  Dtype dtype;
  Buffer logits;       // (outer, classes, inner)
  Buffer target;       // int32 (outer, inner) or dtype (outer, classes, inner)
  Dtype target_dtype;  // kInt32: indices
  Buffer weight;       // (classes), may be absent
  Buffer loss;         // (outer, inner) or one element
  Buffer divisor;      // one element, written
  std::int64_t outer, classes, inner;
  Reduction reduction;
  std::int64_t ignore_index;
  double label_smoothing;

  GRADLANE_FIELDS(CrossEntropyArgs, dtype, logits, target_dtype, target, weight, loss, divisor,
                  outer, classes, inner, reduction, ignore_index, label_smoothing)
};
void CrossEntropy(const CrossEntropyArgs& args);

struct CrossEntropyGradientArgs {
  Dtype dtype;
  Buffer logits, target;
  Dtype target_dtype;  // kInt32: indices
  Buffer weight;
  Buffer divisor;  // one element, as CrossEntropy wrote it
  Buffer grad_logits;
  std::int64_t outer, classes, inner;
  std::int64_t ignore_index;
  double label_smoothing;

  GRADLANE_FIELDS(CrossEntropyGradientArgs, dtype, logits, target_dtype, target, weight, divisor,
                  grad_logits, outer, classes, inner, ignore_index, label_smoothing)
};
void CrossEntropyGradient(const CrossEntropyGradientArgs& args);

}  // namespace gradlane
