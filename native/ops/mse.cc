#include "ops/mse.h"

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "ops/kind.h"
#include "ops/partials.h"
#include "parallel/thread_pool.h"

namespace gradlane {

void Mse(const MseArgs& args) {
  constexpr const char* kOp = "mse";
  KindIndex(args.reduction, kReductionCount, kOp, "reduction");
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t n = args.n;
    const bool each = args.reduction == Reduction::kNone;
    const T* x = Elements<T>(args.x, n, kOp, "x");
    const T* y = Elements<T>(args.y, n, kOp, "y");
    T* loss = Elements<T>(args.loss, each ? n : 1, kOp, "loss");
    const auto& kernels = Kernels().typed<T>();
    if (each) {
      ParallelRanges(n, kMemoryGrain, [&](std::int64_t begin, std::int64_t end) {
        kernels.elementwise.squared_difference(x + begin, y + begin, loss + begin, end - begin);
      });
      return;
    }
    const double sum = FoldParts(
        n, kMemoryGrain, 0.0,
        [&](std::int64_t begin, std::int64_t end) {
          return kernels.reduce.squared_difference(x + begin, y + begin, end - begin);
        },
        [](double a, double b) { return a + b; });
    loss[0] =
        static_cast<T>(args.reduction == Reduction::kMean ? sum / static_cast<double>(n) : sum);
  });
}

void MseGradient(const MseGradientArgs& args) {
  constexpr const char* kOp = "mseGradient";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const T* x = Elements<T>(args.x, args.n, kOp, "x");
    const T* y = Elements<T>(args.y, args.n, kOp, "y");
    T* grad_x = Elements<T>(args.grad_x, args.n, kOp, "gradX");
    const auto kernel = Kernels().typed<T>().elementwise.scaled_difference;
    const T scale = static_cast<T>(args.scale);
    ParallelRanges(args.n, kMemoryGrain, [&](std::int64_t begin, std::int64_t end) {
      kernel(x + begin, y + begin, grad_x + begin, end - begin, scale);
    });
  });
}

}  // namespace gradlane
