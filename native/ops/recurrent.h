// A recurrent layer in one direction: all steps of a sequence, once the product of its inputs is
// there.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "cpu/tables/recurrent.h"
#include "ops/fields.h"

namespace gradlane {

// With gates = 1, 4 or 3 by the kind, `size` numbers of the state and `hidden` of a gate, which are
// one without a projection:
struct RecurrentArgs {
  Dtype dtype;
  Recurrence kind;
  Buffer gates;             // (steps, rows, gates * hidden)
  Buffer weight;            // (gates * hidden, size)
  Buffer bias;              // (gates * hidden); may be left out
  Buffer project;           // LSTM: (size, hidden); may be left out
  Buffer first_h, first_c;  // (rows, size), (rows, hidden); left out: zeros
  Buffer lengths;           // int32 (rows); left out: steps
  Buffer states;            // (steps + 1, rows, size)
  Buffer inner;   // LSTM: c (steps + 1, rows, hidden); GRU: (steps, rows, hidden); else left out
  Buffer raw;     // with a projection: (steps, rows, hidden)
  Buffer output;  // of step t and row n from t * output_step + n * output_row on, `size` numbers
  Buffer last_h, last_c;  // (rows, size), LSTM: (rows, hidden)
  std::int64_t steps, rows, hidden, size, output_step, output_row;
  bool reverse;

  GRADLANE_FIELDS(RecurrentArgs, dtype, kind, gates, weight, bias, project, first_h, first_c,
                  lengths, states, inner, raw, output, last_h, last_c, steps, rows, hidden, size,
                  output_step, output_row, reverse)
};
void Recurrent(const RecurrentArgs& args);

struct RecurrentGradientArgs {
  Dtype dtype;
  Recurrence kind;
  Buffer gates, weight, project, lengths, states, inner;  // as the pass has left them
  Buffer grad_output;                                     // as output; may be left out
  Buffer grad_last_h, grad_last_c;                        // may be left out
  Buffer grad_gates;                                      // (steps, rows, gates * hidden)
  Buffer grad_hidden;                 // GRU: the same by what the recurrent product adds
  Buffer grad_states;                 // with a projection: (steps, rows, size), by each state
  Buffer grad_first_h, grad_first_c;  // (rows, size), LSTM: (rows, hidden)
  std::int64_t steps, rows, hidden, size, output_step, output_row;
  bool reverse;

  GRADLANE_FIELDS(RecurrentGradientArgs, dtype, kind, gates, weight, project, lengths, states,
                  inner, grad_output, grad_last_h, grad_last_c, grad_gates, grad_hidden,
                  grad_states, grad_first_h, grad_first_c, steps, rows, hidden, size, output_step,
                  output_row, reverse)
};
void RecurrentGradient(const RecurrentGradientArgs& args);

}  // namespace gradlane
