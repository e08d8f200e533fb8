#include "ops/elementwise.h"

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "ops/kind.h"
#include "parallel/thread_pool.h"

namespace gradlane {

void ElementwiseUnary(const UnaryArgs& args) {
  constexpr const char* kOp = "unary";
  const int kind = KindIndex(args.kind, kUnaryCount, kOp, "function");
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const T* x = Elements<T>(args.x, args.n, kOp, "x");
    T* y = Elements<T>(args.y, args.n, kOp, "y");
    const auto kernel = Kernels().typed<T>().elementwise.unary[kind];
    ParallelRanges(args.n, kMathGrain, [&](std::int64_t begin, std::int64_t end) {
      kernel(x + begin, y + begin, end - begin);
    });
  });
}

void ElementwiseBinary(const BinaryArgs& args) {
  constexpr const char* kOp = "binary";
  const int kind = KindIndex(args.kind, kBinaryCount, kOp, "function");
  KindIndex(args.broadcast, kBroadcastCount, kOp, "broadcast");
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    std::int64_t rows = args.rows, cols = args.cols;
    const std::int64_t n = Product(kOp, rows, cols);
    // A column of single elements and one row for one row are no broadcast at all; what is left
    // then is as long as it can be.
    Broadcast broadcast = args.broadcast;
    if ((broadcast == Broadcast::kRow && rows == 1) ||
        (broadcast == Broadcast::kColumn && cols == 1)) {
      broadcast = Broadcast::kNone;
    }
    const std::int64_t b_length = broadcast == Broadcast::kNone     ? n
                                  : broadcast == Broadcast::kRow    ? cols
                                  : broadcast == Broadcast::kColumn ? rows
                                                                    : 1;
    const T* a = Elements<T>(args.a, n, kOp, "a");
    const T* b = Elements<T>(args.b, b_length, kOp, "b");
    T* out = Elements<T>(args.out, n, kOp, "out");
    if (n == 0) return;
    const std::int64_t grain = args.kind == Binary::kPow ? kMathGrain : kMemoryGrain;
    const auto& kernels = Kernels().typed<T>().elementwise;
    switch (broadcast) {
      case Broadcast::kNone:
        ParallelRanges(n, grain, [&](std::int64_t begin, std::int64_t end) {
          kernels.binary[kind](a + begin, b + begin, out + begin, 1, end - begin, 0);
        });
        break;
      case Broadcast::kScalar:
        ParallelRanges(n, grain, [&](std::int64_t begin, std::int64_t end) {
          kernels.binary_scalar[kind](a + begin, b, out + begin, 1, end - begin, 0);
        });
        break;
      case Broadcast::kRow:
        ParallelRanges(rows, RowsOfGrain(grain, cols), [&](std::int64_t begin, std::int64_t end) {
          kernels.binary[kind](a + begin * cols, b, out + begin * cols, end - begin, cols, 0);
        });
        break;
      case Broadcast::kColumn:
        ParallelRanges(rows, RowsOfGrain(grain, cols), [&](std::int64_t begin, std::int64_t end) {
          kernels.binary_scalar[kind](a + begin * cols, b + begin, out + begin * cols, end - begin,
                                      cols, 1);
        });
        break;
    }
  });
}

void Affine(const AffineArgs& args) {
  constexpr const char* kOp = "affine";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const T* x = Elements<T>(args.x, args.n, kOp, "x");
    T* y = Elements<T>(args.y, args.n, kOp, "y");
    const auto kernel = Kernels().typed<T>().elementwise.affine;
    const T scale = static_cast<T>(args.scale), shift = static_cast<T>(args.shift);
    ParallelRanges(args.n, kMemoryGrain, [&](std::int64_t begin, std::int64_t end) {
      kernel(x + begin, y + begin, end - begin, scale, shift);
    });
  });
}

void Axpby(const AxpbyArgs& args) {
  constexpr const char* kOp = "axpby";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const T* x = Elements<T>(args.x, args.n, kOp, "x");
    T* y = Elements<T>(args.y, args.n, kOp, "y");
    const auto kernel = Kernels().typed<T>().elementwise.axpby;
    const T alpha = static_cast<T>(args.alpha), beta = static_cast<T>(args.beta);
    ParallelRanges(args.n, kMemoryGrain, [&](std::int64_t begin, std::int64_t end) {
      kernel(x + begin, y + begin, end - begin, alpha, beta);
    });
  });
}

}  // namespace gradlane
