#include "ops/transpose.h"

#include <algorithm>
#include <cstring>

#include "cpu/dispatch.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

// Side of the block that one task moves: 64 KiB in and 64 KiB out for 8-byte elements, which fits
// into the second-level cache; a power of two of the vectors' lanes.
constexpr std::int64_t kBlock = 64;

TransposeKernels::Kernel KernelFor(std::int64_t item_size) {
  const TransposeKernels& kernels = Kernels().transpose;
  if (item_size == 1) return kernels.bytes1;
  return item_size == 4 ? kernels.bytes4 : kernels.bytes8;
}

}  // namespace

void Transpose(const TransposeArgs& args) {
  constexpr const char* kOp = "transpose";
  const std::int64_t rows = args.rows, cols = args.cols, n = Product(kOp, rows, cols);
  const char* x = ElementBytes(args.dtype, args.x, n, kOp, "x");
  char* out = ElementBytes(args.dtype, args.out, n, kOp, "out");
  const std::int64_t item = ItemSize(args.dtype);
  if (n == 0) return;
  if (rows == 1 || cols == 1) {
    std::memcpy(out, x, static_cast<std::size_t>(n * item));
    return;
  }
  const TransposeKernels::Kernel kernel = KernelFor(item);
  const std::int64_t row_blocks = (rows + kBlock - 1) / kBlock;
  const std::int64_t col_blocks = (cols + kBlock - 1) / kBlock;
  ParallelFor(row_blocks * col_blocks, [&](std::int64_t task) {
    const std::int64_t r = task / col_blocks * kBlock, c = task % col_blocks * kBlock;
    kernel(x + (r * cols + c) * item, out + (c * rows + r) * item, std::min(kBlock, rows - r),
           std::min(kBlock, cols - c), cols, rows);
  });
}

}  // namespace gradlane
