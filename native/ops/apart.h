// Checks of operands with steps between their elements.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <iterator>

#include "base/buffer.h"

namespace gradlane {

// `count` of something, `step` elements from one to the next.
struct StepsOf {
  std::int64_t step, count;
};

// Elements from the first one to the last of all runs of `width` side by side: none where there is
// no run or it is empty.
inline std::int64_t Extent(const char* op, std::initializer_list<StepsOf> dims,
                           std::int64_t width) {
  if (width == 0) return 0;
  std::int64_t last = width;
  for (const auto& [step, count] : dims) {
    if (count == 0) return 0;
    last += Product(op, count - 1, step);
  }
  return last;
}

// Throws ERR_SHAPE unless every element has a place of its own: each dimension steps over all of
// those with smaller steps.
template <std::size_t kDims>
void CheckApart(StepsOf (&&dims)[kDims], const char* op, const char* operand) {
  std::sort(std::begin(dims), std::end(dims), [](const StepsOf& a, const StepsOf& b) {
    return a.step < b.step || (a.step == b.step && a.count < b.count);
  });
  std::int64_t reach = 0;
  for (const auto& [step, count] : dims) {
    if (count == 1) continue;
    if (step <= reach) {
      Throw(ErrorCode::kShape,
            {op, ": expected steps of ", operand, " past ", reach, " elements, got ", step});
    }
    reach += (count - 1) * step;
  }
}

}  // namespace gradlane
