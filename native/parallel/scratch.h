// Scratch memory of the calling thread: grow-only, freed when the thread ends.
#pragma once

#include <cstddef>

namespace gradlane {

// Slots are independent, so that one operation can hold several buffers at a time. A slot's
// content lasts until the same thread asks for the same slot again.
enum class ScratchSlot {
  kPackA,
  kPackB,
  kBias,
  kTemporary,
  kSource,
  kResult,
  kPlaces,
  kIndices,
  kCount
};

void* ThreadScratch(ScratchSlot slot, std::size_t bytes);

// What the calling thread holds in all slots.
std::size_t ThreadScratchBytes();

}  // namespace gradlane
