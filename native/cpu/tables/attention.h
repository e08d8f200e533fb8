// Kernel table: what attention does with a row of scores. Its products are those of the matrix
// product.
#pragma once

#include <cstdint>

namespace gradlane {

// Of the scores of a row that have passed by so far; before the first they are -infinity and 0.
template <class T>
struct ScoreSums {
  T max;
  T sum;  // of exp(score - max), where max is not -infinity
};

template <class T>
struct AttentionKernels {
  // The next n scores of a row: s becomes exp(s - max) with the largest score up to now, `sums`
  // follows, and s is 0 from n to `width`. The result is what the weights before have to be
  // multiplied by. A row of -infinity alone has weights of 0.
  T (*weigh)(T* s, std::int64_t n, std::int64_t width, ScoreSums<T>& sums) noexcept;
  // ln of the sum of exp(score); infinity for a row of -infinity alone.
  T (*log_sum)(const ScoreSums<T>& sums) noexcept;
  // s becomes w = exp(s - log_sum), d becomes w (d - delta), both 0 from n to `width`.
  void (*gradient)(T* s, T* d, std::int64_t n, std::int64_t width, T log_sum, T delta) noexcept;
  // sum of a[i] b[i]
  T (*dot)(const T* a, const T* b, std::int64_t n) noexcept;
};

}  // namespace gradlane
