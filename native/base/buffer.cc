#include "base/buffer.h"

namespace gradlane {

void ThrowSizes(const char* op, std::int64_t a, std::int64_t b, std::int64_t c) {
  Throw(ErrorCode::kShape,
        {op, ": sizes ", a, " x ", b, " x ", c, " are negative or pass 2^31 - 1 elements"});
}

void ThrowExtent(const char* op, const char* operand, std::int64_t n, std::int64_t size,
                 std::int64_t bytes) {
  Throw(ErrorCode::kValue,
        {op, ": ", operand, " needs ", n, " x ", size, " bytes, its buffer holds ", bytes,
         " from there on; was the ArrayBuffer detached or resized?"});
}

void ThrowAlignment(const char* op, const char* operand, std::int64_t size) {
  Throw(ErrorCode::kValue,
        {op, ": ", operand, " does not start at a multiple of ", size, " bytes"});
}

void ThrowNotFloat(const char* op, Dtype dtype) {
  Throw(ErrorCode::kDtype, {op, ": expected float32 or float64, got ", Name(dtype)});
}

void ThrowNoDtype(const char* op) { Throw(ErrorCode::kDtype, {op, ": unknown element type"}); }

void ThrowNoKind(const char* op, const char* what, int index) {
  Throw(ErrorCode::kValue, {op, ": unknown ", what, " ", index});
}

char* ElementBytes(Dtype dtype, const Buffer& buffer, std::int64_t n, const char* op,
                   const char* operand) {
  const std::int64_t size = ItemSize(dtype);
  if (size == 0) ThrowNoDtype(op);
  if (n < 0 || (n > 0 && n * size > buffer.bytes)) {
    ThrowExtent(op, operand, n, size, buffer.bytes);
  }
  const auto within = static_cast<std::uintptr_t>(size - 1);
  if ((reinterpret_cast<std::uintptr_t>(buffer.data) & within) != 0) {
    ThrowAlignment(op, operand, size);
  }
  return static_cast<char*>(buffer.data);
}

}  // namespace gradlane
