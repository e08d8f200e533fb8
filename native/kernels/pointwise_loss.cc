#include "cpu/tables/pointwise_loss.h"

#include "kernels/fold.h"
#include "kernels/isa_target.h"
#include "kernels/math.h"
#include "kernels/simd.h"

// A loss is a struct of two bodies over a vector: Loss(lanes, p) and Slope(lanes, p), its
// derivative by x. Comparisons are written so that a NaN stays one.
namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <class T>
struct Lanes {
  VecOf<T> x, y, weight, positive;
};

// 1, -1, or the number itself where it is 0 or NaN.
template <class T>
GRADLANE_INLINE VecOf<T> Sign(VecOf<T> v) {
  using S = Simd<T>;
  return S::Select(v > S::Set(0), S::Set(1), S::Select(v < S::Set(0), S::Set(-1), v));
}

template <class T>
struct Mse {
  using V = VecOf<T>;
  static constexpr bool kWeight = false, kPositive = false;
  static GRADLANE_INLINE V Loss(const Lanes<T>& in, V) { return (in.x - in.y) * (in.x - in.y); }
  static GRADLANE_INLINE V Slope(const Lanes<T>& in, V) {
    const V d = in.x - in.y;
    return d + d;
  }
};

// With beta = 0 this is |x - y|: no distance is below it.
template <class T>
struct SmoothL1 {
  using V = VecOf<T>;
  using S = Simd<T>;
  static constexpr bool kWeight = false, kPositive = false;
  static GRADLANE_INLINE V Loss(const Lanes<T>& in, V beta) {
    const V d = S::Abs(in.x - in.y), half = S::Set(T(0.5));
    return S::Select(d < beta, (half * d) * (d / beta), d - half * beta);
  }
  static GRADLANE_INLINE V Slope(const Lanes<T>& in, V beta) {
    const V d = in.x - in.y;
    return S::Select(S::Abs(d) < beta, d / beta, Sign<T>(d));
  }
};

template <class T>
struct Huber {
  using V = VecOf<T>;
  using S = Simd<T>;
  static constexpr bool kWeight = false, kPositive = false;
  static GRADLANE_INLINE V Loss(const Lanes<T>& in, V delta) {
    const V d = S::Abs(in.x - in.y), half = S::Set(T(0.5));
    return S::Select(d < delta, half * d * d, delta * (d - half * delta));
  }
  static GRADLANE_INLINE V Slope(const Lanes<T>& in, V delta) {
    const V d = in.x - in.y;
    return S::Select(S::Abs(d) < delta, d, delta * Sign<T>(d));
  }
};

// log(1 - x) for 0 <= x <= 1. The rounding of t = 1 - x moves the logarithm by as much as it moves
// t - 1, which is exact, so their quotient is right (W. Kahan).
template <class T>
GRADLANE_INLINE VecOf<T> LogOneMinus(VecOf<T> x) {
  using S = Simd<T>;
  const VecOf<T> one = S::Set(1), t = one - x;
  return S::Select(t == one, -x, Log<T>(t) * (x / (one - t)));
}

template <class T>
struct Bce {
  using V = VecOf<T>;
  using S = Simd<T>;
  static constexpr bool kWeight = true, kPositive = false;
  static GRADLANE_INLINE V Loss(const Lanes<T>& in, V) {
    const V floor = S::Set(-100);
    const V yes = S::Max(floor, Log<T>(in.x)), no = S::Max(floor, LogOneMinus<T>(in.x));
    return -in.weight * (in.y * yes + (S::Set(1) - in.y) * no);
  }
  static GRADLANE_INLINE V Slope(const Lanes<T>& in, V) {
    const V variance = (S::Set(1) - in.x) * in.x;
    return in.weight * ((in.x - in.y) / S::Max(S::Set(T(1e-12)), variance));
  }
};

// factor * cost, cost >= 0, but 0 of nothing of an infinite cost, which is the limit.
template <class T>
GRADLANE_INLINE VecOf<T> Share(VecOf<T> factor, VecOf<T> cost) {
  using S = Simd<T>;
  const VecOf<T> zero = S::Set(0), infinite = S::Set(static_cast<T>(__builtin_huge_val()));
  return S::Select((factor == zero) & (cost == infinite), zero, factor * cost);
}

// -log sigmoid(x) = softplus(-x) and -log(1 - sigmoid(x)) = softplus(x): with labels in [0, 1] all
// terms have one sign, so that nothing cancels.
template <class T>
struct BceWithLogits {
  using V = VecOf<T>;
  using S = Simd<T>;
  static constexpr bool kWeight = true, kPositive = true;
  static GRADLANE_INLINE V Loss(const Lanes<T>& in, V) {
    const V zero = S::Set(0);
    const V low = Log1pOfFraction<T>(ExpNonPositive<T>(-S::Abs(in.x)));
    const V yes = S::Max(zero, -in.x) + low, no = S::Max(zero, in.x) + low;
    return Share<T>(in.weight, Share<T>(S::Set(1) - in.y, no) + Share<T>(in.positive * in.y, yes));
  }
  static GRADLANE_INLINE V Slope(const Lanes<T>& in, V) {
    const SigmoidPair<T> s = SigmoidBoth<T>(in.x);
    return in.weight * ((S::Set(1) - in.y) * s.value - in.positive * in.y * s.complement);
  }
};

// What has no probability costs nothing, however unlikely the prediction makes it.
template <class T>
struct KlDiv {
  using V = VecOf<T>;
  using S = Simd<T>;
  static constexpr bool kWeight = false, kPositive = false;
  static GRADLANE_INLINE V Loss(const Lanes<T>& in, V) {
    return S::Select(in.y == S::Set(0), S::Set(0), in.y * (Log<T>(in.y) - in.x));
  }
  static GRADLANE_INLINE V Slope(const Lanes<T>& in, V) { return -in.y; }
};

template <class T>
struct KlDivLogTarget {
  using V = VecOf<T>;
  using S = Simd<T>;
  static constexpr bool kWeight = false, kPositive = false;
  static GRADLANE_INLINE V Loss(const Lanes<T>& in, V) {
    const V p = Exp<T>(in.y);
    return S::Select(p == S::Set(0), S::Set(0), p * (in.y - in.x));
  }
  static GRADLANE_INLINE V Slope(const Lanes<T>& in, V) { return -Exp<T>(in.y); }
};

// What has no weight costs nothing here, too, even where x = 0.
template <class T>
struct CrossEntropy {
  using V = VecOf<T>;
  using S = Simd<T>;
  static constexpr bool kWeight = false, kPositive = false;
  static GRADLANE_INLINE V Loss(const Lanes<T>& in, V) {
    return S::Select(in.y == S::Set(0), S::Set(0), -in.y * Log<T>(in.x));
  }
  static GRADLANE_INLINE V Slope(const Lanes<T>& in, V) {
    return S::Select(in.y == S::Set(0), S::Set(0), -in.y / in.x);
  }
};

// The operands of elements i, i + 1, ...; `count` is the lanes of a vector or fewer.
template <class T, class Function>
GRADLANE_INLINE Lanes<T> LanesAt(const PointwiseLossRun<T>& run, std::int64_t i,
                                 std::int64_t count) {
  using S = Simd<T>;
  const auto load = [i, count](const T* p) {
    return count == S::kLanes ? S::Load(p + i) : S::LoadPart(p + i, count);
  };
  Lanes<T> lanes{load(run.x), load(run.y), S::Set(1), S::Set(1)};
  if constexpr (Function::kWeight) {
    if (run.weight != nullptr) lanes.weight = load(run.weight);
  }
  if constexpr (Function::kPositive) {
    if (run.positive != nullptr) lanes.positive = load(run.positive);
  }
  return lanes;
}

// The run is a copy, which a store of vectors cannot change.
template <class T, class Function, class Body>
GRADLANE_INLINE void StoreEach(const PointwiseLossRun<T> run, T* out, Body&& body) {
  using S = Simd<T>;
  std::int64_t i = 0;
  for (; i + S::kLanes <= run.n; i += S::kLanes) {
    S::Store(out + i, body(LanesAt<T, Function>(run, i, S::kLanes)));
  }
  if (i < run.n) S::StorePart(out + i, body(LanesAt<T, Function>(run, i, run.n - i)), run.n - i);
}

template <class T, class Function>
__attribute__((noinline)) void Each(const PointwiseLossRun<T>& run, T* loss) noexcept {
  const VecOf<T> p = Simd<T>::Set(run.parameter);
  StoreEach<T, Function>(run, loss, [p](const Lanes<T>& in) { return Function::Loss(in, p); });
}

// Sums what `each` gives, block by block through the first-level cache: one body of a loss serves
// both. The run is copied by its fields: whole, -Os copies it by `rep movs`, which a small loss
// feels.
template <class T>
__attribute__((noinline)) double SumBlocks(const PointwiseLossRun<T>& of,
                                           void (*each)(const PointwiseLossRun<T>&,
                                                        T*) noexcept) noexcept {
  T losses[kFoldBlock];
  PointwiseLossRun<T> run{of.x, of.y, of.weight, of.positive, of.n, of.parameter};
  double sum = 0;
  for (std::int64_t rest = of.n; rest > 0; rest -= run.n) {
    run.n = rest < kFoldBlock ? rest : kFoldBlock;
    each(run, losses);
    sum += FoldRun<T, AddFold<T>>(losses, run.n);
    run.x += run.n;
    run.y += run.n;
    if (run.weight != nullptr) run.weight += run.n;
    if (run.positive != nullptr) run.positive += run.n;
  }
  return sum;
}

template <class T, class Function>
double Sum(const PointwiseLossRun<T>& run) noexcept {
  return SumBlocks<T>(run, &Each<T, Function>);
}

template <class T, class Function>
void Gradient(const PointwiseLossRun<T>& run, T* grad_x, T scale) noexcept {
  const VecOf<T> p = Simd<T>::Set(run.parameter), s = Simd<T>::Set(scale);
  StoreEach<T, Function>(run, grad_x,
                         [p, s](const Lanes<T>& in) { return s * Function::Slope(in, p); });
}

template <class T, template <class> class Function>
void Set(PointwiseLossKernels<T>& kernels, PointwiseLossKind kind) {
  kernels.each[static_cast<int>(kind)] = &Each<T, Function<T>>;
  kernels.sum[static_cast<int>(kind)] = &Sum<T, Function<T>>;
  kernels.gradient[static_cast<int>(kind)] = &Gradient<T, Function<T>>;
}

template <class T>
void Fill(PointwiseLossKernels<T>& kernels) {
  Set<T, Mse>(kernels, PointwiseLossKind::kMse);
  Set<T, SmoothL1>(kernels, PointwiseLossKind::kSmoothL1);
  Set<T, Huber>(kernels, PointwiseLossKind::kHuber);
  Set<T, Bce>(kernels, PointwiseLossKind::kBce);
  Set<T, BceWithLogits>(kernels, PointwiseLossKind::kBceWithLogits);
  Set<T, KlDiv>(kernels, PointwiseLossKind::kKlDiv);
  Set<T, KlDivLogTarget>(kernels, PointwiseLossKind::kKlDivLogTarget);
  Set<T, CrossEntropy>(kernels, PointwiseLossKind::kCrossEntropy);
}

}  // namespace

void FillPointwiseLoss(KernelTable& table) {
  if constexpr (kCompleteTarget) {
    Fill(table.f32.pointwise_loss);
    Fill(table.f64.pointwise_loss);
  } else {
    Set<float, Mse>(table.f32.pointwise_loss, PointwiseLossKind::kMse);
  }
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
