#include "binding/program.h"

#include <cstring>
#include <string>

#include "binding/call.h"
#include "binding/errors.h"
#include "binding/operations.h"
#include "program/replay.h"

namespace gradlane::binding {

namespace {

// Memory that operations point into is kept alive from JavaScript: the object that owns a Program
// also owns its ArrayBuffers, and a replay in flight owns that object.
class ProgramObject : public Napi::ObjectWrap<ProgramObject> {
 public:
  explicit ProgramObject(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<ProgramObject>(info), env_(info.Env()), replay_(program_) {
    napi_add_env_cleanup_hook(env_, &ProgramObject::EnvironmentEnds, this);
  }
  ~ProgramObject() override {
    napi_remove_env_cleanup_hook(env_, &ProgramObject::EnvironmentEnds, this);
  }

  // add(name, ...arguments of the operation)
  static napi_value Add(napi_env env, napi_callback_info info) {
    return Guarded(env, info, [](napi_env env_, napi_callback_info info_) {
      napi_value self = nullptr;
      napi_get_cb_info(env_, info_, nullptr, nullptr, &self, nullptr);
      Arguments arguments(env_, info_);
      char name[64];
      arguments.ReadName(name);
      for (const Operation& operation : Operations()) {
        if (std::strcmp(operation.name, name) != 0) continue;
        operation.record(Unwrap(Napi::Object(env_, self))->program_, arguments);
        return;
      }
      throw Error(ErrorCode::kValue, std::string("program: there is no operation ") + name);
    });
  }

  // addPlaceholder(buffer) -> number
  Napi::Value AddPlaceholder(const Napi::CallbackInfo& info) {
    auto buffer = info[0].As<Napi::ArrayBuffer>();
    return Napi::Number::New(
        info.Env(), program_.AddPlaceholder(static_cast<char*>(buffer.Data()),
                                            static_cast<std::int64_t>(buffer.ByteLength())));
  }

  // place(placeholder, buffer, byteOffset, stride)
  void Place(const Napi::CallbackInfo& info) {
    auto buffer = info[1].As<Napi::ArrayBuffer>();
    const std::int64_t offset = info[2].As<Napi::Number>().Int64Value();
    program_.Place(info[0].As<Napi::Number>().Int32Value(),
                   {static_cast<char*>(buffer.Data()) + offset,
                    static_cast<std::int64_t>(buffer.ByteLength()) - offset,
                    info[3].As<Napi::Number>().Int64Value()});
  }

  // runSync(times)
  static napi_value RunSync(napi_env env, napi_callback_info info) {
    return Guarded(env, info, [](napi_env env_, napi_callback_info info_) {
      napi_value self = nullptr;
      napi_get_cb_info(env_, info_, nullptr, nullptr, &self, nullptr);
      Arguments arguments(env_, info_);
      std::int64_t times = 0;
      arguments.Read(times);
      ReplayHere(Unwrap(Napi::Object(env_, self))->program_, times);
    });
  }

  // timeOperations(times) -> milliseconds of each operation
  Napi::Value Time(const Napi::CallbackInfo& info) {
    std::vector<double> milliseconds;
    try {
      milliseconds = TimeOperations(program_, info[0].As<Napi::Number>().Int64Value());
    } catch (const Error& error) {
      ThrowError(info.Env(), error.code(), error.what());
      return {};
    }
    Napi::Array result = Napi::Array::New(info.Env(), milliseconds.size());
    for (std::uint32_t i = 0; i < milliseconds.size(); ++i) result.Set(i, milliseconds[i]);
    return result;
  }

  // start(times, intervalMs, threads, background, listener), threads 0 for all: listener(done) now
  // and then, listener(done, true) at the end or listener(done, true, code, message, operation) if
  // an operation failed.
  void Start(const Napi::CallbackInfo& info) {
    napi_value name = Napi::String::New(info.Env(), "gradlane replay");
    napi_threadsafe_function notify = nullptr;
    if (napi_create_threadsafe_function(info.Env(), info[4], nullptr, name, 0, 1, nullptr, nullptr,
                                        this, &ProgramObject::Notified, &notify) != napi_ok) {
      ThrowError(info.Env(), ErrorCode::kValue, "program: the replay could not be started");
      return;
    }
    const bool background = info[3].As<Napi::Boolean>().Value();
    const Crew crew{info[2].As<Napi::Number>().Int32Value(),
                    background ? Priority::kBackground : Priority::kNormal};
    try {
      replay_.Start(
          info[0].As<Napi::Number>().Int64Value(), info[1].As<Napi::Number>().DoubleValue(), crew,
          [this, notify, closed = false]() mutable {
            // Once the environment is closing, the function must not be touched again.
            if (closed) return;
            const bool finished = !replay_.Running();
            void* const last = finished ? this : nullptr;
            closed = napi_call_threadsafe_function(notify, last, napi_tsfn_nonblocking) != napi_ok;
            if (finished && !closed) {
              napi_release_threadsafe_function(notify, napi_tsfn_release);
            }
          });
    } catch (const std::exception& error) {
      napi_release_threadsafe_function(notify, napi_tsfn_abort);
      ThrowError(info.Env(), ErrorCode::kValue, std::string("program: ") + error.what());
      return;
    }
    Ref();
  }

  void Stop(const Napi::CallbackInfo&) { replay_.Stop(); }

  Napi::Value Done(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(replay_.Done()));
  }

 private:
  // Before the thread pool is released and memory is freed: hooks run in the reverse order.
  static void EnvironmentEnds(void* self) { static_cast<ProgramObject*>(self)->replay_.End(); }

  // On the JavaScript thread. `last` is null but for the last call of a replay.
  static void Notified(napi_env env, napi_value listener, void* context, void* last) {
    if (env == nullptr) return;  // it is being torn down
    auto* const self = static_cast<ProgramObject*>(context);
    napi_value arguments[5];
    std::size_t count = 1;
    napi_create_double(env, static_cast<double>(self->replay_.Done()), &arguments[0]);
    if (last != nullptr) {
      napi_get_boolean(env, true, &arguments[count++]);
      if (const auto& failure = self->replay_.failure()) {
        const char* code = CodeName(failure->error.code());
        napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &arguments[count++]);
        napi_create_string_utf8(env, failure->error.what(), NAPI_AUTO_LENGTH, &arguments[count++]);
        napi_create_double(env, static_cast<double>(failure->operation), &arguments[count++]);
      }
      self->Unref();
    }
    napi_value global = nullptr;
    napi_get_global(env, &global);
    napi_call_function(env, global, listener, count, arguments, nullptr);
  }

  napi_env env_;
  Program program_;
  Replay replay_;  // after the program: its thread ends first
};

}  // namespace

Napi::Function DefineProgram(Napi::Env env) {
  using Wrap = Napi::ObjectWrap<ProgramObject>;
  const Napi::Function constructor = ProgramObject::DefineClass(
      env, "Program",
      {Wrap::InstanceMethod<&ProgramObject::AddPlaceholder>("addPlaceholder"),
       Wrap::InstanceMethod<&ProgramObject::Place>("place"),
       Wrap::InstanceMethod<&ProgramObject::Start>("start"),
       Wrap::InstanceMethod<&ProgramObject::Stop>("stop"),
       Wrap::InstanceMethod<&ProgramObject::Done>("done"),
       Wrap::InstanceMethod<&ProgramObject::Time>("timeOperations")});
  // These take the arguments of operations, which are read without wrapper objects.
  const Napi::Object prototype = constructor.Get("prototype").As<Napi::Object>();
  const auto add = [&](const char* name, napi_callback call) {
    napi_value function = nullptr;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, call, nullptr, &function);
    Napi::Object(prototype).Set(name, Napi::Function(env, function));
  };
  add("add", &ProgramObject::Add);
  add("runSync", &ProgramObject::RunSync);
  return constructor;
}

}  // namespace gradlane::binding
