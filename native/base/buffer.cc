#include "base/buffer.h"

namespace gradlane {

void ThrowSizes(const char* op, std::int64_t a, std::int64_t b, std::int64_t c) {
  throw Error(ErrorCode::kShape, std::string(op) + ": sizes " + std::to_string(a) + " x " +
                                     std::to_string(b) + " x " + std::to_string(c) +
                                     " are negative or pass 2^31 - 1 elements");
}

void ThrowExtent(const char* op, const char* operand, std::int64_t n, std::int64_t size,
                 std::int64_t bytes) {
  throw Error(ErrorCode::kValue, std::string(op) + ": " + operand + " needs " + std::to_string(n) +
                                     " x " + std::to_string(size) + " bytes, its buffer holds " +
                                     std::to_string(bytes) +
                                     " from there on; was the ArrayBuffer detached or resized?");
}

void ThrowAlignment(const char* op, const char* operand, std::int64_t size) {
  throw Error(ErrorCode::kValue, std::string(op) + ": " + operand +
                                     " does not start at a multiple of " + std::to_string(size) +
                                     " bytes");
}

void ThrowNotFloat(const char* op, Dtype dtype) {
  throw Error(ErrorCode::kDtype,
              std::string(op) + ": expected float32 or float64, got " + Name(dtype));
}

void ThrowNoDtype(const char* op) {
  throw Error(ErrorCode::kDtype, std::string(op) + ": unknown element type");
}

void ThrowNoKind(const char* op, const char* what, int index) {
  throw Error(ErrorCode::kValue,
              std::string(op) + ": unknown " + what + " " + std::to_string(index));
}

}  // namespace gradlane
