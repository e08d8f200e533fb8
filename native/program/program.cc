#include "program/program.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace gradlane {

void Program::Add(const Operation& operation, const void* args) {
  Recorded recorded{operation, std::make_unique<std::byte[]>(operation.size), {}};
  std::memcpy(recorded.args.get(), args, operation.size);
  for (const Field& field : operation.fields) {
    if (field.kind != FieldKind::kSlots) continue;
    auto& slots = *reinterpret_cast<ParameterSlots*>(recorded.args.get() + field.offset);
    recorded.slots.assign(slots.begin(), slots.end());
    slots = recorded.slots;
  }
  operations_.push_back(std::move(recorded));
}

int Program::AddPlaceholder(char* data, std::int64_t bytes) {
  Placeholder placeholder;
  placeholder.bytes = bytes;
  placeholder.placement = {data, bytes, 0};
  const auto add = [&](Buffer& buffer) {
    const char* at = static_cast<const char*>(buffer.data);
    if (at >= data && at < data + bytes) placeholder.operands.push_back({&buffer, at - data});
  };
  for (Recorded& recorded : operations_) {
    for (const Field& field : recorded.operation.fields) {
      if (field.kind != FieldKind::kBuffer) continue;
      add(*reinterpret_cast<Buffer*>(recorded.args.get() + field.offset));
    }
    for (ParameterSlot& slot : recorded.slots) {
      add(slot.parameter);
      add(slot.gradient);
    }
  }
  placeholders_.push_back(std::move(placeholder));
  return placeholders() - 1;
}

void Program::Place(std::int64_t placeholder, const Placement& placement) {
  if (placeholder < 0 || placeholder >= placeholders()) {
    Throw(ErrorCode::kValue, {"program: there is no placeholder ", placeholder});
  }
  Placeholder& placed = placeholders_[static_cast<std::size_t>(placeholder)];
  if (placement.bytes < placed.bytes || placement.stride < 0) {
    Throw(ErrorCode::kValue, {"program: placeholder ", placeholder, " needs ", placed.bytes,
                              " bytes and a stride of at least 0, got ", placement.bytes,
                              " from its offset on and a stride of ", placement.stride});
  }
  placed.placement = placement;
  placed.placed = false;
}

void Program::MoveTo(std::int64_t step) {
  for (Placeholder& placeholder : placeholders_) {
    if (placeholder.placed) continue;
    const auto& [data, bytes, stride] = placeholder.placement;
    // of the step; `bytes` when the step lies past the end, also where the product overflows
    std::int64_t start = 0;
    if (__builtin_mul_overflow(step, stride, &start) || start > bytes) start = bytes;
    for (const Operand& operand : placeholder.operands) {
      const std::int64_t offset = start + std::min(operand.offset, bytes - start);
      operand.buffer->data = data + offset;
      operand.buffer->bytes = bytes - offset;
    }
    placeholder.placed = stride == 0;
  }
}

}  // namespace gradlane
