#include "binding/program.h"

#include <cstring>
#include <string>

#include "binding/call.h"
#include "binding/errors.h"
#include "program/replay.h"

namespace gradlane::binding {

namespace {

// The ArrayBuffers that operations point into belong to the JavaScript object, and not to this one:
// they are then collected together with it, and a replay in flight keeps it.
class ProgramObject : public Napi::ObjectWrap<ProgramObject> {
 public:
  explicit ProgramObject(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<ProgramObject>(info), env_(info.Env()), replay_(program_) {
    napi_add_env_cleanup_hook(env_, &ProgramObject::EnvironmentEnds, this);
    napi_value memory = nullptr;
    napi_create_array(env_, &memory);
    const napi_property_descriptor property = {kMemory, nullptr, nullptr,      nullptr,
                                               nullptr, memory,  napi_default, nullptr};
    napi_define_properties(env_, info.This(), 1, &property);
  }
  ~ProgramObject() override {
    napi_remove_env_cleanup_hook(env_, &ProgramObject::EnvironmentEnds, this);
  }

  // add(name, ...arguments of the operation)
  napi_value Add(Arguments& arguments) {
    CheckIdle();
    char name[64];
    arguments.ReadName(name);
    for (const Operation& operation : Operations()) {
      if (std::strcmp(operation.name, name) != 0) continue;
      ArgumentBytes args;
      std::vector<ParameterSlot> slots;
      arguments.Read(operation, args, slots);
      Keep(arguments);
      program_.Add(operation, &args);
      return nullptr;
    }
    Throw(ErrorCode::kValue, {"program: there is no operation ", name});
  }

  // addPlaceholder(buffer) -> number
  napi_value AddPlaceholder(Arguments& arguments) {
    CheckIdle();
    const Buffer buffer = arguments.ReadArrayBuffer();
    if (!buffer.present()) Throw(ErrorCode::kValue, {"program: a placeholder is an ArrayBuffer"});
    return Number(program_.AddPlaceholder(static_cast<char*>(buffer.data), buffer.bytes));
  }

  // place(placeholder, buffer, byteOffset, stride)
  napi_value Place(Arguments& arguments) {
    CheckIdle();
    std::int64_t placeholder = 0, stride = 0;
    Buffer buffer;
    arguments.Read(placeholder);
    arguments.Read(buffer);
    arguments.Read(stride);
    program_.Place(placeholder, {static_cast<char*>(buffer.data), buffer.bytes, stride});
    return nullptr;
  }

  // runSync(times)
  napi_value RunSync(Arguments& arguments) {
    CheckIdle();
    std::int64_t times = 0;
    arguments.Read(times);
    ReplayHere(program_, times);
    return nullptr;
  }

  // timeOperations(times) -> milliseconds of each operation
  napi_value Time(Arguments& arguments) {
    CheckIdle();
    std::int64_t times = 0;
    arguments.Read(times);
    const std::vector<double> milliseconds = TimeOperations(program_, times);
    Napi::Array result = Napi::Array::New(env_, milliseconds.size());
    for (std::uint32_t i = 0; i < milliseconds.size(); ++i) result.Set(i, milliseconds[i]);
    return result;
  }

  // start(times, intervalMs, threads, background, listener), threads 0 for all: listener(done) now
  // and then, listener(done, true) at the end or listener(done, true, code, message, operation) if
  // an operation failed.
  napi_value Start(Arguments& arguments) {
    CheckIdle();
    std::int64_t times = 0;
    double interval_ms = 0;
    std::int32_t threads = 0;
    bool background = false;
    napi_value listener = nullptr;
    arguments.Read(times);
    arguments.Read(interval_ms);
    arguments.Read(threads);
    arguments.Read(background);
    arguments.Read(listener);
    const ThreadLimit limit{threads, background ? Priority::kBackground : Priority::kNormal};

    napi_value name = Napi::String::New(env_, "gradlane replay");
    napi_threadsafe_function notify = nullptr;
    if (napi_create_threadsafe_function(env_, listener, nullptr, name, 0, 1, nullptr, nullptr, this,
                                        &ProgramObject::Notified, &notify) != napi_ok) {
      Throw(ErrorCode::kValue, {"program: the replay could not be started"});
    }
    try {
      replay_.Start(times, interval_ms, limit, [this, notify, closed = false]() mutable {
        // Once the environment is closing, the function must not be touched again.
        if (closed) return;
        const bool finished = !replay_.Running();
        void* const last = finished ? this : nullptr;
        closed = napi_call_threadsafe_function(notify, last, napi_tsfn_nonblocking) != napi_ok;
        if (finished && !closed) {
          napi_release_threadsafe_function(notify, napi_tsfn_release);
        }
      });
    } catch (...) {
      napi_release_threadsafe_function(notify, napi_tsfn_abort);
      throw;
    }
    started_ = true;
    Ref();
    return nullptr;
  }

  napi_value Stop(Arguments&) {
    replay_.Stop();
    return nullptr;
  }

  napi_value Done(Arguments&) { return Number(static_cast<double>(replay_.Done())); }

  // A method of the class; V8 calls it on instances only.
  template <napi_value (ProgramObject::*Method)(Arguments&)>
  static napi_property_descriptor Describe(const char* name) {
    const napi_callback call = [](napi_env env, napi_callback_info info) {
      return Guarded(env, info, [](napi_env env_, napi_callback_info info_) {
        napi_value self = nullptr;
        napi_get_cb_info(env_, info_, nullptr, nullptr, &self, nullptr);
        Arguments arguments(env_, info_);
        return (Unwrap(Napi::Object(env_, self))->*Method)(arguments);
      });
    };
    return {name, nullptr, call, nullptr, nullptr, nullptr, napi_default_method, nullptr};
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
      self->started_ = false;
      self->Unref();
    }
    napi_value global = nullptr;
    napi_get_global(env, &global);
    napi_call_function(env, global, listener, count, arguments, nullptr);
  }

  // All ArrayBuffers among the arguments, for as long as this program can run.
  void Keep(const Arguments& arguments) {
    Napi::Array memory = Value().Get(kMemory).As<Napi::Array>();
    for (const napi_value value : arguments.all()) {
      bool is_memory = false;
      napi_is_arraybuffer(env_, value, &is_memory);
      if (is_memory) memory.Set(memory.Length(), value);
    }
  }

  napi_value Number(double value) { return Napi::Number::New(env_, value); }

  // What a replay reads on its thread must stay as it is meanwhile.
  // Until its end was told, that is: what is told of it is read then.
  void CheckIdle() const {
    if (started_) Throw(ErrorCode::kValue, {"program: a replay is running"});
  }

  static constexpr const char* kMemory = "memory";

  napi_env env_;
  bool started_ = false;
  Program program_;
  Replay replay_;  // after the program: its thread ends first
};

}  // namespace

Napi::Function DefineProgram(Napi::Env env) {
  using Object = ProgramObject;
  return Object::DefineClass(
      env, "Program",
      {Object::Describe<&Object::Add>("add"),
       Object::Describe<&Object::AddPlaceholder>("addPlaceholder"),
       Object::Describe<&Object::Place>("place"), Object::Describe<&Object::RunSync>("runSync"),
       Object::Describe<&Object::Start>("start"), Object::Describe<&Object::Stop>("stop"),
       Object::Describe<&Object::Done>("done"), Object::Describe<&Object::Time>("timeOperations")});
}

}  // namespace gradlane::binding
