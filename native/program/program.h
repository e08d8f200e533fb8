// A recorded list of operations over fixed memory. Running it is running them in order: nothing is
// looked up, unpacked or allocated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/buffer.h"
#include "ops/operations.h"

namespace gradlane {

// Where a placeholder lies in step i of a replay: `stride` bytes further each step, so that one
// replay can walk over many batches.
struct Placement {
  char* data = nullptr;
  std::int64_t bytes = 0;  // from `data` on
  std::int64_t stride = 0;
};

class Program {
 public:
  // Keeps a copy of the argument struct and of the slots in it.
  void Add(const Operation& operation, const void* args);
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
  void Run(std::size_t operation) const {
    const Recorded& recorded = operations_[operation];
    recorded.operation.run(recorded.args.get());
  }

 private:
  struct Recorded {
    Operation operation;
    std::unique_ptr<std::byte[]> args;
    std::vector<ParameterSlot> slots;
  };
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

  std::vector<Recorded> operations_;
  std::vector<Placeholder> placeholders_;
};

}  // namespace gradlane
