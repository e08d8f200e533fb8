// How many elements one task of an elementwise operation takes. A wake-up of a parked thread costs
// about 5 us and a handover to a spinning one 0.3 us, so a task should take some 5 us at least.
#pragma once

#include <cstdint>

namespace gradlane {

inline constexpr std::int64_t kMathGrain = 8192;     // exp and the like: about 0.5 ns an element
inline constexpr std::int64_t kMemoryGrain = 32768;  // loads and stores: about 0.2 ns an element

// Rows of a task that takes about `grain` elements in rows of `cols`.
constexpr std::int64_t RowsOfGrain(std::int64_t grain, std::int64_t cols) {
  return cols < grain ? grain / (cols > 0 ? cols : 1) : 1;
}

}  // namespace gradlane
