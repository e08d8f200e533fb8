// From the core's exceptions to the classes of ts/errors.ts.
#pragma once

#include "base/error.h"
#include "binding/node_api.h"

namespace gradlane::binding {

// setErrorClasses(ShapeError, DTypeError, ValueError, OutOfMemoryError, DistributedError): what
// ThrowError throws in this environment. Handed over once, so that a call needs no try block around
// it on the JavaScript side.
napi_value SetErrorClasses(napi_env env, napi_callback_info info);

// Leaves an instance of the code's class pending; before SetErrorClasses a plain Error with `code`.
void ThrowError(napi_env env, ErrorCode code, const char* message);

}  // namespace gradlane::binding
