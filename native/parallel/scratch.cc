#include "parallel/scratch.h"

#include "base/aligned.h"

namespace gradlane {

namespace {

thread_local AlignedScratch slots[static_cast<int>(ScratchSlot::kCount)];

}  // namespace

void* ThreadScratch(ScratchSlot slot, std::size_t bytes) {
  return slots[static_cast<int>(slot)].Reserve(bytes);
}

std::size_t ThreadScratchBytes() {
  std::size_t bytes = 0;
  for (const AlignedScratch& slot : slots) bytes += slot.capacity();
  return bytes;
}

}  // namespace gradlane
