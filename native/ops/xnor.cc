#include "ops/xnor.h"

#include <algorithm>
#include <cstring>

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

constexpr std::int64_t kMostRows = 256;  // of a task
// From so many rows on the lines of a panel are copied close together: they lie 4 n bytes apart,
// which for an n of 1024 puts them all into one set of the L1 cache.
constexpr std::int64_t kCopiedFrom = 8;

std::int64_t Ceil(std::int64_t n, std::int64_t step) { return (n + step - 1) / step; }

}  // namespace

void PackSigns(const PackSignsArgs& args) {
  constexpr const char* kOp = "packSigns";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t outer = args.outer, n = args.n, inner = args.inner;
    const T* x = Elements<T>(args.x, Product(kOp, outer, n, inner), kOp, "x");
    const std::int64_t words = WordsOf(n);
    auto* packed = reinterpret_cast<std::uint32_t*>(
        Elements<std::int32_t>(args.words, Product(kOp, outer, words, inner), kOp, "words"));
    if (n == 0 || inner == 0) return;
    const XnorKernels<T>& kernels = Kernels().typed<T>().xnor;
    if (inner == 1) {
      ParallelRanges(outer, RowsOfGrain(kMemoryGrain, n),
                     [&](std::int64_t begin, std::int64_t end) {
                       for (std::int64_t o = begin; o < end; ++o)
                         kernels.pack(x + o * n, packed + o * words, n);
                     });
      return;
    }
    const std::int64_t grain = RowsOfGrain(kMemoryGrain, kWordBits * inner);
    ParallelRanges(outer * words, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t first = i % words * kWordBits;
        kernels.pack_planes(x + (i / words * n + first) * inner, packed + i * inner,
                            std::min(n - first, kWordBits), inner);
      }
    });
  });
}

void XnorMatmul(const XnorMatmulArgs& args) {
  constexpr const char* kOp = "xnorMatmul";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t m = args.m, n = args.n, k = args.k, words = WordsOf(Product(kOp, k, 1));
    const auto* a = reinterpret_cast<const std::uint32_t*>(
        Elements<std::int32_t>(args.a, Product(kOp, m, words), kOp, "a"));
    const auto* b = reinterpret_cast<const std::uint32_t*>(
        Elements<std::int32_t>(args.b, Product(kOp, words, n), kOp, "b"));
    T* out = Elements<T>(args.out, Product(kOp, m, n), kOp, "out");
    const T* bias = OptionalElements<T>(args.bias, n, kOp, "bias");
    if (m == 0) return;
    const auto multiply = Kernels().typed<T>().xnor.multiply;

    const std::int64_t rows = std::min(m, kMostRows), panels = Ceil(n, kXnorLanes);
    const std::int64_t work = std::max<std::int64_t>(1, kXnorLanes * words * rows);
    const std::int64_t of_task = std::max<std::int64_t>(1, kXnorGrain / work);
    const std::int64_t columns = Ceil(panels, of_task);
    ParallelFor(columns * Ceil(m, rows), [&](std::int64_t task) {
      const std::int64_t row = task / columns * rows, count = std::min(rows, m - row);
      const std::int64_t first = task % columns * of_task, end = std::min(first + of_task, panels);
      for (std::int64_t p = first; p < end; ++p) {
        const std::int64_t column = p * kXnorLanes,
                           lanes = std::min<std::int64_t>(kXnorLanes, n - column);
        const std::uint32_t* lines = b + column;
        std::int64_t stride = n;
        if (count >= kCopiedFrom || lanes < kXnorLanes) {
          const auto bytes = static_cast<std::size_t>(words * kXnorLanes) * sizeof(std::uint32_t);
          auto* copy = static_cast<std::uint32_t*>(ThreadScratch(ScratchSlot::kPackB, bytes));
          std::memset(copy, 0, lanes < kXnorLanes ? bytes : 0);
          for (std::int64_t i = 0; i < words; ++i) {
            std::memcpy(copy + i * kXnorLanes, lines + i * n,
                        static_cast<std::size_t>(lanes) * sizeof(std::uint32_t));
          }
          lines = copy;
          stride = kXnorLanes;
        }
        std::int32_t bits[kXnorLanes];
        T biases[kXnorLanes] = {};
        std::fill(bits, bits + kXnorLanes, static_cast<std::int32_t>(k));
        if (bias != nullptr) std::copy(bias + column, bias + column + lanes, biases);
        multiply({lines, stride, words, nullptr, 0, bits, biases, lanes}, a + row * words, count,
                 nullptr, out + row * n + column, n);
      }
    });
  });
}

}  // namespace gradlane
