// Where the numbers that a call draws lie among those of a call for more: ts/kernels/random.ts.
#pragma once

#include <cstdint>

#include "base/buffer.h"

namespace gradlane {

// The numbers come in `runs` of as many each; in front of each lie `before` and behind it `after`
// that are not made.
struct DrawPlace {
  std::int64_t runs = 1, before = 0, after = 0;
};

// Throws ERR_SHAPE unless `before` and `after` times `each` are numbers that can be counted.
inline void CheckPassed(const char* op, std::int64_t before, std::int64_t after, double each) {
  const double all = (static_cast<double>(before) + static_cast<double>(after)) * each;
  if (before < 0 || after < 0 || !(all <= 0x1p53)) ThrowSizes(op, before, after, 1);
}

// Throws ERR_SHAPE unless n numbers can lie so.
inline DrawPlace CheckPlace(const char* op, std::int64_t n, const DrawPlace& place) {
  if (place.runs <= 0 || n % place.runs != 0) ThrowSizes(op, n, place.runs, 1);
  CheckPassed(op, place.before, place.after, static_cast<double>(place.runs));
  return place;
}

}  // namespace gradlane
