#include "ops/gradient.h"

#include "cpu/dispatch.h"
#include "parallel/scratch.h"

namespace gradlane {
namespace {

constexpr double kInfinity = __builtin_huge_val();
// A sum of powers above it has lost nothing to numbers below 2^-1022.
constexpr double kSmallest = 0x1p-900;

// What the pieces of the gradients contribute, and how contributions are joined; a NaN wins.
template <class T>
double Piece(const T* g, std::int64_t n, double p) {
  const OptimizerKernels<T>& kernels = Kernels().typed<T>().optimizer;
  if (p == kInfinity) return kernels.norm[static_cast<int>(NormKind::kMax)](g, n);
  if (p == 1) return kernels.norm[static_cast<int>(NormKind::kAbs)](g, n);
  if (p == 2) return kernels.norm[static_cast<int>(NormKind::kSquare)](g, n);
  return kernels.power_sum(g, n, p);
}

double Join(double a, double b, double p) {
  if (p != kInfinity) return a + b;
  return a > b || a != a ? a : b;
}

double Root(double sum, double p) {
  if (p == kInfinity || p == 1) return sum;
  if (p == 2) return __builtin_sqrt(sum);
  return Kernels().f64.optimizer.power(sum, 1 / p);
}

// max |g| times the norm of what that leaves. Rare, so it may be slow.
template <class T>
double ScaledNorm(const ParameterSlots& slots, double p) {
  double largest = 0, sum = 0;
  for (const ParameterSlot& slot : slots) {
    const T* g = static_cast<const T*>(slot.gradient.data);
    largest = Join(largest, Piece<T>(g, slot.n, kInfinity), kInfinity);
  }
  if (!(largest > 0 && largest < kInfinity)) return largest;
  for (const ParameterSlot& slot : slots) {
    const T* g = static_cast<const T*>(slot.gradient.data);
    for (std::int64_t i = 0; i < slot.n; ++i) {
      const double part = __builtin_fabs(static_cast<double>(g[i])) / largest;
      sum += Piece<double>(&part, 1, p);
    }
  }
  return largest * Root(sum, p);
}

}  // namespace

void GradNorm(const GradNormArgs& args) {
  constexpr const char* kOp = "gradNorm";
  const double p = args.p;
  if (!(p > 0)) {
    Throw(ErrorCode::kValue, {kOp, ": expected p to be above 0, got ", p});
  }
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    double* out = Elements<double>(args.out, 1, kOp, "out");
    CheckSlots(args.dtype, args.slots, kOp);
    // One number a task, joined in the order of the tasks: the same bits at any thread count.
    const std::int64_t tasks = SlotTasks(args.slots);
    auto* partial = static_cast<double*>(
        ThreadScratch(ScratchSlot::kTemporary, static_cast<std::size_t>(tasks) * sizeof(double)));
    std::fill(partial, partial + tasks, 0.0);
    ForEachPiece(args.slots,
                 [&](std::int64_t task, std::size_t i, std::int64_t begin, std::int64_t end) {
                   const T* g = static_cast<const T*>(args.slots[i].gradient.data) + begin;
                   partial[task] = Join(partial[task], Piece<T>(g, end - begin, p), p);
                 });
    double sum = 0;
    for (std::int64_t task = 0; task < tasks; ++task) sum = Join(sum, partial[task], p);
    // Powers may leave the range of a double though their root is within it.
    const bool lost = (sum == kInfinity || sum < kSmallest) && p != kInfinity;
    *out = lost ? ScaledNorm<T>(args.slots, p) : Root(sum, p);
  });
}

void ClipGradients(const ClipGradientsArgs& args) {
  constexpr const char* kOp = "clipGradients";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const double norm = *Elements<double>(args.norm, 1, kOp, "norm");
    CheckSlots(args.dtype, args.slots, kOp);
    const double wanted = args.max_norm / (norm + 1e-6);
    if (wanted >= 1) return;  // a NaN goes on into the gradients, as it does in PyTorch
    const auto kernel = Kernels().typed<T>().optimizer.scale;
    ForEachPiece(args.slots,
                 [&](std::int64_t, std::size_t i, std::int64_t begin, std::int64_t end) {
                   kernel(static_cast<T*>(args.slots[i].gradient.data) + begin, end - begin,
                          static_cast<T>(wanted));
                 });
  });
}

}  // namespace gradlane
