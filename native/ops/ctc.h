// Connectionist temporal classification: the loss of sequences whose labels are not aligned to the
// steps, and its gradient.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"

namespace gradlane {

struct CtcArgs {
  Dtype dtype;
  Buffer log_probs;                      // (steps, rows, classes)
  Buffer targets;                        // int32 (labels)
  Buffer input_lengths, target_lengths;  // int32 (rows)
  Buffer loss;                           // (rows)
  Buffer lattice;                        // double, steps * (2 * labels + rows)
  Buffer likelihood;                     // double (rows)
  std::int64_t steps, rows, classes, labels, blank;
  bool concatenated, zero_infinity;

  GRADLANE_FIELDS(CtcArgs, dtype, log_probs, targets, input_lengths, target_lengths, loss, lattice,
                  likelihood, steps, rows, classes, labels, blank, concatenated, zero_infinity)
};
void Ctc(const CtcArgs& args);

struct CtcGradientArgs {
  Dtype dtype;
  Buffer log_probs, targets, input_lengths, target_lengths;
  Buffer lattice, likelihood;  // as Ctc wrote them
  Buffer grad_loss;            // (rows)
  Buffer grad;                 // (steps, rows, classes)
  std::int64_t steps, rows, classes, labels, blank;
  bool concatenated, zero_infinity;

  GRADLANE_FIELDS(CtcGradientArgs, dtype, log_probs, targets, input_lengths, target_lengths,
                  lattice, likelihood, grad_loss, grad, steps, rows, classes, labels, blank,
                  concatenated, zero_infinity)
};
void CtcGradient(const CtcGradientArgs& args);

}  // namespace gradlane
