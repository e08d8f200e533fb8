#include "program/program.h"

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

void Program::Place(int placeholder, const Placement& placement) {
  placeholders_[placeholder].placement = placement;
  placeholders_[placeholder].placed = false;
}

void Program::MoveTo(std::int64_t step) {
  for (Placeholder& placeholder : placeholders_) {
    if (placeholder.placed) continue;
    const auto& [data, bytes, stride] = placeholder.placement;
    for (const Operand& operand : placeholder.operands) {
      const std::int64_t offset = step * stride + operand.offset;
      operand.buffer->data = data + offset;
      operand.buffer->bytes = bytes - offset;
    }
    placeholder.placed = stride == 0;
  }
}

}  // namespace gradlane
