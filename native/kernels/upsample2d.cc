#include "cpu/tables/upsample2d.h"

#include "kernels/isa_target.h"
#include "kernels/pairs.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

// t[-1] and t[in] hold the first and the last element again.
template <class T>
GRADLANE_INLINE void Double(const T* t, std::int64_t in, T* out) {
  using S = Simd<T>;
  using V = typename S::Vec;
  const V near = S::Set(T(0.75)), far = S::Set(T(0.25));
  ForVectors<T>(0, in, [&](std::int64_t k, std::int64_t n) {
    const V before = LoadApart<T, 1>(t + k - 1, n), here = near * LoadApart<T, 1>(t + k, n);
    const V after = LoadApart<T, 1>(t + k + 1, n);
    StorePairs<T>(out + 2 * k, far * before + here, here + far * after, n);
  });
}

template <class T>
void Row(const UpsampleAxis<T>& axis, const T* upper, const T* lower, T own, T next, T* temp,
         T* out) noexcept {
  using V = typename Simd<T>::Vec;
  const std::int64_t in = axis.in;
  if (axis.own == nullptr) {
    if (axis.doubling) {
      ForVectors<T>(0, in, [&](std::int64_t k, std::int64_t n) {
        const V v = LoadApart<T, 1>(upper + k, n);
        StorePairs<T>(out + 2 * k, v, v, n);
      });
      return;
    }
    for (std::int64_t j = 0; j < axis.out; ++j) out[j] = upper[axis.index[j]];
    return;
  }
  T* t = temp + 1;
  if (lower == nullptr) {
    __builtin_memcpy(t, upper, static_cast<std::size_t>(in) * sizeof(T));
  } else {
    const V a = Simd<T>::Set(own), b = Simd<T>::Set(next);
    Map(upper, lower, t, in, [a, b](V u, V l) { return a * u + b * l; });
  }
  if (axis.doubling) {
    t[-1] = t[0];
    t[in] = t[in - 1];
    Double(t, in, out);
    return;
  }
  t[in] = T(0);
  for (std::int64_t j = 0; j < axis.out; ++j) {
    const T* from = t + axis.index[j];
    out[j] = axis.own[j] * from[0] + axis.next[j] * from[1];
  }
}

template <class T>
GRADLANE_INLINE void StoreFirst(T* p, typename Simd<T>::Vec v, std::int64_t n) {
  if (n == Simd<T>::kLanes) {
    Simd<T>::Store(p, v);
  } else {
    Simd<T>::StorePart(p, v, n);
  }
}

template <class T>
GRADLANE_INLINE void DoubleNearestGradient(const T* g, std::int64_t in, T* grad_x) {
  ForVectors<T>(0, in, [&](std::int64_t k, std::int64_t n) {
    StoreFirst<T>(grad_x + k, LoadApart<T, 2>(g + 2 * k, n) + LoadApart<T, 2>(g + 2 * k + 1, n), n);
  });
}

template <class T>
GRADLANE_INLINE void DoubleGradient(const T* g, std::int64_t in, T* grad_x) {
  using S = Simd<T>;
  const std::int64_t last = in - 1;
  const T near = T(0.75), far = T(0.25);
  if (in == 1) {
    grad_x[0] = g[0] + g[1];
    return;
  }
  grad_x[0] = g[0] + near * g[1] + far * g[2];
  ForVectors<T>(1, last, [&](std::int64_t k, std::int64_t n) {
    const auto at = [&](std::int64_t i) { return LoadApart<T, 2>(g + 2 * k + i, n); };
    StoreFirst<T>(grad_x + k, S::Set(far) * (at(-1) + at(2)) + S::Set(near) * (at(0) + at(1)), n);
  });
  grad_x[last] = far * g[2 * last - 1] + near * g[2 * last] + g[2 * last + 1];
}

template <class T>
void RowGradient(const UpsampleAxis<T>& axis, const T* g, T* grad_x) noexcept {
  if (axis.doubling && axis.own == nullptr) {
    DoubleNearestGradient(g, axis.in, grad_x);
    return;
  }
  if (axis.doubling) {
    DoubleGradient(g, axis.in, grad_x);
    return;
  }
  std::int64_t j = 0;
  T to_next = 0;  // the share of element x in the outputs whose index is x - 1
  for (std::int64_t x = 0; x < axis.in; ++x) {
    T sum = to_next;
    to_next = 0;
    for (; j < axis.out && axis.index[j] == x; ++j) {
      sum += axis.own == nullptr ? g[j] : axis.own[j] * g[j];
      if (axis.own != nullptr) to_next += axis.next[j] * g[j];
    }
    grad_x[x] = sum;
  }
}

template <class T>
void Fill(Upsample2dKernels<T>& kernels) {
  kernels.row = &Row<T>;
  kernels.row_gradient = &RowGradient<T>;
}

}  // namespace

void FillUpsample2d(KernelTable& table) {
  Fill(table.f32.upsample2d);
  Fill(table.f64.upsample2d);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
