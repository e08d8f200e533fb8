// Kernel table: what attention does with rows of scores. Its products are those of the matrix
// product.
#pragma once

#include <cstdint>

namespace gradlane {

// Rows of `s` and `d` lie `ld` elements apart and have room for `width` elements rounded up to
// whole vectors, in which they are written. What stands from counts[t] elements of row t on becomes
// 0. All rows of a call at once: one alone would wait for the sum of its lanes before the next.
template <class T>
struct AttentionKernels {
  // The next counts[t] scores of each row, of which max[t] is the largest up to now and sum[t] the
  // sum of exp(score - max[t]), -infinity and 0 before the first. s becomes exp(s - max) by the new
  // max, and what the weights before have to be multiplied by comes into factors, which may be
  // written up to whole vectors. A row of -infinity alone has weights of 0.
  void (*weigh)(T* s, std::int64_t ld, std::int64_t rows, const std::int64_t* counts,
                std::int64_t width, T* max, T* sum, T* factors) noexcept;
  // log_sum = ln of the sum of exp(score), infinity for a row of -infinity alone; sum becomes what
  // its weights are multiplied by, 1 / sum, and 0 for such a row.
  void (*finish)(const T* max, T* sum, std::int64_t rows, T* log_sum) noexcept;
  // Rows of `width` elements times a factor each; 0 writes zeros, whatever is there.
  void (*scale)(T* rows, std::int64_t ld, std::int64_t count, std::int64_t width,
                const T* factors) noexcept;
  // s becomes w = exp(s - log_sum[t]) and d becomes w (d - delta[t]), unless d is null.
  void (*gradient)(T* s, T* d, std::int64_t ld, std::int64_t rows, const std::int64_t* counts,
                   std::int64_t width, const T* log_sum, const T* delta) noexcept;
  // out[t] = sum of a[i] b[i] over row t
  void (*dots)(const T* a, std::int64_t lda, const T* b, std::int64_t ldb, std::int64_t rows,
               std::int64_t n, T* out) noexcept;
};

}  // namespace gradlane
