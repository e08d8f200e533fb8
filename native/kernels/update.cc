// The optimizer steps that share one driver: every array is read and written once.
#include <cstdint>

#include "cpu/tables/optimizer.h"
#include "kernels/isa_target.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

// Parameters, their gradient after sign and penalty, and the arrays of state, in the order of the
// rule's stateArrays in ts/optim/.
template <class T>
struct Lanes {
  typename Simd<T>::Vec p, g, state[kUpdateArrays];
};

template <class T>
constexpr T kLargest = sizeof(T) == 4 ? T(__FLT_MAX__) : T(__DBL_MAX__);

template <class T>
GRADLANE_INLINE typename Simd<T>::Vec FirstMoment(typename Simd<T>::Vec m, typename Simd<T>::Vec g,
                                                  const UpdateScalars<T>& s) {
  return Simd<T>::Set(s.beta1) * m + Simd<T>::Set(s.one_minus_beta1) * g;
}

template <class T>
GRADLANE_INLINE typename Simd<T>::Vec SecondMoment(typename Simd<T>::Vec v, typename Simd<T>::Vec g,
                                                   const UpdateScalars<T>& s) {
  return Simd<T>::Set(s.beta2) * v + Simd<T>::Set(s.one_minus_beta2) * g * g;
}

struct Adagrad {
  static constexpr int kArrays = 1;
  template <class T>
  static GRADLANE_INLINE void Step(Lanes<T>& x, const UpdateScalars<T>& s) {
    using S = Simd<T>;
    auto& sum = x.state[0];
    sum += x.g * x.g;
    x.p -= S::Set(s.step_size) * x.g / (S::Sqrt(sum) + S::Set(s.eps));
  }
};

struct Rmsprop {
  static constexpr int kArrays = 3;
  template <class T>
  static GRADLANE_INLINE void Step(Lanes<T>& x, const UpdateScalars<T>& s) {
    using S = Simd<T>;
    auto& [square, buffer, mean] = x.state;
    square = SecondMoment<T>(square, x.g, s);
    typename S::Vec variance = square;
    if (s.centered) {
      mean = S::Set(s.beta2) * mean + S::Set(s.one_minus_beta2) * x.g;
      // finite, so that nothing is taken from an overflowed square but what leaves it infinite
      variance -= S::Min(mean * mean, S::Set(kLargest<T>));
    }
    buffer = S::Set(s.momentum) * buffer + x.g / (S::Sqrt(variance) + S::Set(s.eps));
    x.p -= S::Set(s.step_size) * buffer;
  }
};

struct Adadelta {
  static constexpr int kArrays = 2;
  template <class T>
  static GRADLANE_INLINE void Step(Lanes<T>& x, const UpdateScalars<T>& s) {
    using S = Simd<T>;
    auto &square = x.state[0], &moved = x.state[1];
    square = SecondMoment<T>(square, x.g, s);
    const typename S::Vec eps = S::Set(s.eps);
    const typename S::Vec step = S::Sqrt(moved + eps) / S::Sqrt(square + eps) * x.g;
    moved = SecondMoment<T>(moved, step, s);
    x.p -= S::Set(s.step_size) * step;
  }
};

struct Adamax {
  static constexpr int kArrays = 2;
  template <class T>
  static GRADLANE_INLINE void Step(Lanes<T>& x, const UpdateScalars<T>& s) {
    using S = Simd<T>;
    auto &m = x.state[0], &norm = x.state[1];
    m = FirstMoment<T>(m, x.g, s);
    norm = S::MaxOrNan(S::Set(s.beta2) * norm, S::Abs(x.g) + S::Set(s.eps));
    x.p -= S::Set(s.step_size) * m / norm;
  }
};

struct Nadam {
  static constexpr int kArrays = 2;
  template <class T>
  static GRADLANE_INLINE void Step(Lanes<T>& x, const UpdateScalars<T>& s) {
    using S = Simd<T>;
    auto &m = x.state[0], &v = x.state[1];
    m = FirstMoment<T>(m, x.g, s);
    v = SecondMoment<T>(v, x.g, s);
    const typename S::Vec step = S::Set(s.gradient_size) * x.g + S::Set(s.step_size) * m;
    x.p -= step / (S::Sqrt(v) * S::Set(s.second_scale) + S::Set(s.eps));
  }
};

struct Radam {
  static constexpr int kArrays = 2;
  template <class T>
  static GRADLANE_INLINE void Step(Lanes<T>& x, const UpdateScalars<T>& s) {
    using S = Simd<T>;
    auto &m = x.state[0], &v = x.state[1];
    m = FirstMoment<T>(m, x.g, s);
    v = SecondMoment<T>(v, x.g, s);
    const typename S::Vec step = S::Set(s.step_size) * m;
    x.p -= s.rectified ? step / (S::Sqrt(v) + S::Set(s.eps)) : step;
  }
};

struct Lion {
  static constexpr int kArrays = 1;
  template <class T>
  static GRADLANE_INLINE void Step(Lanes<T>& x, const UpdateScalars<T>& s) {
    using S = Simd<T>;
    auto& m = x.state[0];
    const typename S::Vec mixed = FirstMoment<T>(m, x.g, s);
    // 0 and NaN stay what they are
    const typename S::Vec sign =
        S::Select(S::Abs(mixed) > typename S::Vec{}, S::CopySign(S::Set(T(1)), mixed), mixed);
    m = S::Set(s.beta2) * m + S::Set(s.one_minus_beta2) * x.g;
    x.p -= S::Set(s.step_size) * sign;
  }
};

struct Rprop {
  static constexpr int kArrays = 2;
  template <class T>
  static GRADLANE_INLINE void Step(Lanes<T>& x, const UpdateScalars<T>& s) {
    using S = Simd<T>;
    using V = typename S::Vec;
    auto &previous = x.state[0], &size = x.state[1];
    if (s.first) {
      previous = V{};
      size = S::Set(s.step_size);
    }
    const V product = x.g * previous, one = S::Set(T(1));
    const auto turned = product < V{};
    size *=
        S::Select(turned, S::Set(s.eta_minus), S::Select(product > V{}, S::Set(s.eta_plus), one));
    size = S::Min(S::Max(size, S::Set(s.step_size_min)), S::Set(s.step_size_max));
    x.g = S::Select(turned, V{}, x.g);
    x.p -= S::Select(S::Abs(x.g) > V{}, S::CopySign(size, x.g), V{});
    previous = x.g;
  }
};

template <class Rule, class T>
void Update(void* parameter, const void* gradient, void* const* state, std::int64_t n,
            const void* scalars) noexcept {
  using S = Simd<T>;
  // a copy that no store can change
  const UpdateScalars<T> s = *static_cast<const UpdateScalars<T>*>(scalars);
  T* const p = static_cast<T*>(parameter);
  const T* const g = static_cast<const T*>(gradient);
  T* arrays[kUpdateArrays] = {};
  for (int k = 0; k < Rule::kArrays; ++k) arrays[k] = static_cast<T*>(state[k]);
  // One body for whole vectors and the tail keeps eight rules of two types small.
  for (std::int64_t i = 0; i < n; i += S::kLanes) {
    const std::int64_t rest = n - i;
    const bool whole = rest >= S::kLanes;
    const auto load = [&](const T* q) { return whole ? S::Load(q + i) : S::LoadPart(q + i, rest); };
    const auto store = [&](T* q, typename S::Vec v) {
      whole ? S::Store(q + i, v) : S::StorePart(q + i, v, rest);
    };
    Lanes<T> x{load(p) * S::Set(s.keep), load(g) * S::Set(s.sign), {}};
    for (int k = 0; k < Rule::kArrays; ++k) {
      if (arrays[k] != nullptr) x.state[k] = load(arrays[k]);
    }
    if (s.weight_decay != T(0)) x.g += S::Set(s.weight_decay) * x.p;
    Rule::template Step<T>(x, s);
    store(p, x.p);
    for (int k = 0; k < Rule::kArrays; ++k) {
      if (arrays[k] != nullptr) store(arrays[k], x.state[k]);
    }
  }
}

template <class T>
void Fill(OptimizerKernels<T>& kernels) {
  const auto set = [&](UpdateKind kind, UpdateKernel kernel) {
    kernels.update[static_cast<int>(kind)] = kernel;
  };
  set(UpdateKind::kAdagrad, &Update<Adagrad, T>);
  set(UpdateKind::kRmsprop, &Update<Rmsprop, T>);
  set(UpdateKind::kAdadelta, &Update<Adadelta, T>);
  set(UpdateKind::kAdamax, &Update<Adamax, T>);
  set(UpdateKind::kNadam, &Update<Nadam, T>);
  set(UpdateKind::kRadam, &Update<Radam, T>);
  set(UpdateKind::kLion, &Update<Lion, T>);
  set(UpdateKind::kRprop, &Update<Rprop, T>);
}

}  // namespace

void FillUpdate(KernelTable& table) {
  Fill(table.f32.optimizer);
  Fill(table.f64.optimizer);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
