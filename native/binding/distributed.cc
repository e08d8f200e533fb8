#include "binding/distributed.h"

#include <chrono>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "binding/call.h"
#include "binding/errors.h"
#include "distributed/world.h"

namespace gradlane::binding {

namespace {

using distributed::Job;
using distributed::World;

// A job with the function of JavaScript that waits for it.
struct Asked : Job {
  napi_threadsafe_function notify = nullptr;
};

void Notified(napi_env env, napi_value done, void*, void* data) {
  const std::unique_ptr<Asked> asked(static_cast<Asked*>(data));
  if (env == nullptr) return;  // it is being torn down
  napi_value arguments[2];
  std::size_t count = 0;
  if (const auto& failure = asked->failure) {
    napi_create_string_utf8(env, CodeName(failure->code()), NAPI_AUTO_LENGTH, &arguments[count++]);
    napi_create_string_utf8(env, failure->what(), NAPI_AUTO_LENGTH, &arguments[count++]);
  }
  napi_value global = nullptr;
  napi_get_global(env, &global);
  napi_call_function(env, global, done, count, arguments, nullptr);
}

// On the thread of the world.
void Notify(Job& job) {
  auto* const asked = static_cast<Asked*>(&job);
  const napi_threadsafe_function notify = asked->notify;
  if (napi_call_threadsafe_function(notify, asked, napi_tsfn_nonblocking) == napi_ok) {
    napi_release_threadsafe_function(notify, napi_tsfn_release);
  } else {
    delete asked;  // the environment is closing
  }
}

// Hands the job to `post`; `done` is called once it is finished.
template <class Post>
void Ask(napi_env env, napi_value done, std::unique_ptr<Asked> asked, Post&& post) {
  napi_value name = nullptr;
  napi_create_string_utf8(env, "gradlane world", NAPI_AUTO_LENGTH, &name);
  if (napi_create_threadsafe_function(env, done, nullptr, name, 0, 1, nullptr, nullptr, nullptr,
                                      &Notified, &asked->notify) != napi_ok) {
    Throw(ErrorCode::kValue, {"distributed: the call could not be started"});
  }
  asked->done = &Notify;
  try {
    post(*asked);
  } catch (...) {
    napi_release_threadsafe_function(asked->notify, napi_tsfn_abort);
    throw;
  }
  asked.release();
}

std::string Text(napi_env env, napi_value value) {
  std::size_t length = 0;
  napi_get_value_string_utf8(env, value, nullptr, 0, &length);
  std::string text(length, ' ');
  napi_get_value_string_utf8(env, value, text.data(), length + 1, &length);
  return text;
}

napi_value OpenWorld(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  napi_value libraries = nullptr, version = nullptr, name = nullptr, done = nullptr;
  double timeout_ms = 0;
  arguments.Read(libraries);
  arguments.Read(version);
  arguments.Read(name);
  arguments.Read(timeout_ms);
  arguments.Read(done);
  distributed::Settings settings;
  settings.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(timeout_ms));
  Ask(env, done, std::make_unique<Asked>(), [&](Job& job) {
    World::Of().Open(&distributed::LoadMpi, Text(env, libraries), Text(env, version),
                     Text(env, name), settings, job);
  });
  return nullptr;
}

napi_value CallWorld(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  std::int32_t kind = 0, dtype = 0;
  Buffer memory;
  napi_value done = nullptr;
  auto asked = std::make_unique<Asked>();
  distributed::Call& call = asked->call;
  arguments.Read(kind);
  arguments.Read(dtype);
  arguments.Read(call.detail);
  arguments.Read(memory);
  arguments.Read(call.n);
  arguments.Read(done);
  call.kind = static_cast<distributed::Kind>(kind);
  call.dtype = static_cast<Dtype>(dtype);
  if (memory.present()) {
    const bool gathers = call.kind == distributed::Kind::kAllGather;
    const std::int64_t parts = gathers ? World::Of().size() : 1;
    call.data = ElementBytes(call.dtype, memory, call.n * parts, "distributed", "the tensor");
  }
  Ask(env, done, std::move(asked), [](Job& job) { World::Of().Post(job); });
  return nullptr;
}

napi_value WorldInfo(napi_env env, napi_callback_info) {
  const World& world = World::Of();
  napi_value result = nullptr, hosts = nullptr, value = nullptr;
  napi_create_object(env, &result);
  napi_create_int32(env, world.rank(), &value);
  napi_set_named_property(env, result, "rank", value);
  napi_create_string_utf8(env, world.library().c_str(), NAPI_AUTO_LENGTH, &value);
  napi_set_named_property(env, result, "library", value);
  napi_create_double(env, world.WaitedSeconds(), &value);
  napi_set_named_property(env, result, "waitedSeconds", value);
  napi_create_array(env, &hosts);
  for (int rank = 0; rank < world.size(); ++rank) {
    napi_create_string_utf8(env, world.host(rank), NAPI_AUTO_LENGTH, &value);
    napi_set_element(env, hosts, rank, value);
  }
  napi_set_named_property(env, result, "hosts", hosts);
  return result;
}

napi_value CloseWorldNow(napi_env, napi_callback_info) {
  World::Of().Run({distributed::Kind::kClose});
  return nullptr;
}

napi_value AbortWorld(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  std::int32_t code = 1;
  arguments.Read(code);
  World::Of().Abort(code);
  return nullptr;
}

using Function = napi_value (*)(napi_env, napi_callback_info);

template <Function Run>
constexpr napi_property_descriptor Describe(const char* name) {
  return {name,
          nullptr,
          [](napi_env env, napi_callback_info info) { return Guarded(env, info, Run); },
          nullptr,
          nullptr,
          nullptr,
          napi_default_jsproperty,
          nullptr};
}

}  // namespace

void DefineDistributed(napi_env env, napi_value exports) {
  static constexpr napi_property_descriptor kFunctions[] = {
      Describe<&OpenWorld>("openWorld"), Describe<&CallWorld>("callWorld"),
      Describe<&WorldInfo>("world"), Describe<&CloseWorldNow>("closeWorldNow"),
      Describe<&AbortWorld>("abortWorld")};
  napi_define_properties(env, exports, std::size(kFunctions), kFunctions);
}

}  // namespace gradlane::binding
