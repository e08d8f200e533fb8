// Kernel table: dropout.
#pragma once

#include <cstdint>

#include "cpu/tables/random.h"

namespace gradlane {

// A number u of [0, 1) a mask element, u = (word >> 8) 2^-24; mask = u 2^24 >= threshold.
// out and grad_x may be written over x and grad_out.
template <class T>
struct DropoutKernels {
  // mask[i] = 0 or 1, out[i] = mask[i] ? x[i] * scale : 0
  void (*forward)(PhiloxState state, const T* x, std::uint8_t* mask, T* out, std::int64_t n,
                  std::int32_t threshold, T scale) noexcept;
  // mask alone
  void (*draw)(PhiloxState state, std::uint8_t* mask, std::int64_t n,
               std::int32_t threshold) noexcept;
  // out[i] = mask[i] ? x[i] * scale : 0
  void (*apply)(const std::uint8_t* mask, const T* x, T* out, std::int64_t n, T scale) noexcept;
  // the same with one mask element for each of n runs of `inner` elements
  void (*apply_runs)(const std::uint8_t* mask, const T* x, T* out, std::int64_t n,
                     std::int64_t inner, T scale) noexcept;
};

}  // namespace gradlane
