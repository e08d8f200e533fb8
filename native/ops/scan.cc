#include "ops/scan.h"

#include <algorithm>

#include "ops/grain.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

// Columns that are walked down together.
constexpr std::int64_t kColumns = 64;

template <bool kProduct>
double Join(double a, double b) {
  return kProduct ? a * b : a + b;
}

// Walks n elements that lie `step` apart, on from `so_far`; a y that is null is not written.
template <bool kProduct, class T>
double Line(const T* x, T* y, std::int64_t n, std::int64_t step, bool exclusive, double so_far) {
  for (std::int64_t j = 0; j < n; ++j) {
    const double next = Join<kProduct>(so_far, static_cast<double>(x[j * step]));
    if (y != nullptr) y[j * step] = static_cast<T>(exclusive ? so_far : next);
    so_far = next;
  }
  return so_far;
}

template <bool kProduct, class T>
void Columns(const T* x, T* y, std::int64_t n, std::int64_t step, std::int64_t columns,
             bool exclusive) {
  double so_far[kColumns];
  std::fill(so_far, so_far + columns, kProduct ? 1.0 : 0.0);
  for (std::int64_t j = 0; j < n; ++j, x += step, y += step) {
    for (std::int64_t c = 0; c < columns; ++c) {
      const double next = Join<kProduct>(so_far[c], static_cast<double>(x[c]));
      y[c] = static_cast<T>(exclusive ? so_far[c] : next);
      so_far[c] = next;
    }
  }
}

// A line of its own: the sums of its parts first, then each part on from the sum of those before.
template <class T>
void LongSum(const T* x, T* y, std::int64_t n, std::int64_t step, bool exclusive) {
  const std::int64_t parts = (n + kMemoryGrain - 1) / kMemoryGrain;
  double* const sums = static_cast<double*>(
      ThreadScratch(ScratchSlot::kTemporary, static_cast<std::size_t>(parts) * sizeof(double)));
  const auto walk = [&](std::int64_t part, T* to, double so_far) {
    const std::int64_t begin = part * kMemoryGrain;
    return Line<false>(x + begin * step, to == nullptr ? to : to + begin * step,
                       std::min(kMemoryGrain, n - begin), step, exclusive, so_far);
  };
  ParallelFor(parts, [&](std::int64_t part) { sums[part] = walk(part, nullptr, 0); });
  double sum = 0;
  for (std::int64_t part = 0; part < parts; ++part) {
    const double own = sums[part];
    sums[part] = sum;
    sum += own;
  }
  ParallelFor(parts, [&](std::int64_t part) { walk(part, y, sums[part]); });
}

template <bool kProduct, class T>
void Run(const ScanArgs& args, const T* x, T* y) {
  const std::int64_t n = args.n, inner = args.inner;
  const std::int64_t step = args.reverse ? -inner : inner;
  const std::int64_t first = args.reverse ? (n - 1) * inner : 0;
  if (inner == 1) {
    if (!kProduct && n > 2 * kMemoryGrain) {
      for (std::int64_t o = 0; o < args.outer; ++o) {
        LongSum(x + o * n + first, y + o * n + first, n, step, args.exclusive);
      }
      return;
    }
    ParallelRanges(args.outer, RowsOfGrain(kMathGrain, n),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t o = begin; o < end; ++o) {
                       Line<kProduct>(x + o * n + first, y + o * n + first, n, step, args.exclusive,
                                      kProduct ? 1.0 : 0.0);
                     }
                   });
    return;
  }
  const std::int64_t strips = (inner + kColumns - 1) / kColumns;
  ParallelRanges(args.outer * strips, RowsOfGrain(kMathGrain, n * std::min(inner, kColumns)),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t task = begin; task < end; ++task) {
                     const std::int64_t c = task % strips * kColumns;
                     const std::int64_t at = task / strips * n * inner + first + c;
                     Columns<kProduct>(x + at, y + at, n, step, std::min(kColumns, inner - c),
                                       args.exclusive);
                   }
                 });
}

}  // namespace

void Scan(const ScanArgs& args) {
  constexpr const char* kOp = "scan";
  if (args.kind != Reduce::kSum && args.kind != Reduce::kProduct) {
    ThrowNoKind(kOp, "reduction", static_cast<int>(args.kind));
  }
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t size = Product(kOp, args.outer, args.n, args.inner);
    const T* x = Elements<T>(args.x, size, kOp, "x");
    T* y = Elements<T>(args.y, size, kOp, "y");
    if (size == 0) return;
    if (args.kind == Reduce::kSum) {
      Run<false>(args, x, y);
    } else {
      Run<true>(args, x, y);
    }
  });
}

}  // namespace gradlane
