#include "cpu/tables/norm.h"

#include "kernels/columns.h"
#include "kernels/isa_target.h"
#include "kernels/norm_chains.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

// Both sweeps over a block: the mean in plain arithmetic first, then the deviations from it. What
// the first mean is off by, the sum of the deviations tells, so the errors of both results are
// relative to the deviations and not to the numbers (Chan, Golub and LeVeque 1983, the corrected
// two-pass algorithm).
GRADLANE_INLINE BlockMoments Corrected(double shift, double sum, double squares, double n) {
  const double rest = squares - sum * sum / n;
  return {shift, sum / n, rest < 0 ? 0 : rest};
}

// Of a block whose sums leave the range of T, in plain loops over doubles. Of numbers that are not
// finite it gives NaN.
template <class T>
__attribute__((noinline, cold)) BlockMoments WideMoments(const T* x, std::int64_t runs,
                                                         std::int64_t length,
                                                         std::int64_t stride) noexcept {
  const double n = static_cast<double>(runs * length);
  double plain = 0, sum = 0, squares = 0;
  for (std::int64_t r = 0; r < runs; ++r) {
    for (std::int64_t i = 0; i < length; ++i) plain += static_cast<double>(x[r * stride + i]);
  }
  const double shift = plain / n;
  for (std::int64_t r = 0; r < runs; ++r) {
    for (std::int64_t i = 0; i < length; ++i) {
      const double d = static_cast<double>(x[r * stride + i]) - shift;
      sum += d;
      squares += d * d;
    }
  }
  return Corrected(shift, sum, squares, n);
}

constexpr double kInfinity = __builtin_huge_val();

template <class T>
BlockMoments Moments(const T* x, std::int64_t runs, std::int64_t length,
                     std::int64_t stride) noexcept {
  using S = Simd<T>;
  using V = typename S::Vec;
  const double n = static_cast<double>(runs * length);
  Chains<T> plain;
  OverFarRuns<T>(
      runs, length, stride, [x](std::int64_t at) { __builtin_prefetch(x + at); },
      [&](int chain, std::int64_t at, auto load) { plain.sum[chain] += load(x + at, T(0)); });
  const T shift = static_cast<T>(plain.Total() / n);
  const V m = S::Set(shift);
  Chains<T> sum, squares;
  OverRuns<T>(runs, length, stride, [&](int chain, std::int64_t at, auto load) {
    const V d = load(x + at, shift) - m;
    sum.sum[chain] += d;
    squares.sum[chain] += d * d;
  });
  const double all = squares.Total();
  if (!(all < kInfinity)) return WideMoments(x, runs, length, stride);
  return Corrected(shift, sum.Total(), all, n);
}

template <class T>
BlockSums GradientSums(const T* x, const T* g, std::int64_t runs, std::int64_t length,
                       std::int64_t stride, T mean) noexcept {
  using S = Simd<T>;
  using V = typename S::Vec;
  const V m = S::Set(mean);
  Chains<T> sum, product;
  const auto fetch = [x, g](std::int64_t at) {
    __builtin_prefetch(x + at);
    __builtin_prefetch(g + at);
  };
  OverFarRuns<T>(runs, length, stride, fetch, [&](int chain, std::int64_t at, auto load) {
    const V v = load(g + at, T(0));
    sum.sum[chain] += v;
    product.sum[chain] += v * (load(x + at, mean) - m);
  });
  return {sum.Total(), product.Total()};
}

template <class T>
void ColumnMoments(const T* x, std::int64_t rows, std::int64_t cols, std::int64_t stride,
                   BlockMoments* out) noexcept {
  using S = Simd<T>;
  using V = typename S::Vec;
  const double n = static_cast<double>(rows);
  const V size = S::Set(static_cast<T>(rows));
  ForColumns<T>(cols, [&](std::int64_t c, auto load, auto) {
    const T* from = x + c;
    Chains<T> plain, sum, squares;
    DownRows(rows, [&](int chain, std::int64_t r) { plain.sum[chain] += load(from + r * stride); });
    const V m = plain.Joined() / size;
    DownRows(rows, [&](int chain, std::int64_t r) {
      const V d = load(from + r * stride) - m;
      sum.sum[chain] += d;
      squares.sum[chain] += d * d;
    });
    const V s = sum.Joined(), q = squares.Joined();
    for (std::int64_t i = 0; i < S::kLanes && c + i < cols; ++i) {
      out[c + i] = static_cast<double>(q[i]) < kInfinity ? Corrected(m[i], s[i], q[i], n)
                                                         : WideMoments(x + c + i, rows, 1, stride);
    }
  });
}

template <class T>
void ColumnGradientSums(const T* x, const T* g, std::int64_t rows, std::int64_t cols,
                        std::int64_t stride, const T* mean, BlockSums* out) noexcept {
  using S = Simd<T>;
  using V = typename S::Vec;
  ForColumns<T>(cols, [&](std::int64_t c, auto load, auto) {
    const V m = load(mean + c);
    Chains<T> sum, product;
    DownRows(rows, [&](int chain, std::int64_t r) {
      const V v = load(g + c + r * stride);
      sum.sum[chain] += v;
      product.sum[chain] += v * (load(x + c + r * stride) - m);
    });
    const V s = sum.Joined(), p = product.Joined();
    for (std::int64_t i = 0; i < S::kLanes && c + i < cols; ++i) out[c + i] = {s[i], p[i]};
  });
}

template <class T>
void NormalizeRuns(const T* x, T* y, std::int64_t runs, std::int64_t length, const T* mean,
                   const T* scale, const T* bias) noexcept {
  using S = Simd<T>;
  using V = typename S::Vec;
  for (std::int64_t r = 0; r < runs; ++r, x += length, y += length) {
    const V m = S::Set(mean[r]), s = S::Set(scale[r]), b = S::Set(bias[r]);
    Map(x, y, length, [m, s, b](V v) { return (v - m) * s + b; });
  }
}

template <class T>
void NormalizeColumns(const T* x, T* y, std::int64_t rows, std::int64_t cols, const T* mean,
                      const T* scale, const T* bias) noexcept {
  using V = typename Simd<T>::Vec;
  for (std::int64_t r = 0; r < rows; ++r, x += cols, y += cols) {
    ForColumns<T>(cols, [&](std::int64_t c, auto load, auto store) {
      const V m = load(mean + c), s = load(scale + c), b = load(bias + c);
      store(y + c, (load(x + c) - m) * s + b);
    });
  }
}

template <class T>
void GradientRuns(const T* x, const T* g, T* gx, std::int64_t runs, std::int64_t length,
                  const T* mean, const T* inverse_std, const T* scale, const T* slope,
                  const T* shift) noexcept {
  using S = Simd<T>;
  using V = typename S::Vec;
  for (std::int64_t r = 0; r < runs; ++r, x += length, g += length, gx += length) {
    const V m = S::Set(mean[r]), i = S::Set(inverse_std[r]), s = S::Set(scale[r]),
            k = S::Set(slope[r]), h = S::Set(shift[r]);
    Map(x, g, gx, length, [m, i, s, k, h](V v, V d) { return d * s - ((v - m) * i * k + h); });
  }
}

template <class T>
void GradientColumns(const T* x, const T* g, T* gx, std::int64_t rows, std::int64_t cols,
                     const T* mean, const T* inverse_std, const T* scale, const T* slope,
                     const T* shift) noexcept {
  for (std::int64_t r = 0; r < rows; ++r, x += cols, g += cols, gx += cols) {
    ForColumns<T>(cols, [&](std::int64_t c, auto load, auto store) {
      const auto normal = (load(x + c) - load(mean + c)) * load(inverse_std + c);
      const auto rest = normal * load(slope + c) + load(shift + c);
      store(gx + c, load(g + c) * load(scale + c) - rest);
    });
  }
}

template <class T>
void Fill(NormKernels<T>& kernels) {
  kernels.moments = &Moments<T>;
  kernels.gradient_sums = &GradientSums<T>;
  kernels.column_moments = &ColumnMoments<T>;
  kernels.column_gradient_sums = &ColumnGradientSums<T>;
  kernels.normalize_runs = &NormalizeRuns<T>;
  kernels.normalize_columns = &NormalizeColumns<T>;
  kernels.gradient_runs = &GradientRuns<T>;
  kernels.gradient_columns = &GradientColumns<T>;
}

}  // namespace

void FillNorm(KernelTable& table) {
  Fill(table.f32.norm);
  if constexpr (kCompleteTarget) Fill(table.f64.norm);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
