#include "binding/environment.h"

namespace gradlane::binding {

void Environment::Create(napi_env env) {
  napi_set_instance_data(
      env, new Environment,
      [](napi_env, void* data, void*) { delete static_cast<Environment*>(data); }, nullptr);
}

Environment& Environment::Of(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return *static_cast<Environment*>(data);
}

}  // namespace gradlane::binding
