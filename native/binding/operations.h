// The operations that JavaScript can call, by name.
#pragma once

#include <napi.h>

#include <span>

namespace gradlane::binding {

struct Operation {
  const char* name;    // that of the Kernels interface in ts/kernels/kernels.ts
  napi_callback call;  // runs it
};

std::span<const Operation> Operations();

}  // namespace gradlane::binding
