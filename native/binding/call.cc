#include "binding/call.h"

#include <exception>
#include <string>

#include "binding/errors.h"
#include "cpu/float_control.h"

namespace gradlane::binding {

namespace {

constexpr double kLargest = 0x1p53;  // whole numbers up to here are exact in JavaScript

}  // namespace

Arguments::Arguments(napi_env env, napi_callback_info info) : env_(env) {
  count_ = kInline;
  napi_get_cb_info(env, info, &count_, inline_, nullptr, &data_);
  values_ = inline_;
  if (count_ > kInline) {
    more_.resize(count_);
    napi_get_cb_info(env, info, &count_, more_.data(), nullptr, nullptr);
    values_ = more_.data();
  }
}

napi_value Arguments::Next() {
  if (next_ >= count_) Mismatch("another argument");
  return values_[next_++];
}

void Arguments::Mismatch(const char* expected) {
  Throw(ErrorCode::kValue,
        {"argument ", static_cast<std::int64_t>(next_), " of a native call: expected ", expected});
}

void Arguments::ReadName(std::span<char> name) {
  std::size_t length = 0;
  if (napi_get_value_string_utf8(env_, Next(), name.data(), name.size(), &length) != napi_ok) {
    Mismatch("a string");
  }
}

void Arguments::Read(double& field) {
  if (napi_get_value_double(env_, Next(), &field) != napi_ok) Mismatch("a number");
}

void Arguments::Read(std::int64_t& field) {
  double value = 0;
  Read(value);
  // Sums and small multiples of what passes cannot overflow, so the operations need not look.
  if (!(value >= -kLargest && value <= kLargest)) Mismatch("a number between -2^53 and 2^53");
  field = static_cast<std::int64_t>(value);
}

void Arguments::Read(std::int32_t& field) {
  if (napi_get_value_int32(env_, Next(), &field) != napi_ok) Mismatch("a number");
}

void Arguments::Read(bool& field) {
  if (napi_get_value_bool(env_, Next(), &field) != napi_ok) Mismatch("a boolean");
}

Buffer Arguments::ReadArrayBuffer() {
  void* data = nullptr;
  std::size_t bytes = 0;
  const napi_value value = Next();
  if (napi_get_arraybuffer_info(env_, value, &data, &bytes) == napi_ok) {
    return {data, static_cast<std::int64_t>(bytes)};
  }
  napi_valuetype type = napi_undefined;
  napi_typeof(env_, value, &type);
  if (type != napi_null) Mismatch("an ArrayBuffer or null");
  return {};
}

void Arguments::Read(Buffer& field) {
  const Buffer whole = ReadArrayBuffer();
  std::int64_t offset = 0;
  Read(offset);
  if (!whole.present()) {
    field = whole;
    return;
  }
  const bool inside = offset >= 0 && offset <= whole.bytes;
  field.data = inside && whole.data != nullptr ? static_cast<char*>(whole.data) + offset : nullptr;
  field.bytes = inside ? whole.bytes - offset : 0;
}

void Arguments::Read(std::vector<ParameterSlot>& slots) {
  while (next_ < count_) {
    ParameterSlot slot;
    Read(slot.parameter);
    Read(slot.gradient);
    Read(slot.n);
    Read(slot.index);
    Read(slot.state_offset);
    slots.push_back(slot);
  }
}

// Flat, for what a call costs is this loop: a tenth less than with the functions above as such.
[[gnu::flatten]] void Arguments::Read(const Operation& operation, ArgumentBytes& args,
                                      std::vector<ParameterSlot>& slots) {
  for (const Field& field : operation.fields) {
    void* const at = args.bytes + field.offset;
    switch (field.kind) {
      case FieldKind::kSize:
        for (int i = 0; i < field.count; ++i) Read(static_cast<std::int64_t*>(at)[i]);
        break;
      case FieldKind::kNumber:
        Read(*static_cast<double*>(at));
        break;
      case FieldKind::kCode:
        Read(*static_cast<std::int32_t*>(at));
        break;
      case FieldKind::kFlag:
        Read(*static_cast<bool*>(at));
        break;
      case FieldKind::kBuffer:
        Read(*static_cast<Buffer*>(at));
        break;
      case FieldKind::kSlots:
        Read(slots);
        *static_cast<ParameterSlots*>(at) = slots;
        break;
    }
  }
}

void Arguments::Read(napi_value& field) { field = Next(); }

napi_value Guarded(napi_env env, napi_callback_info info,
                   napi_value (*run)(napi_env, napi_callback_info)) {
  try {
    const ComputingScope scope;
    return run(env, info);
  } catch (const Napi::Error& error) {  // JavaScript's own
    error.ThrowAsJavaScriptException();
  } catch (const Error& error) {
    ThrowError(env, error.code(), error.what());
  } catch (const OutOfMemory& error) {
    ThrowError(env, ErrorCode::kMemory, error.what());
  } catch (const std::bad_alloc&) {
    ThrowError(env, ErrorCode::kMemory, OutOfMemory(0).what());
  } catch (const std::exception& error) {
    ThrowError(env, ErrorCode::kValue, error.what());
  }
  return nullptr;
}

napi_value Call(napi_env env, napi_callback_info info) {
  return Guarded(env, info, [](napi_env env_, napi_callback_info info_) -> napi_value {
    Arguments arguments(env_, info_);
    const auto& operation = *static_cast<const Operation*>(arguments.data());
    ArgumentBytes args;
    std::vector<ParameterSlot> slots;
    arguments.Read(operation, args, slots);
    operation.run(&args);
    return nullptr;
  });
}

}  // namespace gradlane::binding
