// The calls of a job of several processes, each with a function that is told of its end.
#pragma once

#include "binding/node_api.h"

namespace gradlane::binding {

// openWorld(libraries, version, timeoutMs, done): libraries one a line.
// callWorld(kind, dtype, detail, memory, byteOffset, n, done)
// done(code?, message?); the memory must stay until then, and for good where it failed.
// world() -> { rank, library, hosts }
// closeWorldNow(): waits for the others, for a program that ends without its event loop.
// abortWorld(code): ends all processes of the job.
void DefineDistributed(napi_env env, napi_value exports);

}  // namespace gradlane::binding
