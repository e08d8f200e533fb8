// Node-API with its C++ wrappers, the only way to <napi.h>.
#pragma once

// An environment that ends refuses every call that could run JavaScript. The wrappers answer with a
// C++ exception, their handler throws it as a JavaScript one, is refused as well, and without this
// macro throws from a noexcept function: a worker that is terminated would end the whole process.
//
// It hides nothing. Error::ThrowAsJavaScriptException then looks first whether an exception is
// pending, and lets go only of one that napi_throw refuses although none is: Node-API does that in
// an environment that can no longer run JavaScript, where nobody is left to catch it. One that
// meets a pending exception, or is refused for another reason, still ends the process.
#define NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
#include <napi.h>
