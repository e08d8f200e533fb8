#include <cstdint>

#include "cpu/tables/optimizer.h"
#include "kernels/isa_target.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <class T>
struct SgdVectors {
  typename Simd<T>::Vec p, b;
};

template <class T>
GRADLANE_INLINE SgdVectors<T> Update(typename Simd<T>::Vec p, typename Simd<T>::Vec g,
                                     typename Simd<T>::Vec b, bool momentum,
                                     const UpdateScalars<T>& s) {
  using S = Simd<T>;
  typename S::Vec d = S::Set(s.sign) * g;
  if (s.weight_decay != T(0)) d += S::Set(s.weight_decay) * p;
  if (momentum) {
    b = s.first ? d : S::Set(s.momentum) * b + S::Set(s.one_minus_dampening) * d;
    d = s.nesterov ? d + S::Set(s.momentum) * b : b;
  }
  return {p - S::Set(s.step_size) * d, b};
}

template <class T>
void Sgd(void* parameter, const void* gradient, void* const* state, std::int64_t n,
         const void* scalars) noexcept {
  using S = Simd<T>;
  // a copy that no store can change
  const UpdateScalars<T> s = *static_cast<const UpdateScalars<T>*>(scalars);
  T* const p = static_cast<T*>(parameter);
  const T* const g = static_cast<const T*>(gradient);
  T* const b = static_cast<T*>(state[0]);
  std::int64_t i = 0;
  if (b == nullptr) {
    Map(p, g, p, n, [&](typename S::Vec pv, typename S::Vec gv) {
      return Update<T>(pv, gv, typename S::Vec{}, false, s).p;
    });
    return;
  }
  for (; i + S::kLanes <= n; i += S::kLanes) {
    const SgdVectors<T> next = Update<T>(S::Load(p + i), S::Load(g + i), S::Load(b + i), true, s);
    S::Store(p + i, next.p);
    S::Store(b + i, next.b);
  }
  if (const std::int64_t rest = n - i; rest > 0) {
    const SgdVectors<T> next = Update<T>(S::LoadPart(p + i, rest), S::LoadPart(g + i, rest),
                                         S::LoadPart(b + i, rest), true, s);
    S::StorePart(p + i, next.p, rest);
    S::StorePart(b + i, next.b, rest);
  }
}

}  // namespace

void FillSgd(KernelTable& table) {
  table.f32.optimizer.update[static_cast<int>(UpdateKind::kSgd)] = &Sgd<float>;
  if constexpr (kCompleteTarget)
    table.f64.optimizer.update[static_cast<int>(UpdateKind::kSgd)] = &Sgd<double>;
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
