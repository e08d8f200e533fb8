// From a JavaScript call to a plain argument struct and on to the operation, or into a program. The
// only path by which operations are reached.
//
// Raw Node-API on purpose: the same call through wrapper objects costs about twice as much, and a
// small network makes some fifteen of them a step.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "base/buffer.h"
#include "binding/node_api.h"
#include "ops/args_of.h"
#include "ops/parameter_slot.h"
#include "program/program.h"

namespace gradlane::binding {

class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info);

  // The first argument as the name of an operation, which ends at the size of `name`.
  void ReadName(std::span<char> name);

  // The whole of an ArrayBuffer, or Buffer{} for null.
  Buffer ReadArrayBuffer();

  // One field of an argument struct a call. A Buffer is an ArrayBuffer (or null) followed by the
  // offset in bytes; slots are all that is left of the arguments.
  void Read(double& field);
  void Read(std::int64_t& field);
  void Read(std::int32_t& field);
  void Read(bool& field);
  void Read(Buffer& field);
  void Read(std::vector<ParameterSlot>& field);
  void Read(napi_value& field);  // anything
  template <class Enum, class = std::enable_if_t<std::is_enum_v<Enum>>>
  void Read(Enum& field) {
    std::int32_t value = 0;
    Read(value);
    field = static_cast<Enum>(value);
  }

 private:
  static constexpr std::size_t kInline = 64;

  napi_value Next();
  [[gnu::always_inline]] Buffer ReadMemory();
  [[noreturn]] void Mismatch(const char* expected);

  napi_env env_;
  std::size_t count_ = 0;
  std::size_t next_ = 0;
  napi_value* values_ = nullptr;
  napi_value inline_[kInline];
  std::vector<napi_value> more_;
};

// Out of line: a call and a recording share it, and inlined it would be most of the binding's code.
template <class Args>
[[gnu::noinline]] Args Unpack(Arguments& arguments) {
  Args args;
  args.Fields([&](auto&... field) { (arguments.Read(field), ...); });
  return args;
}

// Returns what `run` returns, computed in a ComputingScope; an exception of it becomes a JavaScript
// one.
napi_value Guarded(napi_env env, napi_callback_info info,
                   napi_value (*run)(napi_env, napi_callback_info));

// The JavaScript function of an operation.
template <auto Op>
napi_value Call(napi_env env, napi_callback_info info) {
  return Guarded(env, info, [](napi_env env_, napi_callback_info info_) -> napi_value {
    Arguments arguments(env_, info_);
    Op(Unpack<ArgsOf<Op>>(arguments));
    return nullptr;
  });
}

// Appends the operation with the arguments that are left.
template <auto Op>
void Record(Program& program, Arguments& arguments) {
  program.Add(std::make_unique<Recorded<Op>>(Unpack<ArgsOf<Op>>(arguments)));
}

}  // namespace gradlane::binding
