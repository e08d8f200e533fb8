// Rows of the kernel table: optimizer steps and the norm of gradients.
#pragma once

#include <cstdint>

namespace gradlane {

template <class T>
struct SgdScalars {
  T lr, momentum, one_minus_dampening, weight_decay;
  T sign;  // -1 to maximize
  bool nesterov;
  bool first;  // the momentum buffer is written without being read
};

template <class T>
struct AdamScalars {
  T beta1, one_minus_beta1, beta2, one_minus_beta2, eps;
  T weight_decay;  // added to the gradient
  T keep;          // the parameter is multiplied by it: the decoupled decay
  T step_size;     // lr / (1 - beta1^t)
  T second_scale;  // 1 / sqrt(1 - beta2^t)
  T sign;          // -1 to maximize
};

// Update rules that share one driver; the codes of UpdateKind in ts/kernels/update.ts.
enum class UpdateKind : std::int32_t {
  kAdagrad = 0,
  kRmsprop = 1,
  kAdadelta = 2,
  kAdamax = 3,
  kNadam = 4,
  kRadam = 5,
  kLion = 6,
};
inline constexpr int kUpdateKindCount = 7;
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
  T second_scale;   // NAdam: 1 / sqrt(1 - beta2^t)
  T momentum;       // RMSprop
  bool centered;    // RMSprop
  bool rectified;   // RAdam: the second moment is reliable and used
};

enum class NormKind { kAbs, kSquare, kMax };
inline constexpr int kNormKindCount = 3;

template <class T>
struct OptimizerKernels {
  // One step over n elements of a parameter p with gradient g. b is null without momentum.
  void (*sgd)(T* p, const T* g, T* b, std::int64_t n, const SgdScalars<T>& s) noexcept;
  // m, v: the two moments; v_max is null without amsgrad.
  void (*adam)(T* p, const T* g, T* m, T* v, T* v_max, std::int64_t n,
               const AdamScalars<T>& s) noexcept;
  // state: the arrays of the rule, each of n elements; RMSprop's second and third may be null.
  void (*update[kUpdateKindCount])(T* p, const T* g, T* const* state, std::int64_t n,
                                   const UpdateScalars<T>& s) noexcept;
  // Sum of |g| or g^2 in double, in an order fixed by n; or the largest |g|, where a NaN wins.
  double (*norm[kNormKindCount])(const T* g, std::int64_t n) noexcept;
  // Sum of |g|^p in double.
  double (*power_sum)(const T* g, std::int64_t n, double p) noexcept;
  double (*power)(double base, double exponent) noexcept;  // base >= 0
  // y[i] *= factor
  void (*scale)(T* y, std::int64_t n, T factor) noexcept;
};

}  // namespace gradlane
