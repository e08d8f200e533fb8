#include "ops/copy_steps.h"

#include <algorithm>

#include "ops/apart.h"
#include "ops/indices.h"

namespace gradlane {
namespace {

constexpr const char* kOp = "copySteps";

template <class T>
void Run(const CopyStepsArgs& a) {
  const std::int64_t numbers = Product(kOp, a.steps, a.rows, a.cols);
  const auto extent = [&a](std::int64_t step, std::int64_t row) {
    return Extent(kOp, {{step, a.steps}, {row, a.rows}}, a.cols);
  };
  const T* const x = Elements<T>(a.x, extent(a.x_step, a.x_row), kOp, "x");
  T* const out = Elements<T>(a.out, extent(a.out_step, a.out_row), kOp, "out");
  FewIndices few;
  const std::int32_t* lengths = OptionalElements<std::int32_t>(a.lengths, a.rows, kOp, "lengths");
  if (lengths != nullptr) lengths = CheckedLengths(lengths, a.rows, a.steps, kOp, few);
  if (numbers == 0) return;
  CheckApart({{1, a.cols}, {a.out_row, a.rows}, {a.out_step, a.steps}}, kOp, "out");
  for (std::int64_t t = 0; t < a.steps; ++t) {
    for (std::int64_t n = 0; n < a.rows; ++n) {
      T* const to = out + t * a.out_step + n * a.out_row;
      if (lengths == nullptr || t < lengths[n]) {
        std::copy_n(x + t * a.x_step + n * a.x_row, a.cols, to);
      } else {
        std::fill_n(to, a.cols, T(0));
      }
    }
  }
}

}  // namespace

void CopySteps(const CopyStepsArgs& args) {
  DispatchFloat(args.dtype, kOp, [&](auto zero) { Run<decltype(zero)>(args); });
}

}  // namespace gradlane
