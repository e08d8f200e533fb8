// Vectors whose length depends on the sizes of an operation.
#pragma once

#include <cstdint>
#include <vector>

#include "base/error.h"

namespace gradlane {

// n of them, made by their default constructor. Throws OutOfMemory.
template <class T>
std::vector<T> Zeros(std::int64_t n) {
  try {
    return std::vector<T>(static_cast<std::size_t>(n));
  } catch (const std::bad_alloc&) {
    throw OutOfMemory(static_cast<std::size_t>(n) * sizeof(T));
  }
}

}  // namespace gradlane
