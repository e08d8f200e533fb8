// The export list of the addon, and the life of an environment.
#include "binding/call.h"
#include "binding/distributed.h"
#include "binding/environment.h"
#include "binding/errors.h"
#include "binding/node_api.h"
#include "binding/program.h"
#include "cpu/caches.h"
#include "cpu/cpu.h"
#include "cpu/dispatch.h"
#include "cpu/float_control.h"
#include "ops/operations.h"
#include "parallel/thread_pool.h"

namespace gradlane::binding {

namespace {

Napi::Value Info(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Object result = Napi::Object::New(env);
  Napi::Array targets = Napi::Array::New(env);
  for (const IsaTarget target : SupportedIsaTargets())
    targets.Set(targets.Length(), KernelsOf(target).name);
  result.Set("isa", Kernels().name);
  result.Set("supportedIsas", targets);
  result.Set("cpu", CpuBrand());
  result.Set("cores", LogicalCores());
  result.Set("flushDenormal", g_flush_denormals.load(std::memory_order_relaxed) && kFlush != 0);
  result.Set("l1d", static_cast<double>(Caches().l1d));
  result.Set("l2", static_cast<double>(Caches().l2));
  result.Set("l3", static_cast<double>(Caches().l3));
  return result;
}

Napi::Value GetNumThreads(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), Threads());
}

void SetNumThreads(const Napi::CallbackInfo& info) {
  SetThreads(info[0].As<Napi::Number>().Int32Value());
}

void SetDefaultNumThreads(const Napi::CallbackInfo& info) {
  SetDefaultThreads(info[0].As<Napi::Number>().Int32Value());
}

// limitThreads(count): for this thread of JavaScript; 0 takes the limit away.
void LimitThreads(const Napi::CallbackInfo& info) {
  SetThreadLimit({info[0].As<Napi::Number>().Int32Value(), Priority::kNormal});
}

// setFlushDenormal(flush) -> whether this processor can
Napi::Value SetFlushDenormal(const Napi::CallbackInfo& info) {
  g_flush_denormals.store(info[0].As<Napi::Boolean>(), std::memory_order_relaxed);
  return Napi::Boolean::New(info.Env(), kFlush != 0);
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  try {
    Kernels();  // an unusable GRADLANE_ISA is refused here, before anything runs
  } catch (const Error& error) {
    Napi::Error failure = Napi::Error::New(env, error.what());
    failure.Set("code", CodeName(error.code()));
    throw failure;
  }
  Environment::Create(env);
  RetainPool();
  env.AddCleanupHook([] { ReleasePool(); });

  const auto add = [&](const char* name, napi_callback call, const Operation* operation) {
    napi_value function = nullptr;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, call, const_cast<Operation*>(operation),
                         &function);
    exports.Set(name, Napi::Function(env, function));
  };
  for (const Operation& operation : Operations()) add(operation.name, &Call, &operation);
  add("setErrorClasses", &SetErrorClasses, nullptr);
  exports.Set("Program", DefineProgram(env));
  DefineDistributed(env, exports);
  exports.Set("info", Napi::Function::New(env, &Info, "info"));
  exports.Set("getNumThreads", Napi::Function::New(env, &GetNumThreads, "getNumThreads"));
  exports.Set("setNumThreads", Napi::Function::New(env, &SetNumThreads, "setNumThreads"));
  exports.Set("setDefaultNumThreads",
              Napi::Function::New(env, &SetDefaultNumThreads, "setDefaultNumThreads"));
  exports.Set("setFlushDenormal", Napi::Function::New(env, &SetFlushDenormal, "setFlushDenormal"));
  exports.Set("limitThreads", Napi::Function::New(env, &LimitThreads, "limitThreads"));
  return exports;
}

}  // namespace
}  // namespace gradlane::binding

// The macro pastes the module's name together with the function's, so both are spelled plainly.
static Napi::Object InitGradlane(Napi::Env env, Napi::Object exports) {
  return gradlane::binding::Init(env, exports);
}
NODE_API_MODULE(gradlane, InitGradlane)
