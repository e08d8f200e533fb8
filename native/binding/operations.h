// The operations that JavaScript can call, by name.
#pragma once

#include <span>

#include "binding/call.h"
#include "binding/node_api.h"

namespace gradlane::binding {

struct Operation {
  const char* name;    // that of the Kernels interface in ts/kernels/kernels.ts
  napi_callback call;  // runs it
  void (*record)(Program& program, Arguments& arguments);
};

std::span<const Operation> Operations();

}  // namespace gradlane::binding
