#include "cpu/tables/layer_norm.h"

#include "kernels/columns.h"
#include "kernels/isa_target.h"
#include "kernels/norm_chains.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <class T>
void Normalize(const T* x, T* y, std::int64_t n, T mean, T inverse_std, const T* weight,
               const T* bias) noexcept {
  using S = Simd<T>;
  using V = typename S::Vec;
  const V m = S::Set(mean), s = S::Set(inverse_std);
  ForColumns<T>(n, [&](std::int64_t i, auto load, auto store) {
    store(y + i, (load(x + i) - m) * (load(weight + i) * s) + load(bias + i));
  });
}

template <class T>
BlockSums GradientSums(const T* x, const T* g, const T* weight, std::int64_t n, T mean) noexcept {
  using S = Simd<T>;
  using V = typename S::Vec;
  const V m = S::Set(mean);
  Chains<T> sum, product;
  OverRuns<T>(1, n, n, [&](int chain, std::int64_t at, auto load) {
    const V d = load(g + at, T(0)) * load(weight + at, T(0));
    sum.sum[chain] += d;
    product.sum[chain] += d * (load(x + at, mean) - m);
  });
  return {sum.Total(), product.Total()};
}

template <class T>
void Gradient(const T* x, const T* g, const T* weight, T* gx, std::int64_t n, T mean, T inverse_std,
              T slope, T shift) noexcept {
  using S = Simd<T>;
  using V = typename S::Vec;
  const V m = S::Set(mean), s = S::Set(inverse_std), k = S::Set(slope), h = S::Set(shift);
  ForColumns<T>(n, [&](std::int64_t i, auto load, auto store) {
    store(gx + i, load(g + i) * (load(weight + i) * s) - ((load(x + i) - m) * s * k + h));
  });
}

template <class T>
void AffineSums(const T* x, const T* g, std::int64_t rows, std::int64_t cols, std::int64_t stride,
                const T* mean, const T* inverse_std, BlockSums* out) noexcept {
  using S = Simd<T>;
  using V = typename S::Vec;
  ForColumns<T>(cols, [&](std::int64_t c, auto load, auto) {
    Chains<T> sum, product;
    DownRows(rows, [&](int chain, std::int64_t r) {
      const V v = load(g + c + r * stride);
      sum.sum[chain] += v;
      product.sum[chain] +=
          v * ((load(x + c + r * stride) - S::Set(mean[r])) * S::Set(inverse_std[r]));
    });
    const V s = sum.Joined(), p = product.Joined();
    for (std::int64_t i = 0; i < S::kLanes && c + i < cols; ++i) out[c + i] = {s[i], p[i]};
  });
}

template <class T>
void Fill(LayerNormKernels<T>& kernels) {
  kernels.normalize = &Normalize<T>;
  kernels.gradient_sums = &GradientSums<T>;
  kernels.gradient = &Gradient<T>;
  kernels.affine_sums = &AffineSums<T>;
}

}  // namespace

void FillLayerNorm(KernelTable& table) {
  Fill(table.f32.layer_norm);
  Fill(table.f64.layer_norm);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
