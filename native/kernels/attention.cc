#include "cpu/tables/attention.h"

#include "kernels/fold.h"
#include "kernels/isa_target.h"
#include "kernels/math.h"
#include "kernels/simd.h"
#include "kernels/softmax_row.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <class T>
inline constexpr T kNone = -T(__builtin_inf());

// exp(x) for x <= 0, and 0 where that is no normal number: a score of -infinity is the usual case,
// and results too small to be a number take the processor a hundred times as long.
template <class T>
GRADLANE_INLINE VecOf<T> WeightOf(VecOf<T> x) {
  using S = Simd<T>;
  const typename S::Mask low = x < S::Set(sizeof(T) == 4 ? T(-87) : T(-708));  // not NaN
  return S::Select(low, VecOf<T>{}, ExpNonPositive<T>(S::Select(low, VecOf<T>{}, x)));
}

// What is subtracted from the scores of a row.
template <class T>
GRADLANE_INLINE VecOf<T> ShiftOf(VecOf<T> max) {
  using S = Simd<T>;
  return S::Select(max == S::Set(kNone<T>), VecOf<T>{}, max);
}

template <class T>
void Weigh(T* s, std::int64_t ld, std::int64_t rows, const std::int64_t* counts, std::int64_t width,
           T* max, T* sum, T* factors) noexcept {
  using S = Simd<T>;
  for (std::int64_t t = 0; t < rows; ++t) {
    const T most = FoldRun<T, LooseMaxFold<T>>(s + t * ld, counts[t]);
    factors[t] = max[t];
    max[t] = most > max[t] ? most : max[t];
  }
  const auto factor = [](VecOf<T> before, VecOf<T> now) {
    return S::Select(before == now, S::Set(1), WeightOf<T>(before - ShiftOf<T>(now)));
  };
  Map<T>(factors, max, factors, rows, factor);
  for (std::int64_t t = 0; t < rows; ++t) {
    T* const row = s + t * ld;
    const VecOf<T> shift = ShiftOf<T>(S::Set(max[t]));
    VecOf<T> total = {};
    const std::int64_t n = counts[t];
    std::int64_t i = 0;
    const auto weight = [&](VecOf<T> x) {
      const VecOf<T> w = WeightOf<T>(x - shift);
      S::Store(row + i, w);
      total += w;
      i += S::kLanes;
    };
    while (i + S::kLanes <= n) weight(S::Load(row + i));
    if (i < n) weight(S::LoadPart(row + i, n - i, kNone<T>));
    for (; i < width; i += S::kLanes) S::Store(row + i, VecOf<T>{});
    sum[t] = sum[t] * factors[t] + S::Sum(total);
  }
}

template <class T>
void Finish(const T* max, T* sum, std::int64_t rows, T* log_sum) noexcept {
  using S = Simd<T>;
  Map<T>(max, sum, log_sum, rows, [](VecOf<T> m, VecOf<T> total) {
    const VecOf<T> log = ShiftOf<T>(m) + Log<T>(total);
    return S::Select(total == VecOf<T>{}, S::Set(-kNone<T>), log);
  });
  Map<T>(sum, sum, rows, [](VecOf<T> total) {
    return S::Select(total == VecOf<T>{}, VecOf<T>{}, S::Set(1) / total);
  });
}

template <class T>
void Scale(T* rows, std::int64_t ld, std::int64_t count, std::int64_t width,
           const T* factors) noexcept {
  using S = Simd<T>;
  for (std::int64_t t = 0; t < count; ++t, rows += ld) {
    const T factor = factors[t];
    if (factor == T(1)) continue;
    const VecOf<T> f = S::Set(factor);
    const typename S::Mask none = f == VecOf<T>{};
    Map<T>(rows, rows, width, [&](VecOf<T> x) { return S::Select(none, VecOf<T>{}, x * f); });
  }
}

template <class T>
void Gradient(T* s, T* d, std::int64_t ld, std::int64_t rows, const std::int64_t* counts,
              std::int64_t width, const T* log_sum, const T* delta) noexcept {
  using S = Simd<T>;
  for (std::int64_t t = 0; t < rows; ++t) {
    T* const row = s + t * ld;
    T* const by = d == nullptr ? nullptr : d + t * ld;
    const VecOf<T> shift = S::Set(log_sum[t]), less = S::Set(by == nullptr ? T(0) : delta[t]);
    const std::int64_t n = counts[t];
    std::int64_t i = 0;
    for (; i + S::kLanes <= n; i += S::kLanes) {
      const VecOf<T> w = WeightOf<T>(S::Load(row + i) - shift);
      S::Store(row + i, w);
      if (by != nullptr) S::Store(by + i, w * (S::Load(by + i) - less));
    }
    if (i < n) {
      // A row of NaN has none behind its own keys.
      const VecOf<T> w = WeightOf<T>(S::LoadPart(row + i, n - i, kNone<T>) - shift);
      S::Store(row + i, S::FirstLanes(w, n - i));
      if (by != nullptr) {
        S::Store(by + i, S::FirstLanes(w * (S::LoadPart(by + i, n - i) - less), n - i));
      }
      i += S::kLanes;
    }
    for (; i < width; i += S::kLanes) {
      S::Store(row + i, VecOf<T>{});
      if (by != nullptr) S::Store(by + i, VecOf<T>{});
    }
  }
}

template <class T>
void Dots(const T* a, std::int64_t lda, const T* b, std::int64_t ldb, std::int64_t rows,
          std::int64_t n, T* out) noexcept {
  using S = Simd<T>;
  for (std::int64_t t = 0; t < rows; ++t, a += lda, b += ldb) {
    out[t] = static_cast<T>(BlockedSum<T>(
        n, [&](std::int64_t i) { return S::Load(a + i) * S::Load(b + i); },
        [&](std::int64_t i, std::int64_t count) {
          return S::LoadPart(a + i, count) * S::LoadPart(b + i, count);
        }));
  }
}

template <class T>
void Fill(AttentionKernels<T>& kernels) {
  kernels = {&Weigh<T>, &Finish<T>, &Scale<T>, &Gradient<T>, &Dots<T>};
}

}  // namespace

void FillAttention(KernelTable& table) {
  Fill(table.f32.attention);
  if constexpr (kCompleteTarget) Fill(table.f64.attention);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
