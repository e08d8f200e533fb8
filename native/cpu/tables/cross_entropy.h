// Kernel table: cross entropy and its gradient by the logits.
#pragma once

#include <cstdint>

namespace gradlane {

// One run of rows of a cross entropy. The formulas stand in ts/kernels/cross-entropy.ts.
template <class T>
struct CrossEntropyRows {
  const T* logits;              // (rows, cols)
  const std::int32_t* indices;  // (rows), or null where `probabilities` is given
  const T* probabilities;       // (rows, cols), or null
  const T* weight;              // (cols), or null for ones
  std::int64_t rows, cols;
  std::int64_t ignore_index;
  T smoothing;
  T weight_sum;  // of all classes
};

template <class T>
struct CrossEntropyKernels {
  // Returns the sum of the losses of the rows; loss[r] receives each one unless it is null.
  double (*loss)(const CrossEntropyRows<T>& rows, T* loss) noexcept;
  // grad (rows, cols) = gradient of the sum of the losses / divisor; grad may be the logits.
  void (*gradient)(const CrossEntropyRows<T>& rows, T* grad, T divisor) noexcept;
};

}  // namespace gradlane
