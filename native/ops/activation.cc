#include "ops/activation.h"

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "ops/kind.h"
#include "parallel/thread_pool.h"

namespace gradlane {
void ActivationForward(const ActivationArgs& args) {
  constexpr const char* kOp = "activation";
  const int kind = KindIndex(args.kind, kActivationCount, kOp, "activation");
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const T* x = Elements<T>(args.x, args.n, kOp, "x");
    T* y = Elements<T>(args.y, args.n, kOp, "y");
    const auto kernel = Kernels().typed<T>().activation.forward[kind];
    const T parameter = static_cast<T>(args.parameter);
    ParallelRanges(args.n, kMathGrain, [&](std::int64_t begin, std::int64_t end) {
      kernel(x + begin, y + begin, end - begin, parameter);
    });
  });
}

void ActivationGradient(const ActivationGradientArgs& args) {
  constexpr const char* kOp = "activationGradient";
  const int kind = KindIndex(args.kind, kActivationCount, kOp, "activation");
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const T* x = Elements<T>(args.x, args.n, kOp, "x");
    const T* y = Elements<T>(args.y, args.n, kOp, "y");
    const T* grad_y = Elements<T>(args.grad_y, args.n, kOp, "gradY");
    T* grad_x = Elements<T>(args.grad_x, args.n, kOp, "gradX");
    const auto kernel = Kernels().typed<T>().activation.gradient[kind];
    const T parameter = static_cast<T>(args.parameter);
    ParallelRanges(args.n, kMathGrain, [&](std::int64_t begin, std::int64_t end) {
      kernel(x + begin, y + begin, grad_y + begin, grad_x + begin, end - begin, parameter);
    });
  });
}

}  // namespace gradlane
