#include "ops/cast.h"

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "parallel/thread_pool.h"

namespace gradlane {

void Cast(const CastArgs& args) {
  constexpr const char* kOp = "cast";
  const char* x = ElementBytes(args.x_dtype, args.x, args.n, kOp, "x");
  char* y = ElementBytes(args.y_dtype, args.y, args.n, kOp, "y");
  const std::int64_t x_size = ItemSize(args.x_dtype), y_size = ItemSize(args.y_dtype);
  const auto convert =
      Kernels().cast.convert[static_cast<int>(args.x_dtype)][static_cast<int>(args.y_dtype)];
  ParallelRanges(args.n, kMemoryGrain, [&](std::int64_t begin, std::int64_t end) {
    convert(x + begin * x_size, y + begin * y_size, end - begin, args.scale, args.shift);
  });
}

}  // namespace gradlane
