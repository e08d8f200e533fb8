// Kernel table: losses of each element by itself, and their gradients.
#pragma once

#include <cstdint>

namespace gradlane {

// Codes shared with PointwiseLossKind in ts/kernels/pointwise-loss.ts, where the formulas stand.
enum class PointwiseLossKind : std::int32_t {
  kMse = 0,
  kSmoothL1 = 1,       // parameter: beta
  kHuber = 2,          // parameter: delta
  kBce = 3,            // weight
  kBceWithLogits = 4,  // weight, positive
  kKlDiv = 5,
  kKlDivLogTarget = 6,
  kCrossEntropy = 7,
};
inline constexpr int kPointwiseLossCount = 8;

// One run of elements. What a kind has no use for is not read.
template <class T>
struct PointwiseLossRun {
  const T* x;
  const T* y;
  const T* weight;    // null for ones
  const T* positive;  // weights of the positive class, null for ones
  std::int64_t n;
  T parameter;
};

template <class T>
struct PointwiseLossKernels {
  // loss[i] = f(x[i], y[i]); loss may be an operand.
  void (*each[kPointwiseLossCount])(const PointwiseLossRun<T>& run, T* loss) noexcept;
  // The sum of the losses, in blocks that are added in double.
  double (*sum[kPointwiseLossCount])(const PointwiseLossRun<T>& run) noexcept;
  // grad_x[i] = scale * df / dx (x[i], y[i]); grad_x may be an operand.
  void (*gradient[kPointwiseLossCount])(const PointwiseLossRun<T>& run, T* grad_x,
                                        T scale) noexcept;
};

}  // namespace gradlane
