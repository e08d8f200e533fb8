// The JavaScript class Program: a list of recorded operations and its replay.
#pragma once

#include "binding/node_api.h"

namespace gradlane::binding {

// The constructor, for the export list.
Napi::Function DefineProgram(Napi::Env env);

}  // namespace gradlane::binding
