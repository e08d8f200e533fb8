// What a recurrent layer's pass and its gradient share: checked operands, the product that every
// step adds, and the way through rows that end.
#pragma once

#include <algorithm>
#include <cstdint>

#include "cpu/dispatch.h"
#include "ops/indices.h"
#include "ops/recurrent.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"

namespace gradlane {

// A step, and the places of the states around it.
struct RecurrentStep {
  std::int64_t t, before, after;
};

// Operands of both. The pass writes gates, states and inner, the gradient reads them.
template <class T>
struct RecurrentProblem {
  // Throws before anything is written.
  template <class Args>
  RecurrentProblem(const Args& args, const char* op);
  RecurrentProblem(const RecurrentProblem&) = delete;

  std::int64_t steps, rows, hidden, size, columns;  // columns: of all gates
  std::int64_t output_step, output_row, output_extent;
  Recurrence kind;
  bool reverse, is_lstm, is_gru;
  T *gates, *states, *inner;
  const T *weight, *project;
  const std::int32_t* lengths;
  FewIndices few_lengths;

  RecurrentStep StepAt(std::int64_t t) const {
    return {t, reverse ? t + 1 : t, reverse ? t : t + 1};
  }
  // Where row `row` of step t begins in an array of rows of n numbers.
  std::int64_t At(std::int64_t t, std::int64_t row, std::int64_t n) const {
    return (t * rows + row) * n;
  }
  std::int64_t OutputAt(std::int64_t t, std::int64_t row) const {
    return t * output_step + row * output_row;
  }
  bool Ended(std::int64_t t, std::int64_t row) const {
    return lengths != nullptr && t >= lengths[row];
  }
  // Calls body(row, count) for the rows of [begin, end) that are at work at step t, as many at a
  // time as lie side by side.
  template <class Body>
  void ForActive(std::int64_t t, std::int64_t begin, std::int64_t end, Body&& body) const {
    if (lengths == nullptr) return body(begin, end - begin);
    for (std::int64_t row = begin; row < end; ++row) {
      if (!Ended(t, row)) body(row, std::int64_t{1});
    }
  }
};

// Rows of a task. They know nothing of each other, so a task takes its own through all steps: no
// thread waits for another between two steps, and each sum has the same order in whichever task.
// Fewer rows would fill no register tile, more leave threads without work.
inline constexpr std::int64_t kRecurrentRows = 16;

// Weights (n, k) or their transpose (k, n), which every step multiplies rows by.
template <class T>
class RecurrentFactor {
 public:
  // `packed`: where it is packed to. With few rows of all steps together that costs more than it
  // saves.
  RecurrentFactor(const RecurrentProblem<T>& problem, ScratchSlot packed)
      : few_(problem.steps * problem.rows < kFewRows), packed_(packed) {}

  // out = rows * weight^T: weight (n, k).
  void SetTransposed(const T* weight, std::int64_t n, std::int64_t k);
  // out = rows * weight: weight (k, n).
  void Set(const T* weight, std::int64_t n, std::int64_t k);

  // out (m, n) = a (m, k) * factor + beta * out + bias
  void Multiply(const T* a, std::int64_t m, T* out, std::int64_t ldo, T beta, const T* bias) const;

 private:
  static constexpr std::int64_t kFewRows = 24;

  void Pack(const T* weight, std::int64_t ld, bool adjacent);

  const MatmulKernels<T>& kernels_ = Kernels().typed<T>().matmul;
  const bool few_;
  const ScratchSlot packed_;
  const T* dot_ = nullptr;  // as it lies, vectors along k
  MatmulPanels<T> panels_ = {};
  std::int64_t n_ = 0, k_ = 0;
};

// `count` rows of n numbers, from row `begin` of what is given; zeros where nothing is.
template <class T>
void CopyRows(const T* given, std::int64_t begin, T* to, std::int64_t count, std::int64_t n) {
  if (given == nullptr) {
    std::fill_n(to, count * n, T(0));
  } else {
    std::copy_n(given + begin * n, count * n, to);
  }
}

}  // namespace gradlane
