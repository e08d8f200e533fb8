#include "ops/channel_sum.h"

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

constexpr const char* kOp = "channelSum";

template <class T>
void Sum(const ChannelSumArgs& args) {
  const std::int64_t channels = args.channels, spatial = args.spatial;
  const std::int64_t length = Product(kOp, args.batch, channels, spatial);
  const std::int64_t batch = length == 0 ? 0 : args.batch;
  const T* x = Elements<T>(args.x, length, kOp, "x");
  T* out = Elements<T>(args.out, channels, kOp, "out");
  const T beta = static_cast<T>(args.beta);
  const auto& kernels = Kernels().typed<T>().reduce;
  const auto sum_of = kernels.all[static_cast<int>(ReduceFold::kSum)];
  const std::int64_t grain = RowsOfGrain(kMemoryGrain, batch * spatial);
  ParallelRanges(channels, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t c = begin; c < end; ++c) {
      double sum = 0;
      for (std::int64_t b = 0; b < batch; ++b) {
        sum += sum_of(x + (b * channels + c) * spatial, spatial);
      }
      const T value = static_cast<T>(sum);
      out[c] = beta == T(0) ? value : value + beta * out[c];
    }
  });
}

}  // namespace

void ChannelSum(const ChannelSumArgs& args) {
  DispatchFloat(args.dtype, kOp, [&](auto zero) { Sum<decltype(zero)>(args); });
}

}  // namespace gradlane
