#include "ops/dropout.h"

#include <algorithm>

#include "cpu/dispatch.h"
#include "ops/philox_stream.h"

namespace gradlane {
namespace {

// out = mask ? x * scale : 0
template <class T>
void ApplyMask(const std::uint8_t* mask, const T* x, T* out, std::int64_t n, std::int64_t inner,
               T scale) {
  const auto& kernels = Kernels().typed<T>().dropout;
  if (inner == 1) {
    ParallelRanges(n, kMemoryGrain, [&](std::int64_t begin, std::int64_t end) {
      kernels.apply(mask + begin, x + begin, out + begin, end - begin, scale);
    });
  } else {
    const std::int64_t grain = RowsOfGrain(kMemoryGrain, inner);
    ParallelRanges(n, grain, [&](std::int64_t begin, std::int64_t end) {
      kernels.apply_runs(mask + begin, x + begin * inner, out + begin * inner, end - begin, inner,
                         scale);
    });
  }
}

}  // namespace

void Dropout(const DropoutArgs& args) {
  constexpr const char* kOp = "dropout";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t n = args.n, inner = args.inner;
    const std::int64_t length = Product(kOp, n, inner);
    const T* x = Elements<T>(args.x, length, kOp, "x");
    std::uint8_t* mask = Elements<std::uint8_t>(args.mask, n, kOp, "mask");
    T* out = Elements<T>(args.out, length, kOp, "out");
    const auto& kernels = Kernels().typed<T>().dropout;
    const std::int32_t threshold = UniformThreshold(args.p);
    const T scale = static_cast<T>(args.scale);
    Draw(
        PhiloxStream(args.state, kOp), n, CheckPlace(kOp, n, args.place), 4,
        [&](PhiloxState state, std::int64_t begin, std::int64_t end) {
          if (inner == 1) {
            kernels.forward(state, x + begin, mask + begin, out + begin, end - begin, threshold,
                            scale);
          } else {
            kernels.draw(state, mask + begin, end - begin, threshold);
          }
        },
        [&](PhiloxState state, std::int64_t skip, std::int64_t begin, std::int64_t end) {
          std::uint8_t block[4];
          kernels.draw(state, block, 4, threshold);
          std::copy_n(block + skip, end - begin, mask + begin);
          if (inner == 1) kernels.apply(mask + begin, x + begin, out + begin, end - begin, scale);
        });
    if (inner != 1) ApplyMask(mask, x, out, n, inner, scale);
  });
}

void DropoutGradient(const DropoutGradientArgs& args) {
  constexpr const char* kOp = "dropoutGradient";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t length = Product(kOp, args.n, args.inner);
    const std::uint8_t* mask = Elements<std::uint8_t>(args.mask, args.n, kOp, "mask");
    const T* grad_out = Elements<T>(args.grad_out, length, kOp, "gradOut");
    T* grad_x = Elements<T>(args.grad_x, length, kOp, "gradX");
    ApplyMask(mask, grad_out, grad_x, args.n, args.inner, static_cast<T>(args.scale));
  });
}

}  // namespace gradlane
