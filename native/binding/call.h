// From a JavaScript call to a plain argument struct and on to the operation. The only path by
// which operations are reached, so a recorder has to be put in one place.
//
// Raw Node-API on purpose: the same call through wrapper objects costs about twice as much, and a
// small network makes some fifteen of them a step.
#pragma once

#include <napi.h>

#include <cstdint>
#include <exception>
#include <string>
#include <type_traits>
#include <vector>

#include "base/buffer.h"
#include "binding/errors.h"
#include "ops/parameter_slot.h"

namespace gradlane::binding {

class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    count_ = kInline;
    napi_get_cb_info(env, info, &count_, inline_, nullptr, nullptr);
    values_ = inline_;
    if (count_ > kInline) {
      more_.resize(count_);
      napi_get_cb_info(env, info, &count_, more_.data(), nullptr, nullptr);
      values_ = more_.data();
    }
  }

  // One field of an argument struct a call.
  void Read(double& field) {
    if (napi_get_value_double(env_, Next(), &field) != napi_ok) Mismatch("a number");
  }
  void Read(std::int64_t& field) {
    double value = 0;
    Read(value);
    field = static_cast<std::int64_t>(value);
  }
  void Read(bool& field) {
    if (napi_get_value_bool(env_, Next(), &field) != napi_ok) Mismatch("a boolean");
  }
  template <class Enum, class = std::enable_if_t<std::is_enum_v<Enum>>>
  void Read(Enum& field) {
    std::int32_t value = 0;
    if (napi_get_value_int32(env_, Next(), &value) != napi_ok) Mismatch("a number");
    field = static_cast<Enum>(value);
  }
  // An ArrayBuffer (or null) followed by the offset in bytes.
  void Read(Buffer& field) {
    void* data = nullptr;
    std::size_t bytes = 0;
    const napi_value value = Next();
    const bool given = napi_get_arraybuffer_info(env_, value, &data, &bytes) == napi_ok;
    if (!given) {
      napi_valuetype type = napi_undefined;
      napi_typeof(env_, value, &type);
      if (type != napi_null) Mismatch("an ArrayBuffer or null");
    }
    std::int64_t offset = 0;
    Read(offset);
    if (!given) {
      field = Buffer{};
      return;
    }
    const bool inside = offset >= 0 && offset <= static_cast<std::int64_t>(bytes);
    field.data = inside && data != nullptr ? static_cast<char*>(data) + offset : nullptr;
    field.bytes = inside ? static_cast<std::int64_t>(bytes) - offset : 0;
  }
  // All that is left of the arguments, one slot after the other.
  void Read(std::vector<ParameterSlot>& field) {
    while (next_ < count_) {
      ParameterSlot slot;
      Read(slot.parameter);
      Read(slot.gradient);
      Read(slot.n);
      Read(slot.index);
      Read(slot.state_offset);
      field.push_back(slot);
    }
  }

 private:
  static constexpr std::size_t kInline = 64;

  napi_value Next() {
    if (next_ >= count_) Mismatch("another argument");
    return values_[next_++];
  }
  [[noreturn]] void Mismatch(const char* expected) {
    throw Error(ErrorCode::kValue,
                "argument " + std::to_string(next_) + " of a native call: expected " + expected);
  }

  napi_env env_;
  std::size_t count_ = 0;
  std::size_t next_ = 0;
  napi_value* values_ = nullptr;
  napi_value inline_[kInline];
  std::vector<napi_value> more_;
};

template <class Args>
Args Unpack(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  Args args;
  args.Fields([&](auto&... field) { (arguments.Read(field), ...); });
  return args;
}

template <class Op>
struct ArgsOf;
template <class Args>
struct ArgsOf<void (*)(const Args&)> {
  using Type = Args;
};

// The JavaScript function of an operation.
template <auto Op>
napi_value Call(napi_env env, napi_callback_info info) {
  try {
    Op(Unpack<typename ArgsOf<decltype(Op)>::Type>(env, info));
  } catch (const Error& error) {
    ThrowError(env, error.code(), error.what());
  } catch (const std::exception& error) {
    ThrowError(env, ErrorCode::kValue, error.what());
  }
  return nullptr;
}

}  // namespace gradlane::binding
