#include <cstdint>

#include "cpu/tables/optimizer.h"
#include "kernels/isa_target.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <class T>
struct AdamVectors {
  typename Simd<T>::Vec p, m, v, v_max;
};

template <bool kAmsgrad, class T>
GRADLANE_INLINE AdamVectors<T> Update(AdamVectors<T> x, typename Simd<T>::Vec g,
                                      const UpdateScalars<T>& s) {
  using S = Simd<T>;
  x.p *= S::Set(s.keep);
  g *= S::Set(s.sign);
  if (s.weight_decay != T(0)) g += S::Set(s.weight_decay) * x.p;
  x.m = S::Set(s.beta1) * x.m + S::Set(s.one_minus_beta1) * g;
  x.v = S::Set(s.beta2) * x.v + S::Set(s.one_minus_beta2) * g * g;
  if constexpr (kAmsgrad) x.v_max = S::MaxOrNan(x.v_max, x.v);
  const typename S::Vec root = S::Sqrt(kAmsgrad ? x.v_max : x.v);
  const typename S::Vec denominator = root * S::Set(s.second_scale) + S::Set(s.eps);
  x.p -= S::Set(s.step_size) * x.m / denominator;
  return x;
}

template <bool kAmsgrad, class T>
GRADLANE_INLINE void Run(T* p, const T* g, T* m, T* v, T* v_max, std::int64_t n,
                         const UpdateScalars<T>& s) {
  using S = Simd<T>;
  std::int64_t i = 0;
  for (; i + S::kLanes <= n; i += S::kLanes) {
    AdamVectors<T> x{S::Load(p + i), S::Load(m + i), S::Load(v + i), {}};
    if constexpr (kAmsgrad) x.v_max = S::Load(v_max + i);
    x = Update<kAmsgrad, T>(x, S::Load(g + i), s);
    S::Store(p + i, x.p);
    S::Store(m + i, x.m);
    S::Store(v + i, x.v);
    if constexpr (kAmsgrad) S::Store(v_max + i, x.v_max);
  }
  if (const std::int64_t rest = n - i; rest > 0) {
    AdamVectors<T> x{
        S::LoadPart(p + i, rest), S::LoadPart(m + i, rest), S::LoadPart(v + i, rest), {}};
    if constexpr (kAmsgrad) x.v_max = S::LoadPart(v_max + i, rest);
    x = Update<kAmsgrad, T>(x, S::LoadPart(g + i, rest), s);
    S::StorePart(p + i, x.p, rest);
    S::StorePart(m + i, x.m, rest);
    S::StorePart(v + i, x.v, rest);
    if constexpr (kAmsgrad) S::StorePart(v_max + i, x.v_max, rest);
  }
}

template <class T>
void Adam(void* p, const void* g, void* const* state, std::int64_t n,
          const void* scalars) noexcept {
  // a copy that no store can change
  const UpdateScalars<T> s = *static_cast<const UpdateScalars<T>*>(scalars);
  T* const parameter = static_cast<T*>(p);
  const T* const gradient = static_cast<const T*>(g);
  T *const m = static_cast<T*>(state[0]), *const v = static_cast<T*>(state[1]);
  if (state[2] != nullptr) {
    Run<true>(parameter, gradient, m, v, static_cast<T*>(state[2]), n, s);
  } else {
    Run<false>(parameter, gradient, m, v, static_cast<T*>(nullptr), n, s);
  }
}

}  // namespace

void FillAdam(KernelTable& table) {
  table.f32.optimizer.update[static_cast<int>(UpdateKind::kAdam)] = &Adam<float>;
  if constexpr (kCompleteTarget)
    table.f64.optimizer.update[static_cast<int>(UpdateKind::kAdam)] = &Adam<double>;
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
