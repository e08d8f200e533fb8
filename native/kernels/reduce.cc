#include "cpu/tables/reduce.h"

#include "kernels/fold.h"
#include "kernels/isa_target.h"
#include "kernels/short_rows.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <class T, template <class> class Fold>
double All(const T* x, std::int64_t n) noexcept {
  if constexpr (__is_same(Fold<T>, AddFold<T>)) {
    return SumRun(x, n);
  } else {
    return FoldRun<T, Fold<T>>(x, n);
  }
}

template <class T, template <class> class Fold>
void Rows(const T* x, T* out, std::int64_t rows, std::int64_t n, T divisor, T beta) noexcept {
  for (std::int64_t r = 0; r < rows; ++r) {
    const T value = static_cast<T>(All<T, Fold>(x + r * n, n)) / divisor;
    out[r] = beta == 0 ? value : value + beta * out[r];
  }
}

// One strip of columns is brought down eight rows at a time into a strip of accumulators, so that
// memory is read along eight rows at once and the sum has the shape of a shallow tree.
template <class T, template <class> class Fold>
void Columns(const T* x, T* out, std::int64_t n, std::int64_t cols, std::int64_t stride, T divisor,
             T beta) noexcept {
  using S = Simd<T>;
  using V = typename S::Vec;
  using F = Fold<T>;
  constexpr std::int64_t kLanes = S::kLanes;
  constexpr std::int64_t kStrip = 16 * kLanes;
  const V divide = S::Set(divisor), keep = S::Set(beta);
  V sums[kStrip / kLanes];
  for (std::int64_t c0 = 0; c0 < cols; c0 += kStrip) {
    const std::int64_t width = cols - c0 < kStrip ? cols - c0 : kStrip;
    const std::int64_t whole = width / kLanes, rest = width % kLanes;
    for (V& sum : sums) sum = S::Set(F::Start());
    std::int64_t j = 0;
    for (; j + 8 <= n; j += 8) {
      const T* row = x + j * stride + c0;
      for (std::int64_t k = 0; k < whole; ++k) {
        const auto at = [&](int i) { return S::Load(row + i * stride + k * kLanes); };
        const V low = F::Join(F::Join(at(0), at(1)), F::Join(at(2), at(3)));
        const V high = F::Join(F::Join(at(4), at(5)), F::Join(at(6), at(7)));
        sums[k] = F::Join(sums[k], F::Join(low, high));
      }
      if (rest > 0) {
        const auto at = [&](int i) {
          return S::LoadPart(row + i * stride + whole * kLanes, rest, F::Start());
        };
        const V low = F::Join(F::Join(at(0), at(1)), F::Join(at(2), at(3)));
        const V high = F::Join(F::Join(at(4), at(5)), F::Join(at(6), at(7)));
        sums[whole] = F::Join(sums[whole], F::Join(low, high));
      }
    }
    for (; j < n; ++j) {
      const T* row = x + j * stride + c0;
      for (std::int64_t k = 0; k < whole; ++k) {
        sums[k] = F::Join(sums[k], S::Load(row + k * kLanes));
      }
      if (rest > 0) {
        sums[whole] = F::Join(sums[whole], S::LoadPart(row + whole * kLanes, rest, F::Start()));
      }
    }
    const auto finish = [&](V sum, auto old) {
      return beta == 0 ? sum / divide : sum / divide + keep * old();
    };
    T* to = out + c0;
    for (std::int64_t k = 0; k < whole; ++k, to += kLanes) {
      S::Store(to, finish(sums[k], [to] { return S::Load(to); }));
    }
    if (rest > 0) {
      S::StorePart(to, finish(sums[whole], [to, rest] { return S::LoadPart(to, rest); }), rest);
    }
  }
}

// The largest value first, then the first place that holds it: the second sweep stops early and
// both run at the speed of loads, where carrying an index along would not.
template <class T>
void ArgmaxFew(const T* x, std::int32_t* out, std::int64_t rows, std::int64_t n, T sign) noexcept {
  using R = ShortRows<T>;
  using S = Simd<T>;
  using V = typename S::Vec;
  const V past = S::Set(T(R::kMost)), signs = S::Set(sign);
  V lane;
  for (int i = 0; i < S::kLanes; ++i) lane[i] = T(i);
  const auto larger = [](V a, V b) { return S::MaxOrNan(a, b); };
  const auto smaller = [](V a, V b) { return S::Min(a, b); };
  T largest[R::kLanes], place[R::kLanes];
  R::ForGroups(rows, [&](std::int64_t r, std::int64_t count) {
    const auto load = [&](std::int64_t i, std::int64_t at, std::int64_t lanes) {
      return R::Load(x + (r + i) * n + at, lanes, -sign * T(__builtin_inf())) * signs;
    };
    V v[R::kLanes];
    for (std::int64_t i = 0; i < count; ++i) {
      V m = S::Set(-T(__builtin_inf()));
      R::Ahead(x + (r + i) * n);
      R::ForVectorsOf(
          n, [&](std::int64_t at, std::int64_t lanes) { m = S::MaxOrNan(m, load(i, at, lanes)); });
      v[i] = m;
    }
    R::Fold(v, count, largest, larger);
    for (std::int64_t i = 0; i < count; ++i) {
      const V m = S::Set(largest[i]);
      V first = past;
      R::ForVectorsOf(n, [&](std::int64_t at, std::int64_t lanes) {
        const V u = load(i, at, lanes);
        const V here = lane + S::Set(T(at));
        first = S::Min(first, S::Select((u == m) | ((u != u) & (m != m)), here, past));
      });
      v[i] = first;
    }
    R::Fold(v, count, place, smaller);
    for (std::int64_t i = 0; i < count; ++i) out[r + i] = static_cast<std::int32_t>(place[i]);
  });
}

template <class T>
void ArgmaxRows(const T* x, std::int32_t* out, std::int64_t rows, std::int64_t n, T sign) noexcept {
  if (n <= ShortRows<T>::kMost) {
    ArgmaxFew(x, out, rows, n, sign);
    return;
  }
  for (std::int64_t r = 0; r < rows; ++r) {
    const T* row = x + r * n;
    const T largest = static_cast<T>(sign > 0 ? All<T, MaxFold>(row, n) : All<T, MinFold>(row, n));
    std::int64_t i = 0;
    if (largest != largest) {
      while (row[i] == row[i]) ++i;
    } else {
      while (row[i] != largest) ++i;
    }
    out[r] = static_cast<std::int32_t>(i);
  }
}

template <class T>
void ArgmaxColumns(const T* x, std::int32_t* out, std::int64_t n, std::int64_t cols,
                   std::int64_t stride, T sign) noexcept {
  using S = Simd<T>;
  const typename S::Vec signs = S::Set(sign);
  constexpr std::int64_t kLanes = S::kLanes;
  for (std::int64_t c = 0; c < cols; c += kLanes) {
    const std::int64_t width = cols - c < kLanes ? cols - c : kLanes;
    const auto load = [&](std::int64_t j) {
      const T* p = x + j * stride + c;
      return (width == kLanes ? S::Load(p) : S::LoadPart(p, width)) * signs;
    };
    typename S::Vec best = load(0);
    typename S::Mask place = {};
    for (std::int64_t j = 1; j < n; ++j) {
      const typename S::Vec v = load(j);
      const typename S::Mask better = (v > best) | ((v != v) & (best == best));
      best = S::Select(better, v, best);
      place = better ? typename S::Mask{} + static_cast<typename S::Int>(j) : place;
    }
    for (std::int64_t i = 0; i < width; ++i) out[c + i] = static_cast<std::int32_t>(place[i]);
  }
}

template <class T, template <class> class Fold>
void SetFold(ReduceKernels<T>& kernels, ReduceFold fold) {
  kernels.all[static_cast<int>(fold)] = &All<T, Fold>;
  kernels.rows[static_cast<int>(fold)] = &Rows<T, Fold>;
  kernels.columns[static_cast<int>(fold)] = &Columns<T, Fold>;
}

template <class T>
void Fill(ReduceKernels<T>& kernels) {
  SetFold<T, AddFold>(kernels, ReduceFold::kSum);
  SetFold<T, MaxFold>(kernels, ReduceFold::kMax);
  SetFold<T, MinFold>(kernels, ReduceFold::kMin);
  SetFold<T, ProductFold>(kernels, ReduceFold::kProduct);
  kernels.argmax_rows = &ArgmaxRows<T>;
  kernels.argmax_columns = &ArgmaxColumns<T>;
}

}  // namespace

void FillReduce(KernelTable& table) {
  if constexpr (kCompleteTarget) {
    Fill(table.f32.reduce);
    Fill(table.f64.reduce);
  } else {
    SetFold<float, AddFold>(table.f32.reduce, ReduceFold::kSum);
  }
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
