// From a JavaScript call to a plain argument struct and on to the operation, or into a program. The
// only path by which operations are reached.
//
// Raw Node-API on purpose: the same call through wrapper objects costs about twice as much, and a
// small network makes some fifteen of them a step.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/buffer.h"
#include "binding/node_api.h"
#include "ops/operations.h"

namespace gradlane::binding {

class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info);

  // The first argument as the name of an operation, which ends at the size of `name`.
  void ReadName(std::span<char> name);

  // The whole of an ArrayBuffer, or Buffer{} for null.
  Buffer ReadArrayBuffer();

  // One argument each, but a Buffer, which is an ArrayBuffer (or null) and an offset in bytes.
  void Read(double& field);
  void Read(std::int64_t& field);
  void Read(std::int32_t& field);
  void Read(bool& field);
  void Read(Buffer& field);
  void Read(napi_value& field);  // anything

  // The argument struct of an operation. Its slots, all that is left of the arguments, lie in
  // `slots`.
  void Read(const Operation& operation, ArgumentBytes& args, std::vector<ParameterSlot>& slots);

  void* data() const { return data_; }  // that the function was made with
  std::span<const napi_value> all() const { return {values_, count_}; }

 private:
  static constexpr std::size_t kInline = 64;

  napi_value Next();
  void Read(std::vector<ParameterSlot>& slots);
  [[noreturn, gnu::noinline]] void Mismatch(const char* expected);

  napi_env env_;
  void* data_ = nullptr;
  std::size_t count_ = 0;
  std::size_t next_ = 0;
  napi_value* values_ = nullptr;
  napi_value inline_[kInline];
  std::vector<napi_value> more_;
};

// Returns what `run` returns, computed in a ComputingScope; an exception of it becomes a JavaScript
// one.
napi_value Guarded(napi_env env, napi_callback_info info,
                   napi_value (*run)(napi_env, napi_callback_info));

// The JavaScript function of the operation that is its data.
napi_value Call(napi_env env, napi_callback_info info);

}  // namespace gradlane::binding
