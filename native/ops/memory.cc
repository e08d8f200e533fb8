#include "ops/memory.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

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
    if constexpr (std::is_floating_point_v<T>) {
      value = static_cast<T>(args.value);  // a cast adds 0, which makes 0 of -0
    } else {
      const int dtype = static_cast<int>(args.dtype);
      Kernels().cast.convert[static_cast<int>(Dtype::kFloat64)][dtype](&args.value, &value, 1, 1,
                                                                       0);
    }
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

void Triangle(const TriangleArgs& args) {
  constexpr const char* kOp = "triangle";
  const std::int64_t rows = args.rows, cols = args.cols;
  const std::int64_t n = Product(kOp, args.batch, rows, cols);
  const char* x = ElementBytes(args.dtype, args.x, n, kOp, "x");
  char* out = ElementBytes(args.dtype, args.out, n, kOp, "out");
  if (n == 0) return;
  const std::int64_t item = ItemSize(args.dtype);
  ParallelRanges(args.batch * rows, RowsOfGrain(kMemoryGrain, cols),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t line = begin; line < end; ++line) {
                     // Columns before `edge` are one side, the others the other.
                     const std::int64_t last = line % rows + args.diagonal + (args.upper ? 0 : 1);
                     const std::int64_t edge = std::clamp<std::int64_t>(last, 0, cols);
                     const std::int64_t from = args.upper ? edge : 0, to = args.upper ? cols : edge;
                     char* const row = out + line * cols * item;
                     std::memset(row, 0, static_cast<std::size_t>(from * item));
                     std::memcpy(row + from * item, x + (line * cols + from) * item,
                                 static_cast<std::size_t>((to - from) * item));
                     std::memset(row + to * item, 0, static_cast<std::size_t>((cols - to) * item));
                   }
                 });
}

}  // namespace gradlane
