// One parameter of an operation that runs over many: optimizer steps, norms of gradients.
#pragma once

#include <cstdint>

#include "base/buffer.h"

namespace gradlane {

struct ParameterSlot {
  Buffer parameter, gradient;
  std::int64_t n = 0;             // elements
  std::int64_t index = 0;         // of its step counter
  std::int64_t state_offset = 0;  // elements, of its part of each state array
};

}  // namespace gradlane
