#include "ops/reduce.h"

#include <cmath>
#include <limits>

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "ops/kind.h"
#include "ops/partials.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

ReduceFold FoldOf(Reduce kind) {
  switch (kind) {
    case Reduce::kMax:
      return ReduceFold::kMax;
    case Reduce::kMin:
      return ReduceFold::kMin;
    case Reduce::kProduct:
      return ReduceFold::kProduct;
    default:
      return ReduceFold::kSum;
  }
}

double Join(ReduceFold fold, double a, double b) {
  if (fold == ReduceFold::kSum) return a + b;
  if (fold == ReduceFold::kProduct) return a * b;
  if (std::isnan(a)) return a;
  if (std::isnan(b)) return b;
  return (fold == ReduceFold::kMax) == (a > b) ? a : b;
}

double Start(ReduceFold fold) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  switch (fold) {
    case ReduceFold::kMax:
      return -kInfinity;
    case ReduceFold::kMin:
      return kInfinity;
    case ReduceFold::kProduct:
      return 1;
    default:
      return 0;
  }
}

// Elements along n: short rows are shared out whole, long ones in parts.
template <class T>
void Contiguous(const ReduceKernels<T>& kernels, ReduceFold fold, const T* x, T* out,
                std::int64_t rows, std::int64_t n, T divisor, T beta) {
  const int index = static_cast<int>(fold);
  if (n <= 2 * kMemoryGrain) {
    ParallelRanges(rows, RowsOfGrain(kMemoryGrain, n), [&](std::int64_t begin, std::int64_t end) {
      kernels.rows[index](x + begin * n, out + begin, end - begin, n, divisor, beta);
    });
    return;
  }
  for (std::int64_t r = 0; r < rows; ++r) {
    const T* row = x + r * n;
    const double value = FoldParts(
        n, kMemoryGrain, Start(fold),
        [&](std::int64_t begin, std::int64_t end) {
          return kernels.all[index](row + begin, end - begin);
        },
        [&](double a, double b) { return Join(fold, a, b); });
    const T result = static_cast<T>(value / static_cast<double>(divisor));
    out[r] = beta == 0 ? result : result + beta * out[r];
  }
}

// Rows of a part of a column reduction: few enough that a part is a task, and that a sum is at
// most 128 groups of eight deep.
constexpr std::int64_t kPartRows = 1024;
// Columns of a task: 4 KiB and more of each row, to read along and not across memory.
constexpr std::int64_t kTaskColumns = 1024;

// Columns, (outer, n, inner) with inner > 1: the parts of n first, then one sum over the parts.
template <class T>
void Strided(const ReduceKernels<T>& kernels, ReduceFold fold, const T* x, T* out,
             std::int64_t outer, std::int64_t n, std::int64_t inner, T divisor, T beta) {
  const auto columns = kernels.columns[static_cast<int>(fold)];
  const std::int64_t strips = (inner + kTaskColumns - 1) / kTaskColumns;
  const std::int64_t parts = (n + kPartRows - 1) / kPartRows;
  const auto strip = [&](std::int64_t s, auto&& body) {
    const std::int64_t c = s * kTaskColumns;
    body(c, inner - c < kTaskColumns ? inner - c : kTaskColumns);
  };
  if (parts <= 1) {
    const std::int64_t width = inner < kTaskColumns ? inner : kTaskColumns;
    ParallelRanges(outer * strips, RowsOfGrain(kMemoryGrain, n * width),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t task = begin; task < end; ++task) {
                       const std::int64_t o = task / strips;
                       strip(task % strips, [&](std::int64_t c, std::int64_t cols) {
                         columns(x + o * n * inner + c, out + o * inner + c, n, cols, inner,
                                 divisor, beta);
                       });
                     }
                   });
    return;
  }
  T* partials = static_cast<T*>(
      ThreadScratch(ScratchSlot::kTemporary, static_cast<std::size_t>(parts * inner) * sizeof(T)));
  for (std::int64_t o = 0; o < outer; ++o) {
    const T* from = x + o * n * inner;
    ParallelFor(parts * strips, [&](std::int64_t task) {
      const std::int64_t j = task / strips * kPartRows;
      const std::int64_t rows = n - j < kPartRows ? n - j : kPartRows;
      strip(task % strips, [&](std::int64_t c, std::int64_t cols) {
        columns(from + j * inner + c, partials + task / strips * inner + c, rows, cols, inner, T(1),
                T(0));
      });
    });
    columns(partials, out + o * inner, parts, inner, inner, divisor, beta);
  }
}

}  // namespace

void ReduceAlong(const ReduceArgs& args) {
  constexpr const char* kOp = "reduce";
  KindIndex(args.kind, kReduceCount, kOp, "reduction");
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const T* x = Elements<T>(args.x, Product(kOp, args.outer, args.n, args.inner), kOp, "x");
    const std::int64_t results = Product(kOp, args.outer, args.inner);
    T* out = Elements<T>(args.out, results, kOp, "out");
    if (results == 0) return;
    const auto& kernels = Kernels().typed<T>().reduce;
    const ReduceFold fold = FoldOf(args.kind);
    const T divisor = args.kind == Reduce::kMean ? static_cast<T>(args.n) : T(1);
    const T beta = static_cast<T>(args.beta);
    if (args.inner == 1) {
      Contiguous(kernels, fold, x, out, args.outer, args.n, divisor, beta);
    } else {
      Strided(kernels, fold, x, out, args.outer, args.n, args.inner, divisor, beta);
    }
  });
}

void Argmax(const ArgmaxArgs& args) {
  constexpr const char* kOp = "argmax";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t inner = args.inner, n = args.n;
    const T* x = Elements<T>(args.x, Product(kOp, args.outer, n, inner), kOp, "x");
    const std::int64_t results = Product(kOp, args.outer, inner);
    std::int32_t* out = Elements<std::int32_t>(args.out, results, kOp, "out");
    if (results == 0) return;
    if (n < 1) {
      Throw(ErrorCode::kValue, {"argmax: expected n to be at least 1, got ", n});
    }
    const auto& kernels = Kernels().typed<T>().reduce;
    const T sign = args.smallest ? T(-1) : T(1);
    ParallelRanges(args.outer, RowsOfGrain(kMemoryGrain, n * inner),
                   [&](std::int64_t begin, std::int64_t end) {
                     if (inner == 1) {
                       kernels.argmax_rows(x + begin * n, out + begin, end - begin, n, sign);
                       return;
                     }
                     for (std::int64_t o = begin; o < end; ++o) {
                       kernels.argmax_columns(x + o * n * inner, out + o * inner, n, inner, inner,
                                              sign);
                     }
                   });
  });
}

}  // namespace gradlane
