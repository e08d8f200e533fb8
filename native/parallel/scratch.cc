#include "parallel/scratch.h"

#include "base/aligned.h"

namespace gradlane {

void* ThreadScratch(ScratchSlot slot, std::size_t bytes) {
  thread_local AlignedScratch slots[static_cast<int>(ScratchSlot::kCount)];
  return slots[static_cast<int>(slot)].Reserve(bytes);
}

}  // namespace gradlane
