#include "ops/embedding.h"

#include <algorithm>

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "ops/indices.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

// Every task reads all indices, so there are no more of them than most machines have cores.
constexpr std::int64_t kMostTasks = 16;

}  // namespace

void EmbeddingGradient(const EmbeddingGradientArgs& args) {
  constexpr const char* kOp = "embeddingGradient";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t rows = args.rows, cols = args.cols, count = args.count;
    const T* grad_out = Elements<T>(args.grad_out, Product(kOp, rows, cols), kOp, "gradOut");
    const std::int32_t* given = Elements<std::int32_t>(args.index, rows, kOp, "index");
    T* grad = Elements<T>(args.grad_weight, Product(kOp, count, cols), kOp, "gradWeight");
    FewIndices few;
    const std::int32_t* index = CheckedIndices(given, rows, count, kOp, few);
    const auto axpby = Kernels().typed<T>().elementwise.axpby;
    const T beta = static_cast<T>(args.beta);
    const std::int64_t grain =
        std::max(RowsOfGrain(kMemoryGrain, cols), (count + kMostTasks - 1) / kMostTasks);
    // A task owns a range of embeddings, to each of which rows are added in their order.
    ParallelRanges(count, grain, [&](std::int64_t begin, std::int64_t end) {
      T* own = grad + begin * cols;
      if (beta == 0) {
        std::fill(own, grad + end * cols, T(0));
      } else if (beta != 1) {
        axpby(own, own, (end - begin) * cols, beta, 0);
      }
      for (std::int64_t r = 0; r < rows; ++r) {
        const std::int64_t at = index[r];
        if (at < begin || at >= end || at == args.padding_index) continue;
        axpby(grad_out + r * cols, grad + at * cols, cols, 1, 1);
      }
    });
  });
}

}  // namespace gradlane
