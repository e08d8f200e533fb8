// What a criterion does with the losses of the rows.
#pragma once

#include <cstdint>

namespace gradlane {

// Codes shared with Reduction in ts/kernels/kinds.ts.
enum class Reduction : std::int32_t { kNone = 0, kMean = 1, kSum = 2 };
inline constexpr int kReductionCount = 3;

}  // namespace gradlane
