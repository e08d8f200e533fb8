// Powers for the bias corrections of optimizers.
#pragma once

#include <cstdint>

namespace gradlane {

// base^exponent for a whole exponent, by repeated squaring.
inline double WholePower(double base, std::uint64_t exponent) {
  double power = 1;
  for (; exponent != 0; exponent >>= 1) {
    if (exponent & 1) power *= base;
    base *= base;
  }
  return power;
}

}  // namespace gradlane
