#include "binding/errors.h"

#include "binding/environment.h"

namespace gradlane::binding {

napi_value SetErrorClasses(napi_env env, napi_callback_info info) {
  std::size_t count = kErrorClassCount;
  napi_value classes[kErrorClassCount] = {};
  napi_get_cb_info(env, info, &count, classes, nullptr, nullptr);
  Environment& environment = Environment::Of(env);
  for (int i = 0; i < kErrorClassCount; ++i) {
    if (napi_create_reference(env, classes[i], 1, &environment.error_classes[i]) != napi_ok) {
      napi_throw_type_error(env, nullptr, "setErrorClasses: expected five classes");
      return nullptr;
    }
  }
  return nullptr;
}

void ThrowError(napi_env env, ErrorCode code, const char* message) {
  const napi_ref reference = Environment::Of(env).error_classes[static_cast<int>(code)];
  napi_value error_class = nullptr, text = nullptr, error = nullptr;
  if (reference != nullptr && napi_get_reference_value(env, reference, &error_class) == napi_ok &&
      napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &text) == napi_ok &&
      napi_new_instance(env, error_class, 1, &text, &error) == napi_ok) {
    napi_throw(env, error);
    return;
  }
  bool pending = false;  // the environment is being terminated: there is nobody to tell
  napi_is_exception_pending(env, &pending);
  if (!pending) napi_throw_error(env, CodeName(code), message);
}

}  // namespace gradlane::binding
