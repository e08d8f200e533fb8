#include "ops/mask.h"

#include <algorithm>
#include <cstring>

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "ops/kind.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

// One element as a block of equal ones, so that kernels need no form of their own for it.
class Repeated {
 public:
  static constexpr std::int64_t kLength = 512;

  Repeated(const char* element, std::int64_t size) {
    for (std::int64_t i = 0; i < kLength; ++i) std::memcpy(block_ + i * size, element, size);
  }
  const char* data() const { return block_; }

 private:
  alignas(64) char block_[kLength * 8];
};

struct Comparer {
  MaskKernels::Compare kernel;
  bool swapped;
  std::uint8_t invert;
  std::int64_t size;

  void Each(const char* a, const char* b, std::uint8_t* out, std::int64_t n) const {
    kernel(swapped ? b : a, swapped ? a : b, out, n, invert);
  }
  // The same with one b for all.
  void One(const char* a, const char* b, std::uint8_t* out, std::int64_t n) const {
    const Repeated repeated(b, size);
    for (std::int64_t i = 0; i < n; i += Repeated::kLength) {
      Each(a + i * size, repeated.data(), out + i, std::min(n - i, Repeated::kLength));
    }
  }
};

Comparer ComparerOf(Comparison kind, Dtype dtype) {
  const MaskKernels& kernels = Kernels().mask;
  const int i = static_cast<int>(dtype);
  const std::int64_t size = ItemSize(dtype);
  switch (kind) {
    case Comparison::kEqual:
      return {kernels.equal[i], false, 0, size};
    case Comparison::kNotEqual:
      return {kernels.equal[i], false, 1, size};
    case Comparison::kLess:
      return {kernels.less[i], false, 0, size};
    case Comparison::kLessEqual:
      return {kernels.less_equal[i], false, 0, size};
    case Comparison::kGreater:
      return {kernels.less[i], true, 0, size};
    default:
      return {kernels.less_equal[i], true, 0, size};
  }
}

}  // namespace

void Compare(const CompareArgs& args) {
  constexpr const char* kOp = "compare";
  KindIndex(args.kind, kComparisonCount, kOp, "comparison");
  KindIndex(args.broadcast, kBroadcastCount, kOp, "broadcast");
  const std::int64_t rows = args.rows, cols = args.cols, n = Product(kOp, rows, cols);
  const Broadcast broadcast = args.broadcast;
  const std::int64_t b_length = broadcast == Broadcast::kNone     ? n
                                : broadcast == Broadcast::kRow    ? cols
                                : broadcast == Broadcast::kColumn ? rows
                                                                  : 1;
  const char* a = ElementBytes(args.dtype, args.a, n, kOp, "a");
  const char* b = ElementBytes(args.dtype, args.b, b_length, kOp, "b");
  std::uint8_t* out = Elements<std::uint8_t>(args.out, n, kOp, "out");
  if (n == 0) return;
  const Comparer compare = ComparerOf(args.kind, args.dtype);
  const std::int64_t size = compare.size;
  const bool one_each = broadcast == Broadcast::kColumn;
  if (one_each || broadcast == Broadcast::kRow) {
    ParallelRanges(rows, RowsOfGrain(kMemoryGrain, cols),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t r = begin; r < end; ++r) {
                       const char* left = a + r * cols * size;
                       if (one_each) {
                         compare.One(left, b + r * size, out + r * cols, cols);
                       } else {
                         compare.Each(left, b, out + r * cols, cols);
                       }
                     }
                   });
    return;
  }
  ParallelRanges(n, kMemoryGrain, [&](std::int64_t begin, std::int64_t end) {
    const char* left = a + begin * size;
    if (broadcast == Broadcast::kScalar) {
      compare.One(left, b, out + begin, end - begin);
    } else {
      compare.Each(left, b + begin * size, out + begin, end - begin);
    }
  });
}

void Where(const WhereArgs& args) {
  constexpr const char* kOp = "where";
  const std::int64_t n = args.n;
  const std::uint8_t* mask = Elements<std::uint8_t>(args.mask, n, kOp, "mask");
  const std::int64_t least = n == 0 ? 0 : 1;
  const char* a = ElementBytes(args.dtype, args.a, args.a_single ? least : n, kOp, "a");
  const char* b = ElementBytes(args.dtype, args.b, args.b_single ? least : n, kOp, "b");
  char* out = ElementBytes(args.dtype, args.out, n, kOp, "out");
  if (n == 0) return;
  const std::int64_t size = ItemSize(args.dtype);
  const MaskKernels& kernels = Kernels().mask;
  const auto choose = size == 8 ? kernels.bytes8 : size == 4 ? kernels.bytes4 : kernels.bytes1;
  if (!args.a_single && !args.b_single) {
    ParallelRanges(n, kMemoryGrain, [&](std::int64_t begin, std::int64_t end) {
      choose(mask + begin, a + begin * size, b + begin * size, out + begin * size, end - begin);
    });
    return;
  }
  const Repeated yes(a, size), no(b, size);
  ParallelRanges(n, kMemoryGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; i += Repeated::kLength) {
      choose(mask + i, args.a_single ? yes.data() : a + i * size,
             args.b_single ? no.data() : b + i * size, out + i * size,
             std::min(end - i, Repeated::kLength));
    }
  });
}

}  // namespace gradlane
