// The operations, as those see them that know none of them: the binding, a program, a test.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

#include "ops/fields.h"

namespace gradlane {

struct Operation {
  const char* name;               // as ts/kernels/operations.ts has it
  void (*run)(const void* args);  // throws what the operation throws
  std::span<const Field> fields;
  std::size_t size;  // of the argument struct
};

// Room for the argument struct of any operation.
struct alignas(8) ArgumentBytes {
  std::byte bytes[480];
};

template <class Args>
inline constexpr auto kFields = Args::Fields();

template <auto Op>
constexpr Operation OperationOf(const char* name) {
  return []<class Args>(const char* of, void (*)(const Args&)) -> Operation {
    static_assert(std::is_trivially_copyable_v<Args>);
    static_assert(sizeof(Args) <= sizeof(ArgumentBytes) && alignof(Args) <= alignof(ArgumentBytes));
    return {of, [](const void* args) { Op(*static_cast<const Args*>(args)); }, kFields<Args>,
            sizeof(Args)};
  }(name, Op);
}

// All that JavaScript can call.
std::span<const Operation> Operations();

}  // namespace gradlane
