// Kernel table: masks (uint8, 0 or 1), what makes them and what chooses by them.
#pragma once

#include <cstdint>

#include "cpu/tables/memory.h"

namespace gradlane {

// Codes shared with CompareKind in ts/kernels/kinds.ts.
enum class Comparison : std::int32_t {
  kEqual = 0,
  kNotEqual = 1,
  kLess = 2,
  kLessEqual = 3,
  kGreater = 4,
  kGreaterEqual = 5,
};
inline constexpr int kComparisonCount = 6;

struct MaskKernels {
  // out[i] = a[i] op b[i], or its contrary where `invert` is 1
  using Compare = void (*)(const void* a, const void* b, std::uint8_t* out, std::int64_t n,
                           std::uint8_t invert) noexcept;
  Compare equal[kDtypeCount], less[kDtypeCount], less_equal[kDtypeCount];
  // out[i] = mask[i] ? a[i] : b[i]; out may be a or b. One kernel for each element size.
  using Choose = void (*)(const std::uint8_t* mask, const void* a, const void* b, void* out,
                          std::int64_t n) noexcept;
  Choose bytes1, bytes4, bytes8;
};

}  // namespace gradlane
