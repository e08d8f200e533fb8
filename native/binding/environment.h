// What the binding keeps for each Node environment (the main thread and every worker).
#pragma once

#include "binding/node_api.h"

namespace gradlane::binding {

inline constexpr int kErrorClassCount = 5;  // by ErrorCode

struct Environment {
  napi_ref error_classes[kErrorClassCount] = {};

  // Makes the environment's state; it lives until the environment ends.
  static void Create(napi_env env);
  static Environment& Of(napi_env env);
};

}  // namespace gradlane::binding
