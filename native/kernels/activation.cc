#include "cpu/tables/activation.h"

#include "kernels/isa_target.h"
#include "kernels/math.h"
#include "kernels/simd.h"

// A function is a struct of two bodies over a vector: Forward(x, p) and Gradient(x, y, p), the
// derivative at x. All comparisons are written so that NaN goes where it goes in PyTorch.
namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <class T>
struct Identity {
  using V = VecOf<T>;
  static GRADLANE_INLINE V Forward(V x, V) { return x; }
  static GRADLANE_INLINE V Gradient(V, V, V g, V) { return g; }
};

template <class T>
struct Relu {
  using V = VecOf<T>;
  using S = Simd<T>;
  static GRADLANE_INLINE V Forward(V x, V) { return S::Select(x <= S::Set(0), S::Set(0), x); }
  static GRADLANE_INLINE V Gradient(V x, V, V g, V) {
    return S::Select(x <= S::Set(0), S::Set(0), g);
  }
};

template <class T>
struct LeakyRelu {
  using V = VecOf<T>;
  using S = Simd<T>;
  static GRADLANE_INLINE V Forward(V x, V p) { return S::Select(x > S::Set(0), x, x * p); }
  static GRADLANE_INLINE V Gradient(V x, V, V g, V p) { return S::Select(x > S::Set(0), g, g * p); }
};

template <class T>
struct SigmoidFunction {
  using V = VecOf<T>;
  using S = Simd<T>;
  static GRADLANE_INLINE V Forward(V x, V) { return Sigmoid<T>(x); }
  static GRADLANE_INLINE V Gradient(V, V y, V g, V) { return g * ((S::Set(1) - y) * y); }
};

template <class T>
struct TanhFunction {
  using V = VecOf<T>;
  using S = Simd<T>;
  static GRADLANE_INLINE V Forward(V x, V) { return Tanh<T>(x); }
  static GRADLANE_INLINE V Gradient(V, V y, V g, V) { return g * (S::Set(1) - y * y); }
};

template <class T>
struct Swish {
  using V = VecOf<T>;
  using S = Simd<T>;
  static GRADLANE_INLINE V Forward(V x, V p) { return x * Sigmoid<T>(p * x); }
  static GRADLANE_INLINE V Gradient(V x, V, V g, V p) {
    const SigmoidPair<T> s = SigmoidBoth<T>(p * x);
    // Not p * x again, which may overflow where the gradient does not.
    return g * (s.value + (x * s.value) * (p * s.complement));
  }
};

template <class T>
struct Gelu {
  using V = VecOf<T>;
  using S = Simd<T>;
  static GRADLANE_INLINE V Distribution(V x) {
    return S::Set(T(0.5)) * (S::Set(1) + Erf<T>(x * S::Set(T(0.70710678118654752440))));
  }
  static GRADLANE_INLINE V Forward(V x, V) { return x * Distribution(x); }
  static GRADLANE_INLINE V Gradient(V x, V, V g, V) {
    const V density = S::Set(T(0.39894228040143267794)) *
                      ExpNonPositive<T>(S::Set(T(-0.5)) * x * x);  // 1 / sqrt(2 pi)
    return g * (Distribution(x) + x * density);
  }
};

// (1 + tanh(u)) / 2 is sigmoid(2 u), which costs less and loses nothing where tanh is near -1.
template <class T>
struct GeluTanh {
  using V = VecOf<T>;
  using S = Simd<T>;
  static constexpr T kScale = T(1.5957691216057307117);  // 2 sqrt(2 / pi)
  static constexpr T kCubic = T(0.044715);
  static GRADLANE_INLINE V Inner(V x) {
    return S::Set(kScale) * (x + S::Set(kCubic) * (x * x) * x);
  }
  static GRADLANE_INLINE V Forward(V x, V) { return x * Sigmoid<T>(Inner(x)); }
  static GRADLANE_INLINE V Gradient(V x, V, V g, V) {
    const SigmoidPair<T> s = SigmoidBoth<T>(Inner(x));
    // From |x| = 100 on, s (1 - s) is 0 and its factor must stay finite.
    const V edge = S::Set(100);
    V c = S::Select(x > edge, edge, x);
    c = S::Select(c < -edge, -edge, c);
    const V slope = S::Set(kScale) * (S::Set(1) + S::Set(3 * kCubic) * (c * c));
    return g * (s.value + (x * s.value) * (s.complement * slope));
  }
};

template <class T>
struct Softplus {
  using V = VecOf<T>;
  using S = Simd<T>;
  static GRADLANE_INLINE V Forward(V x, V p) {
    const V z = p * x;
    return S::Select(z > S::Set(20), x, LogOnePlusExp<T>(z) * (S::Set(1) / p));
  }
  static GRADLANE_INLINE V Gradient(V x, V, V g, V p) {
    const V z = p * x;
    return S::Select(z > S::Set(20), g, g * Sigmoid<T>(z));
  }
};

template <class T>
struct SignFunction {
  using V = VecOf<T>;
  using S = Simd<T>;
  static GRADLANE_INLINE V Forward(V x, V) {
    return S::Select(x != x, x, S::Select(x < S::Set(0), S::Set(-1), S::Set(1)));
  }
};

template <class T>
struct SignStraightThrough : SignFunction<T> {
  using V = VecOf<T>;
  static GRADLANE_INLINE V Gradient(V, V, V g, V) { return g; }
};

template <class T>
struct SignClipped : SignFunction<T> {
  using V = VecOf<T>;
  using S = Simd<T>;
  static GRADLANE_INLINE V Gradient(V x, V, V g, V) {
    return S::Select(S::Abs(x) <= S::Set(1), g, S::Set(0));
  }
};

template <class T>
struct SignParabola : SignFunction<T> {
  using V = VecOf<T>;
  using S = Simd<T>;
  static GRADLANE_INLINE V Gradient(V x, V, V g, V) {
    const V size = S::Abs(x);
    return S::Select(size <= S::Set(1), g * (S::Set(2) - (size + size)), S::Set(0));
  }
};

template <class T, template <class> class Function>
void Forward(const T* x, T* y, std::int64_t n, T parameter) noexcept {
  const VecOf<T> p = Simd<T>::Set(parameter);
  Map(x, y, n, [p](VecOf<T> v) { return Function<T>::Forward(v, p); });
}

template <class T, template <class> class Function>
void Gradient(const T* x, const T* y, const T* grad_y, T* grad_x, std::int64_t n,
              T parameter) noexcept {
  const VecOf<T> p = Simd<T>::Set(parameter);
  Map(x, y, grad_y, grad_x, n,
      [p](VecOf<T> a, VecOf<T> b, VecOf<T> g) { return Function<T>::Gradient(a, b, g, p); });
}

template <class T, template <class> class Function>
void Set(ActivationKernels<T>& kernels, Activation kind) {
  kernels.forward[static_cast<int>(kind)] = &Forward<T, Function>;
  kernels.gradient[static_cast<int>(kind)] = &Gradient<T, Function>;
}

template <class T>
void Fill(ActivationKernels<T>& kernels) {
  Set<T, Identity>(kernels, Activation::kIdentity);
  Set<T, Relu>(kernels, Activation::kRelu);
  Set<T, LeakyRelu>(kernels, Activation::kLeakyRelu);
  Set<T, SigmoidFunction>(kernels, Activation::kSigmoid);
  Set<T, TanhFunction>(kernels, Activation::kTanh);
  Set<T, Swish>(kernels, Activation::kSwish);
  Set<T, Gelu>(kernels, Activation::kGelu);
  Set<T, GeluTanh>(kernels, Activation::kGeluTanh);
  Set<T, Softplus>(kernels, Activation::kSoftplus);
  Set<T, SignStraightThrough>(kernels, Activation::kSignStraightThrough);
  Set<T, SignClipped>(kernels, Activation::kSignClipped);
  Set<T, SignParabola>(kernels, Activation::kSignParabola);
}

}  // namespace

void FillActivation(KernelTable& table) {
  Fill(table.f32.activation);
  if constexpr (kCompleteTarget) Fill(table.f64.activation);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
