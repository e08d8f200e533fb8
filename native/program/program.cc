#include "program/program.h"

#include <algorithm>
#include <string>

namespace gradlane {

void FindBuffers(Buffer& field, std::vector<Buffer*>& found) {
  if (field.present()) found.push_back(&field);
}

void FindBuffers(std::vector<ParameterSlot>& field, std::vector<Buffer*>& found) {
  for (ParameterSlot& slot : field) {
    found.push_back(&slot.parameter);
    found.push_back(&slot.gradient);
  }
}

void Program::Add(std::unique_ptr<RecordedOperation> operation) {
  operations_.push_back(std::move(operation));
}

int Program::AddPlaceholder(char* data, std::int64_t bytes) {
  Placeholder placeholder;
  placeholder.bytes = bytes;
  placeholder.placement = {data, bytes, 0};
  std::vector<Buffer*> buffers;
  for (const auto& operation : operations_) operation->Buffers(buffers);
  for (Buffer* buffer : buffers) {
    const char* at = static_cast<const char*>(buffer->data);
    if (at >= data && at < data + bytes) placeholder.operands.push_back({buffer, at - data});
  }
  placeholders_.push_back(std::move(placeholder));
  return placeholders() - 1;
}

void Program::Place(std::int64_t placeholder, const Placement& placement) {
  if (placeholder < 0 || placeholder >= placeholders()) {
    throw Error(ErrorCode::kValue,
                "program: there is no placeholder " + std::to_string(placeholder));
  }
  Placeholder& placed = placeholders_[static_cast<std::size_t>(placeholder)];
  if (placement.bytes < placed.bytes || placement.stride < 0) {
    throw Error(ErrorCode::kValue,
                "program: placeholder " + std::to_string(placeholder) + " needs " +
                    std::to_string(placed.bytes) + " bytes and a stride of at least 0, got " +
                    std::to_string(placement.bytes) + " from its offset on and a stride of " +
                    std::to_string(placement.stride));
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
