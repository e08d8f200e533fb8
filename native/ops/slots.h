// What the operations over many parameters share: checking their slots and splitting the work.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"
#include "ops/grain.h"
#include "parallel/thread_pool.h"

namespace gradlane {

// Elements of one task: an optimizer moves 12 to 32 bytes an element, 0.3 to 1 ns.
inline constexpr std::int64_t kSlotGrain = 8192;

template <class T>
void CheckSlots(const ParameterSlots& slots, const char* op) {
  for (const ParameterSlot& slot : slots) {
    Elements<T>(slot.parameter, slot.n, op, "parameter");
    Elements<T>(slot.gradient, slot.n, op, "gradient");
    if (slot.index < 0 || slot.state_offset < 0) {
      throw Error(ErrorCode::kValue,
                  std::string(op) +
                      ": the index and state offset of a slot are not negative, got " +
                      std::to_string(slot.index) + " and " + std::to_string(slot.state_offset));
    }
  }
}

// Numbers that the slots name, one a parameter, checked: step counters and their like.
inline double* PerParameter(const Buffer& numbers, const ParameterSlots& slots, const char* op,
                            const char* operand) {
  std::int64_t count = 0;
  for (const ParameterSlot& slot : slots) count = std::max(count, slot.index + 1);
  return Elements<double>(numbers, count, op, operand);
}

// How many elements of a state array the slots reach to.
inline std::int64_t StateExtent(const ParameterSlots& slots) {
  std::int64_t extent = 0;
  for (const ParameterSlot& slot : slots) extent = std::max(extent, slot.state_offset + slot.n);
  return extent;
}

inline void CheckStateLength(const ParameterSlots& slots, std::int64_t length, const char* op) {
  const std::int64_t extent = StateExtent(slots);
  if (length < extent) {
    throw Error(ErrorCode::kValue,
                std::string(op) + ": the slots reach to element " + std::to_string(extent) +
                    " of state arrays that have stateLength = " + std::to_string(length));
  }
}

inline std::int64_t SlotTasks(const ParameterSlots& slots) {
  std::int64_t total = 0;
  for (const ParameterSlot& slot : slots) total += slot.n;
  return (total + kSlotGrain - 1) / kSlotGrain;
}

// Lays all parameters end to end, cuts that line into tasks of kSlotGrain elements and runs
// body(task, slot number, begin, end) for each piece of a parameter that a task holds: a large one
// is shared between threads, many small ones are one task.
template <class Body>
void ForEachPiece(const ParameterSlots& slots, Body&& body) {
  ParallelFor(SlotTasks(slots), [&](std::int64_t task) {
    const std::int64_t task_begin = task * kSlotGrain, task_end = task_begin + kSlotGrain;
    std::int64_t slot_begin = 0;
    for (std::size_t i = 0; i < slots.size() && slot_begin < task_end; ++i) {
      const std::int64_t begin = std::max(task_begin, slot_begin) - slot_begin;
      const std::int64_t end = std::min(task_end - slot_begin, slots[i].n);
      if (begin < end) body(task, i, begin, end);
      slot_begin += slots[i].n;
    }
  });
}

}  // namespace gradlane
