#include "cpu/tables/attention.h"

#include "kernels/fold.h"
#include "kernels/isa_target.h"
#include "kernels/math.h"
#include "kernels/simd.h"
#include "kernels/softmax_row.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

// exp(x) for x <= 0, and 0 where that is no normal number: a score of -infinity is the usual case,
// and results too small to be a number take the processor a hundred times as long.
template <class T>
GRADLANE_INLINE VecOf<T> WeightOf(VecOf<T> x) {
  using S = Simd<T>;
  const typename S::Mask low = x < S::Set(sizeof(T) == 4 ? T(-87) : T(-708));  // not NaN
  return S::Select(low, VecOf<T>{}, ExpNonPositive<T>(S::Select(low, VecOf<T>{}, x)));
}

template <class T>
T Weigh(T* s, std::int64_t n, std::int64_t width, ScoreSums<T>& sums) noexcept {
  using S = Simd<T>;
  constexpr T kNone = -T(__builtin_inf());
  const T before = sums.max, row = RowMax(s, n);
  const T max = row > before ? row : before;
  const T shift = max == kNone ? T(0) : max;
  const VecOf<T> m = S::Set(shift);
  const T sum = FoldBlock<T, AddFold<T>>(
      n,
      [&](std::int64_t i) {
        const VecOf<T> w = WeightOf<T>(S::Load(s + i) - m);
        S::Store(s + i, w);
        return w;
      },
      [&](std::int64_t i, std::int64_t count) {
        const VecOf<T> w = WeightOf<T>(S::LoadPart(s + i, count, kNone) - m);
        S::StorePart(s + i, w, count);
        return w;
      });
  for (std::int64_t i = n; i < width; ++i) s[i] = T(0);
  const T factor = before == max ? T(1) : WeightOf<T>(S::Set(before - shift))[0];
  sums.max = max;
  sums.sum = sums.sum * factor + sum;
  return factor;
}

template <class T>
T LogSum(const ScoreSums<T>& sums) noexcept {
  if (sums.sum == T(0)) return T(__builtin_inf());
  return (sums.max == -T(__builtin_inf()) ? T(0) : sums.max) + ScalarLog(sums.sum);
}

template <class T>
void Gradient(T* s, T* d, std::int64_t n, std::int64_t width, T log_sum, T delta) noexcept {
  using S = Simd<T>;
  const VecOf<T> l = S::Set(log_sum), less = S::Set(delta);
  std::int64_t i = 0;
  for (; i + S::kLanes <= n; i += S::kLanes) {
    const VecOf<T> w = WeightOf<T>(S::Load(s + i) - l);
    S::Store(s + i, w);
    S::Store(d + i, w * (S::Load(d + i) - less));
  }
  if (i < n) {
    const VecOf<T> w = WeightOf<T>(S::LoadPart(s + i, n - i) - l);
    S::StorePart(s + i, w, n - i);
    S::StorePart(d + i, w * (S::LoadPart(d + i, n - i) - less), n - i);
  }
  for (i = n; i < width; ++i) s[i] = d[i] = T(0);
}

template <class T>
T Dot(const T* a, const T* b, std::int64_t n) noexcept {
  using S = Simd<T>;
  return static_cast<T>(BlockedSum<T>(
      n, [&](std::int64_t i) { return S::Load(a + i) * S::Load(b + i); },
      [&](std::int64_t i, std::int64_t count) {
        return S::LoadPart(a + i, count) * S::LoadPart(b + i, count);
      }));
}

template <class T>
void Fill(AttentionKernels<T>& kernels) {
  kernels = {&Weigh<T>, &LogSum<T>, &Gradient<T>, &Dot<T>};
}

}  // namespace

void FillAttention(KernelTable& table) {
  Fill(table.f32.attention);
  if constexpr (kCompleteTarget) Fill(table.f64.attention);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
