#include "ops/softmax.h"

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

// Columns of a task where inner > 1: a few vectors of every row, so that n rows of them fit a
// cache while they are swept three times.
constexpr std::int64_t kTaskColumns = 256;

// rows(begin, end) for runs of contiguous rows, or columns(offset, cols) for strips of columns.
template <class Rows, class Columns>
void ShareOut(std::int64_t outer, std::int64_t n, std::int64_t inner, Rows&& rows,
              Columns&& columns) {
  if (outer * n * inner == 0) return;
  if (inner == 1) {
    ParallelRanges(outer, RowsOfGrain(kMathGrain, n), rows);
    return;
  }
  const std::int64_t strips = (inner + kTaskColumns - 1) / kTaskColumns;
  const std::int64_t width = inner < kTaskColumns ? inner : kTaskColumns;
  ParallelRanges(outer * strips, RowsOfGrain(kMathGrain, n * width),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t task = begin; task < end; ++task) {
                     const std::int64_t c = task % strips * kTaskColumns;
                     columns(task / strips * n * inner + c,
                             inner - c < kTaskColumns ? inner - c : kTaskColumns);
                   }
                 });
}

}  // namespace

void Softmax(const SoftmaxArgs& args) {
  constexpr const char* kOp = "softmax";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t n = args.n, inner = args.inner;
    const std::int64_t length = Product(kOp, args.outer, n, inner);
    const T* x = Elements<T>(args.x, length, kOp, "x");
    T* y = Elements<T>(args.y, length, kOp, "y");
    const auto& kernels = Kernels().typed<T>().softmax;
    ShareOut(
        args.outer, n, inner,
        [&](std::int64_t begin, std::int64_t end) {
          kernels.rows[args.log](x + begin * n, y + begin * n, end - begin, n);
        },
        [&](std::int64_t at, std::int64_t cols) {
          kernels.columns[args.log](x + at, y + at, n, cols, inner);
        });
  });
}

void SoftmaxGradient(const SoftmaxGradientArgs& args) {
  constexpr const char* kOp = "softmaxGradient";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t n = args.n, inner = args.inner;
    const std::int64_t length = Product(kOp, args.outer, n, inner);
    const T* y = Elements<T>(args.y, length, kOp, "y");
    const T* grad_y = Elements<T>(args.grad_y, length, kOp, "gradY");
    T* grad_x = Elements<T>(args.grad_x, length, kOp, "gradX");
    const auto& kernels = Kernels().typed<T>().softmax;
    ShareOut(
        args.outer, n, inner,
        [&](std::int64_t begin, std::int64_t end) {
          kernels.rows_gradient[args.log](y + begin * n, grad_y + begin * n, grad_x + begin * n,
                                          end - begin, n);
        },
        [&](std::int64_t at, std::int64_t cols) {
          kernels.columns_gradient[args.log](y + at, grad_y + at, grad_x + at, n, cols, inner);
        });
  });
}

}  // namespace gradlane
