// Kernel table: what a recurrent layer does with the gates of one step.
#pragma once

#include <cstdint>

namespace gradlane {

// Codes shared with RecurrentKind in ts/kernels/kinds.ts.
enum class Recurrence : std::int32_t { kTanh = 0, kRelu = 1, kLstm = 2, kGru = 3 };
inline constexpr int kRecurrenceCount = 4;
inline constexpr int kRecurrenceGates[] = {1, 1, 4, 3};

// Rows of one step. Each array holds one row behind the other, `gates` of as many numbers as there
// are gates times `hidden`, the others of `hidden`.
template <class T>
struct RecurrentRows {
  T* gates;         // sums, then values: h; i, f, g, o; r, z, n
  const T* before;  // GRU: the state
  T* after;         // the state
  const T* cell;    // LSTM: c before
  T* inner;         // LSTM: c after; GRU: the hidden part of n, which is read
};

template <class T>
struct RecurrentGradientRows {
  const T* gates;
  const T* before;
  const T* cell;
  const T* inner;
  const T* grad_out;  // null: none
  std::int64_t grad_out_row;
  T* grad_state;  // by the state after it, apart from grad_out; then what reaches the state before
                  // it past the recurrent product
  T* grad_cell;   // LSTM: by c after, then by c before
  T* grad_gates;
  T* grad_hidden;  // GRU: by what the recurrent product adds to the gates
};

template <class T>
struct RecurrentKernels {
  void (*forward[kRecurrenceCount])(const RecurrentRows<T>& step, std::int64_t rows,
                                    std::int64_t hidden) noexcept;
  void (*gradient[kRecurrenceCount])(const RecurrentGradientRows<T>& step, std::int64_t rows,
                                     std::int64_t hidden) noexcept;
};

}  // namespace gradlane
