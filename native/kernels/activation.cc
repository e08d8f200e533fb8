#include "cpu/tables/activation.h"

#include "kernels/row.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ROW {
namespace {

template <class T>
void Relu(const T* x, T* y, std::int64_t n, T) noexcept {
  using S = Simd<T>;
  // The comparison is written so that NaN stays NaN, as in PyTorch.
  Map(x, y, n, [](typename S::Vec v) { return S::Select(v <= S::Set(0), S::Set(0), v); });
}

template <class T>
void ReluGradient(const T* x, const T*, const T* grad_y, T* grad_x, std::int64_t n, T) noexcept {
  using S = Simd<T>;
  Map(x, grad_y, grad_x, n,
      [](typename S::Vec v, typename S::Vec g) { return S::Select(v <= S::Set(0), S::Set(0), g); });
}

template <class T>
void Fill(ActivationKernels<T>& kernels) {
  for (auto& f : kernels.forward) f = &Relu<T>;
  for (auto& f : kernels.gradient) f = &ReluGradient<T>;
}

}  // namespace

void FillActivation(KernelTable& table) {
  Fill(table.f32.activation);
  Fill(table.f64.activation);
}

}  // namespace gradlane::GRADLANE_ROW
