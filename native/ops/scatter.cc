#include "ops/scatter.h"

#include <algorithm>
#include <type_traits>

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "ops/indices.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

constexpr const char* kOp = "scatter";

// Every task reads all indices, so there are no more of them than most machines have cores.
constexpr std::int64_t kMostTasks = 16;

template <class T>
void Scale(T* y, std::int64_t n, double beta) {
  if (beta == 0) {
    std::fill(y, y + n, T(0));
  } else if (beta != 1) {
    if constexpr (std::is_floating_point_v<T>) {
      Kernels().typed<T>().elementwise.axpby(y, y, n, static_cast<T>(beta), 0);
    }
  }
}

// Integers wrap around.
template <class T>
T Sum(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a + b;
  } else {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<U>(static_cast<U>(a) + static_cast<U>(b)));
  }
}

template <class T>
void PutRow(const T* from, T* to, std::int64_t n, bool add) {
  if (!add) {
    std::copy(from, from + n, to);
  } else if constexpr (std::is_floating_point_v<T>) {
    Kernels().typed<T>().elementwise.axpby(from, to, n, 1, 1);
  } else {
    for (std::int64_t i = 0; i < n; ++i) to[i] = Sum(to[i], from[i]);
  }
}

// Places [begin, end) of one of the outer parts, with what is put there in the order of the rows.
template <class T>
void Put(const ScatterArgs& args, const T* src, const std::int32_t* index, T* out,
         std::int64_t begin, std::int64_t end) {
  const std::int64_t cols = args.cols;
  Scale(out + begin * cols, (end - begin) * cols, args.beta);
  for (std::int64_t r = 0; r < args.rows; ++r) {
    if (args.each) {
      for (std::int64_t i = r * cols; i < (r + 1) * cols; ++i) {
        const std::int64_t at = index[i];
        if (at < begin || at >= end || at == args.padding_index) continue;
        T& to = out[at * cols + i - r * cols];
        to = args.add ? Sum(to, src[i]) : src[i];
      }
    } else {
      const std::int64_t at = index[r];
      if (at < begin || at >= end || at == args.padding_index) continue;
      PutRow(src + r * cols, out + at * cols, cols, args.add);
    }
  }
}

}  // namespace

void Scatter(const ScatterArgs& args) {
  DispatchAny(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t outer = args.outer, rows = args.rows, cols = args.cols, count = args.count;
    if (!std::is_floating_point_v<T> && args.beta != 0 && args.beta != 1) {
      Throw(ErrorCode::kDtype, {kOp, ": expected beta to be 0 or 1 for integers"});
    }
    const std::int64_t n = Product(kOp, outer, rows, cols), indices = args.each ? n : rows;
    const T* src = Elements<T>(args.src, n, kOp, "src");
    const std::int32_t* given = Elements<std::int32_t>(args.index, indices, kOp, "index");
    T* out = Elements<T>(args.out, Product(kOp, outer, count, cols), kOp, "out");
    FewIndices few;
    const std::int32_t* index =
        CheckedIndices(given, indices, count, kOp, few, args.each ? "element" : "row");
    const auto put = [&](std::int64_t o, std::int64_t begin, std::int64_t end) {
      const std::int64_t at = o * rows * cols;
      Put(args, src + at, index + (args.each ? at : 0), out + o * count * cols, begin, end);
    };
    if (count == 0 || cols == 0) return;
    if (outer < kMostTasks && outer * (count + rows) * cols > kMemoryGrain) {
      // A task owns a range of places, to each of which rows come in their order.
      const std::int64_t grain =
          std::max(RowsOfGrain(kMemoryGrain, cols), (count + kMostTasks - 1) / kMostTasks);
      const std::int64_t ranges = (count + grain - 1) / grain;
      ParallelRanges(outer * ranges, 1, [&](std::int64_t task, std::int64_t) {
        const std::int64_t begin = task % ranges * grain;
        put(task / ranges, begin, std::min(begin + grain, count));
      });
    } else {
      ParallelRanges(outer, RowsOfGrain(kMemoryGrain, (count + rows) * cols),
                     [&](std::int64_t begin, std::int64_t end) {
                       for (std::int64_t o = begin; o < end; ++o) put(o, 0, count);
                     });
    }
  });
}

}  // namespace gradlane
