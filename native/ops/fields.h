// What an argument struct is made of, as data: the binding fills one, a program finds the memory in
// one and a test tries invalid values, without code of their own for each operation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "base/buffer.h"

namespace gradlane {

// One parameter of an operation that runs over many: optimizer steps, norms of gradients.
struct ParameterSlot {
  Buffer parameter, gradient;
  std::int64_t n = 0;             // elements
  std::int64_t index = 0;         // of its step counter
  std::int64_t state_offset = 0;  // elements, of its part of each state array
};
using ParameterSlots = std::span<const ParameterSlot>;

enum class FieldKind : std::uint8_t {
  kSize,    // std::int64_t
  kNumber,  // double
  kCode,    // an enum
  kFlag,    // bool
  kBuffer,
  kSlots,  // ParameterSlots, the last field
};

struct Field {
  FieldKind kind;
  std::uint8_t count;  // of them, one behind the other
  std::uint16_t offset;
};

template <class T>
constexpr FieldKind KindOf() {
  if constexpr (std::is_same_v<T, double>) {
    return FieldKind::kNumber;
  } else if constexpr (std::is_enum_v<T>) {
    static_assert(sizeof(T) == sizeof(std::int32_t));
    return FieldKind::kCode;
  } else if constexpr (std::is_same_v<T, bool>) {
    return FieldKind::kFlag;
  } else if constexpr (std::is_same_v<T, Buffer>) {
    return FieldKind::kBuffer;
  } else if constexpr (std::is_same_v<T, ParameterSlots>) {
    return FieldKind::kSlots;
  } else {  // or a struct of them
    static_assert(alignof(T) == alignof(std::int64_t) &&
                  std::has_unique_object_representations_v<T>);
    return FieldKind::kSize;
  }
}

template <class T>
constexpr Field FieldAt(std::size_t offset) {
  constexpr FieldKind kKind = KindOf<T>();
  constexpr std::size_t kCount = kKind == FieldKind::kSize ? sizeof(T) / sizeof(std::int64_t) : 1;
  return {kKind, static_cast<std::uint8_t>(kCount), static_cast<std::uint16_t>(offset)};
}

}  // namespace gradlane

// In an argument struct: Fields(), its members in the order of the call from JavaScript.
#define GRADLANE_FIELDS(Args, ...)                                         \
  static constexpr auto Fields() {                                         \
    return std::array{GRADLANE_SCAN_3(GRADLANE_FIELD(Args, __VA_ARGS__))}; \
  }
// Each scan of the preprocessor makes one more name a field, 64 of them at least.
#define GRADLANE_FIELD(Args, name, ...)                           \
  ::gradlane::FieldAt<decltype(Args::name)>(offsetof(Args, name)) \
      __VA_OPT__(, GRADLANE_NEXT_FIELD GRADLANE_CALL(Args, __VA_ARGS__))
#define GRADLANE_NEXT_FIELD() GRADLANE_FIELD
#define GRADLANE_CALL ()
#define GRADLANE_SCAN_3(...) \
  GRADLANE_SCAN_2(GRADLANE_SCAN_2(GRADLANE_SCAN_2(GRADLANE_SCAN_2(__VA_ARGS__))))
#define GRADLANE_SCAN_2(...) \
  GRADLANE_SCAN_1(GRADLANE_SCAN_1(GRADLANE_SCAN_1(GRADLANE_SCAN_1(__VA_ARGS__))))
#define GRADLANE_SCAN_1(...) GRADLANE_SCAN(GRADLANE_SCAN(GRADLANE_SCAN(GRADLANE_SCAN(__VA_ARGS__))))
#define GRADLANE_SCAN(...) __VA_ARGS__
