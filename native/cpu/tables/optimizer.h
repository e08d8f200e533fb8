// Kernel table: optimizer steps and the norm of gradients.
#pragma once

#include <cstdint>

namespace gradlane {

// Update rules; the codes of UpdateKind in ts/kernels/update.ts.
enum class UpdateKind : std::int32_t {
  kAdagrad = 0,
  kRmsprop = 1,
  kAdadelta = 2,
  kAdamax = 3,
  kNadam = 4,
  kRadam = 5,
  kLion = 6,
  kSgd = 7,
  kAdam = 8,
  kRprop = 9,
};
inline constexpr int kUpdateKindCount = 10;
inline constexpr int kUpdateArrays = 3;  // of state, at most

// What the rules need of hyper-parameters and step, each only a part of it.
template <class T>
struct UpdateScalars {
  T beta1, one_minus_beta1, beta2, one_minus_beta2, eps;
  T weight_decay;   // added to the gradient
  T keep;           // the parameter is multiplied by it: the decoupled decay
  T sign;           // -1 to maximize
  T step_size;      // with the corrections of the step in it
  T gradient_size;  // NAdam: of the part of the step along the gradient
  T second_scale;   // Adam, NAdam: 1 / sqrt(1 - beta2^t)
  T momentum, one_minus_dampening;
  T eta_minus, eta_plus, step_size_min, step_size_max;  // Rprop
  bool centered;                                        // RMSprop
  bool rectified;  // RAdam: the second moment is reliable and used
  bool nesterov;
  bool first;  // SGD, Rprop: the state is written without being read
};

// One step over n elements of a parameter p with gradient g and the arrays of the rule's state,
// null where its options keep none (SGD's, RMSprop's second and third, Adam's third); all of the
// dtype of the kernel, as are the UpdateScalars.
using UpdateKernel = void (*)(void* p, const void* g, void* const* state, std::int64_t n,
                              const void* scalars) noexcept;

enum class NormKind { kAbs, kSquare, kMax };
inline constexpr int kNormKindCount = 3;

template <class T>
struct OptimizerKernels {
  UpdateKernel update[kUpdateKindCount];
  // Sum of |g| or g^2 in double, in an order fixed by n; or the largest |g|, where a NaN wins.
  double (*norm[kNormKindCount])(const T* g, std::int64_t n) noexcept;
  // Sum of |g|^p in double.
  double (*power_sum)(const T* g, std::int64_t n, double p) noexcept;
  double (*power)(double base, double exponent) noexcept;  // base >= 0
  // y[i] *= factor
  void (*scale)(T* y, std::int64_t n, T factor) noexcept;
};

}  // namespace gradlane
