#include "ops/memory.h"

#include <algorithm>
#include <cstring>

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

// Elements from the start of an operand to the end of its last block.
std::int64_t Extent(const CopyBlocksArgs& a, std::int64_t offset, std::int64_t stride,
                    const char* op) {
  if (a.count < 0 || a.size < 0 || offset < 0 || stride < a.size) {
    Throw(ErrorCode::kShape,
          {op, ": expected offsets of at least 0 and strides of at least the size, got ", offset,
           " and ", stride, " for ", a.count, " blocks of ", a.size});
  }
  if (a.count == 0 || a.size == 0) return 0;
  return Product(op, offset, 1) + Product(op, a.count - 1, stride) + a.size;
}

}  // namespace

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

void CopyBlocks(const CopyBlocksArgs& args) {
  constexpr const char* kOp = "copyBlocks";
  const std::int64_t n = Product(kOp, args.count, args.size);
  const std::int64_t x_extent = Extent(args, args.x_offset, args.x_stride, kOp);
  const std::int64_t out_extent = Extent(args, args.out_offset, args.out_stride, kOp);
  const char* x = ElementBytes(args.dtype, args.x, x_extent, kOp, "x");
  char* out = ElementBytes(args.dtype, args.out, out_extent, kOp, "out");
  const std::int64_t item = ItemSize(args.dtype);
  // Ranges of elements, not of blocks: one block may be the whole.
  ParallelRanges(n, kMemoryGrain, [&](std::int64_t begin, std::int64_t end) {
    std::int64_t row = begin / args.size, from = begin % args.size;
    for (std::int64_t left = end - begin; left > 0; ++row, from = 0) {
      const std::int64_t part = std::min(args.size - from, left);
      std::memcpy(out + (args.out_offset + row * args.out_stride + from) * item,
                  x + (args.x_offset + row * args.x_stride + from) * item,
                  static_cast<std::size_t>(part * item));
      left -= part;
    }
  });
}

}  // namespace gradlane
