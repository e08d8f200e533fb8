// Values of the fixed parts of one long run, computed in parallel and brought together in order.
#pragma once

#include <cstdint>

#include "parallel/scratch.h"
#include "parallel/thread_pool.h"

namespace gradlane {

// join(...join(start, part 0)..., part k) over the parts [begin, end) of `grain` elements of
// [0, n). The parts depend on n and grain alone.
template <class Value, class Part, class Join>
Value FoldParts(std::int64_t n, std::int64_t grain, Value start, Part&& part, Join&& join) {
  const std::int64_t parts = (n + grain - 1) / grain;
  if (parts == 0) return start;
  if (parts == 1) return join(start, part(std::int64_t{0}, n));
  Value* values = static_cast<Value*>(
      ThreadScratch(ScratchSlot::kTemporary, static_cast<std::size_t>(parts) * sizeof(Value)));
  ParallelFor(parts, [&](std::int64_t i) {
    const std::int64_t begin = i * grain;
    values[i] = part(begin, begin + grain < n ? begin + grain : n);
  });
  for (std::int64_t i = 0; i < parts; ++i) start = join(start, values[i]);
  return start;
}

}  // namespace gradlane
