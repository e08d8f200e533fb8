#include "ops/memory.h"

#include <algorithm>
#include <cstring>

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "parallel/thread_pool.h"

namespace gradlane {
void Fill(const FillArgs& args) {
  constexpr const char* kOp = "fill";
  DispatchAny(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    T* y = Elements<T>(args.y, args.n, kOp, "y");
    T value;
    const int dtype = static_cast<int>(args.dtype);
    Kernels().cast.convert[static_cast<int>(Dtype::kFloat64)][dtype](&args.value, &value, 1, 1, 0);
    ParallelRanges(args.n, kMemoryGrain, [&](std::int64_t begin, std::int64_t end) {
      std::fill(y + begin, y + end, value);
    });
  });
}

void Copy(const CopyArgs& args) {
  constexpr const char* kOp = "copy";
  DispatchAny(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const T* x = Elements<T>(args.x, args.n, kOp, "x");
    T* y = Elements<T>(args.y, args.n, kOp, "y");
    if (x == y) return;
    ParallelRanges(args.n, kMemoryGrain, [&](std::int64_t begin, std::int64_t end) {
      std::memcpy(y + begin, x + begin, static_cast<std::size_t>(end - begin) * sizeof(T));
    });
  });
}

}  // namespace gradlane
