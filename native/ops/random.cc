#include "ops/random.h"

#include <cmath>
#include <utility>

#include "cpu/dispatch.h"
#include "ops/philox_stream.h"

namespace gradlane {
namespace {

template <class T>
constexpr std::int64_t kPerBlock = 16 / static_cast<std::int64_t>(sizeof(T));

// The largest number of [low, high) that the type has, low where it has none.
template <class T>
T Below(double low, double high) {
  T most = static_cast<T>(high);
  if (!(static_cast<double>(most) < high)) most = std::nextafter(most, static_cast<T>(low));
  const T least = static_cast<T>(low);
  return most < least ? least : most;
}

}  // namespace

void Uniform(const UniformArgs& args) {
  constexpr const char* kOp = "uniform";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    T* y = Elements<T>(args.y, args.n, kOp, "y");
    const auto kernel = Kernels().typed<T>().random.uniform;
    const double range = args.high - args.low;
    const T most = Below<T>(args.low, args.high);
    Draw(PhiloxStream(args.state, kOp), args.n, kPerBlock<T>,
         [&](PhiloxState state, std::int64_t begin, std::int64_t end) {
           kernel(state, y + begin, end - begin, args.low, range, most);
         });
  });
}

void Normal(const NormalArgs& args) {
  constexpr const char* kOp = "normal";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    T* y = Elements<T>(args.y, args.n, kOp, "y");
    const auto kernel = Kernels().typed<T>().random.normal;
    const T mean = static_cast<T>(args.mean), std = static_cast<T>(args.std);
    Draw(PhiloxStream(args.state, kOp), args.n, kPerBlock<T>,
         [&](PhiloxState state, std::int64_t begin, std::int64_t end) {
           kernel(state, y + begin, end - begin, mean, std);
         });
  });
}

void Bernoulli(const BernoulliArgs& args) {
  constexpr const char* kOp = "bernoulli";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    T* y = Elements<T>(args.y, args.n, kOp, "y");
    const auto kernel = Kernels().typed<T>().random.bernoulli;
    const std::int32_t threshold = UniformThreshold(args.p);
    const T value = static_cast<T>(args.value);
    Draw(PhiloxStream(args.state, kOp), args.n, 4,
         [&](PhiloxState state, std::int64_t begin, std::int64_t end) {
           kernel(state, y + begin, end - begin, threshold, value);
         });
  });
}

void Permutation(const PermutationArgs& args) {
  constexpr const char* kOp = "permutation";
  std::int32_t* y = Elements<std::int32_t>(args.y, args.n, kOp, "y");
  PhiloxStream stream(args.state, kOp);
  const auto fill_words = Kernels().philox.words;
  constexpr std::int64_t kBlocks = 64, kWords = 4 * kBlocks;
  std::uint32_t words[kWords];
  std::int64_t used = kWords;  // of `words`
  std::int64_t drawn = 0;      // words in all
  const PhiloxState start = stream.Read();
  const auto next = [&] {
    if (used == kWords) {
      fill_words({start.seed, start.block + static_cast<std::uint64_t>(drawn / 4)}, words, kBlocks);
      used = 0;
    }
    ++drawn;
    return words[used++];
  };

  for (std::int64_t i = 0; i < args.n; ++i) y[i] = static_cast<std::int32_t>(i);
  for (std::int64_t i = args.n - 1; i > 0; --i) {
    // D. Lemire, "Fast random integer generation in an interval", 2019: the division happens only
    // when the low half is below the bound, which the remainder cannot exceed.
    const std::uint32_t bound = static_cast<std::uint32_t>(i + 1);
    std::uint64_t product = static_cast<std::uint64_t>(next()) * bound;
    if (static_cast<std::uint32_t>(product) < bound) {
      const std::uint32_t threshold = (0u - bound) % bound;  // 2^32 mod bound
      while (static_cast<std::uint32_t>(product) < threshold) {
        product = static_cast<std::uint64_t>(next()) * bound;
      }
    }
    std::swap(y[i], y[product >> 32]);
  }
  stream.Advance((drawn + 3) / 4);
}

}  // namespace gradlane
