// A recorded list of operations over fixed memory. Running it is running them in order: nothing is
// looked up, unpacked or allocated.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "ops/args_of.h"
#include "ops/parameter_slot.h"

namespace gradlane {

// One operation with a copy of its arguments. `Buffers` finds the operands that a replay may move.
class RecordedOperation {
 public:
  virtual ~RecordedOperation() = default;
  virtual void Run() const = 0;
  virtual void Buffers(std::vector<Buffer*>& found) = 0;
};

// What each field of an argument struct adds to `Buffers`. Out of line: every operation has some.
void FindBuffers(Buffer& field, std::vector<Buffer*>& found);
void FindBuffers(std::vector<ParameterSlot>& field, std::vector<Buffer*>& found);
template <class Field>
void FindBuffers(Field&, std::vector<Buffer*>&) {}

template <auto Op>
class Recorded final : public RecordedOperation {
 public:
  explicit Recorded(ArgsOf<Op> args) : args_(std::move(args)) {}
  void Run() const override { Op(args_); }
  void Buffers(std::vector<Buffer*>& found) override {
    args_.Fields([&](auto&... field) { (FindBuffers(field, found), ...); });
  }

 private:
  ArgsOf<Op> args_;
};

// Where a placeholder lies in step i of a replay: `stride` bytes further each step, so that one
// replay can walk over many batches.
struct Placement {
  char* data = nullptr;
  std::int64_t bytes = 0;  // from `data` on
  std::int64_t stride = 0;
};

class Program {
 public:
  void Add(std::unique_ptr<RecordedOperation> operation);
  std::size_t size() const { return operations_.size(); }

  // Declares memory that the operations added so far were recorded with as movable: every operand
  // inside [data, data + bytes) goes where Place says. Returns its number; at first it lies where
  // it was recorded.
  int AddPlaceholder(char* data, std::int64_t bytes);
  int placeholders() const { return static_cast<int>(placeholders_.size()); }
  // Throws ERR_VALUE, before anything is moved, when there is no such placeholder, when its memory
  // is smaller than that it was recorded with, or when the stride is negative.
  void Place(std::int64_t placeholder, const Placement& placement);

  // Moves the placeholders to where they lie in `step` of a replay. Operands past the end of their
  // memory have 0 bytes, which operations refuse.
  void MoveTo(std::int64_t step);

  // Runs one operation. Throws what it throws.
  void Run(std::size_t operation) const { operations_[operation]->Run(); }

 private:
  struct Operand {
    Buffer* buffer;
    std::int64_t offset;  // within the placeholder
  };
  struct Placeholder {
    std::int64_t bytes;  // that it was recorded with
    Placement placement;
    std::vector<Operand> operands;
    bool placed = true;  // operands are where `placement` says, for every step
  };

  std::vector<std::unique_ptr<RecordedOperation>> operations_;
  std::vector<Placeholder> placeholders_;
};

}  // namespace gradlane
