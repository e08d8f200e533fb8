// A borrowed piece of memory and the checked ways to see it as an array.
#pragma once

#include <cstdint>
#include <type_traits>

#include "base/dtype.h"
#include "base/error.h"

namespace gradlane {

// `bytes` counts what is readable and writable from `data` on. Buffer{} is an optional operand that
// was left out. A detached ArrayBuffer also has null `data`, but 0 bytes: it is there and fails the
// extent check.
struct Buffer {
  void* data = nullptr;
  std::int64_t bytes = -1;

  bool present() const { return bytes >= 0; }
};

// The failures of what follows, out of line: every operation checks several operands for several
// types, and the text of the messages would make up a quarter of the binary.
[[noreturn]] void ThrowSizes(const char* op, std::int64_t a, std::int64_t b, std::int64_t c);
[[noreturn]] void ThrowExtent(const char* op, const char* operand, std::int64_t n,
                              std::int64_t size, std::int64_t bytes);
[[noreturn]] void ThrowAlignment(const char* op, const char* operand, std::int64_t size);
[[noreturn]] void ThrowNotFloat(const char* op, Dtype dtype);
[[noreturn]] void ThrowNoDtype(const char* op);
[[noreturn]] void ThrowNoKind(const char* op, const char* what, int index);

// Throws ERR_SHAPE when a size is negative or when their product passes 2^31 - 1 elements (the
// limit of a Tensor); returns the product.
inline std::int64_t Product(const char* op, std::int64_t a, std::int64_t b, std::int64_t c = 1) {
  constexpr std::int64_t kMost = 2147483647;
  const bool fits = a >= 0 && b >= 0 && c >= 0 && a <= kMost && b <= kMost && c <= kMost &&
                    a * b <= kMost && a * b * c <= kMost;
  if (!fits) {
    ThrowSizes(op, a, b, c);
  }
  return a * b * c;
}

// The first `n` elements of type T of a buffer, after checking that they are there and aligned.
// Throws ERR_VALUE naming the operation and the operand.
template <class T>
T* Elements(const Buffer& buffer, std::int64_t n, const char* op, const char* operand) {
  constexpr std::int64_t kSize = sizeof(T);
  if (n < 0 || n > buffer.bytes / kSize) {
    ThrowExtent(op, operand, n, kSize, buffer.bytes);
  }
  if (reinterpret_cast<std::uintptr_t>(buffer.data) % sizeof(T) != 0) {
    ThrowAlignment(op, operand, kSize);
  }
  return static_cast<T*>(buffer.data);
}

// The same for an operand that may be left out: null when it is.
template <class T>
T* OptionalElements(const Buffer& buffer, std::int64_t n, const char* op, const char* operand) {
  return buffer.present() ? Elements<T>(buffer, n, op, operand) : nullptr;
}

// Calls body(T{}) with the floating type that `dtype` names. Throws ERR_DTYPE for the others.
template <class Body>
void DispatchFloat(Dtype dtype, const char* op, Body&& body) {
  switch (dtype) {
    case Dtype::kFloat32:
      return body(float{});
    case Dtype::kFloat64:
      return body(double{});
    default:
      ThrowNotFloat(op, dtype);
  }
}

// Calls body(T{}) with the type that `dtype` names, float or integer.
template <class Body>
void DispatchAny(Dtype dtype, const char* op, Body&& body) {
  switch (dtype) {
    case Dtype::kFloat32:
      return body(float{});
    case Dtype::kFloat64:
      return body(double{});
    case Dtype::kInt32:
      return body(std::int32_t{});
    case Dtype::kUint8:
      return body(std::uint8_t{});
  }
  ThrowNoDtype(op);
}

// The bytes of the first `n` elements of a type known at run time, checked as Elements does.
char* ElementBytes(Dtype dtype, const Buffer& buffer, std::int64_t n, const char* op,
                   const char* operand);

}  // namespace gradlane
