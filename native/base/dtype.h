// Element types, with the codes that ts/kernels/dtype.ts uses too.
#pragma once

#include <cstdint>

namespace gradlane {

enum class Dtype : std::int32_t { kFloat32 = 0, kFloat64 = 1, kInt32 = 2, kUint8 = 3 };

constexpr std::int64_t ItemSize(Dtype dtype) {
  switch (dtype) {
    case Dtype::kFloat32:
    case Dtype::kInt32:
      return 4;
    case Dtype::kFloat64:
      return 8;
    case Dtype::kUint8:
      return 1;
  }
  return 0;
}

constexpr const char* Name(Dtype dtype) {
  switch (dtype) {
    case Dtype::kFloat32:
      return "float32";
    case Dtype::kFloat64:
      return "float64";
    case Dtype::kInt32:
      return "int32";
    case Dtype::kUint8:
      return "uint8";
  }
  return "unknown";
}

}  // namespace gradlane
