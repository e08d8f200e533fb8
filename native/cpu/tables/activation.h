// Kernel table: activation functions and their gradients.
#pragma once

#include <cstdint>

namespace gradlane {

// Codes shared with ActivationKind in ts/kernels/kinds.ts.
enum class Activation : std::int32_t {
  kIdentity = 0,
  kRelu = 1,
  kLeakyRelu = 2,  // parameter: negative slope
  kSigmoid = 3,
  kTanh = 4,
  kSwish = 5,  // parameter: beta, y = x * sigmoid(beta * x)
  kGelu = 6,   // exact, with erf
  kGeluTanh = 7,
  kSoftplus = 8,  // parameter: beta, y = log(1 + exp(beta * x)) / beta
  // -1 where x < 0, 1 elsewhere, with the gradient of a straight-through estimator: the identity;
  // the identity cut off outside of [-1, 1]; 2x + x^2 on [-1, 0) and 2x - x^2 on [0, 1)
  kSignStraightThrough = 9,
  kSignClipped = 10,
  kSignParabola = 11,
};
inline constexpr int kActivationCount = 12;

template <class T>
struct ActivationKernels {
  // y[i] = f(x[i]); y may be x.
  void (*forward[kActivationCount])(const T* x, T* y, std::int64_t n, T parameter) noexcept;
  // grad_x[i] = grad_y[i] * f'(x[i]); y = f(x) is given too, and what a function needs of x and y
  // is its own choice; grad_x may be grad_y.
  void (*gradient[kActivationCount])(const T* x, const T* y, const T* grad_y, T* grad_x,
                                     std::int64_t n, T parameter) noexcept;
};

}  // namespace gradlane
