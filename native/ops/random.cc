#include "ops/random.h"

#include <algorithm>
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

// Draws n numbers of y by a kernel that makes the first ones of a block.
template <class T, class Kernel>
void DrawTyped(PhiloxStream stream, T* y, std::int64_t n, const DrawPlace& place,
               const Kernel& kernel) {
  Draw(
      stream, n, place, kPerBlock<T>,
      [&](PhiloxState state, std::int64_t begin, std::int64_t end) {
        kernel(state, y + begin, end - begin);
      },
      [&](PhiloxState state, std::int64_t skip, std::int64_t begin, std::int64_t end) {
        T block[4];
        kernel(state, block, skip + end - begin);
        std::copy_n(block + skip, end - begin, y + begin);
      });
}

// Calls body(number of the element, first word, second word) for n elements of two words each.
template <class Body>
void ForEachPair(PhiloxStream stream, std::int64_t n, const DrawPlace& place, Body&& body) {
  DrawFrom(stream, n, place, 2,
           [&](PhiloxState state, std::int64_t skip, std::int64_t begin, std::int64_t end) {
             constexpr std::int64_t kBlocks = 32, kPairs = 2 * kBlocks;
             std::uint32_t words[4 * kBlocks];
             for (std::int64_t at = begin - skip; at < end; at += kPairs, skip = 0) {
               const std::int64_t pairs = std::min(kPairs, end - at);
               Kernels().philox.words(state, words, (pairs + 1) / 2);
               state.block += kBlocks;
               for (std::int64_t i = skip; i < pairs; ++i) {
                 body(at + i, words[2 * i], words[2 * i + 1]);
               }
             }
           });
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
    DrawTyped(PhiloxStream(args.state, kOp), y, args.n, CheckPlace(kOp, args.n, args.place),
              [&](PhiloxState state, T* to, std::int64_t n) {
                kernel(state, to, n, args.low, range, most);
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
    DrawTyped(PhiloxStream(args.state, kOp), y, args.n, CheckPlace(kOp, args.n, args.place),
              [&](PhiloxState state, T* to, std::int64_t n) { kernel(state, to, n, mean, std); });
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
    DrawFrom(PhiloxStream(args.state, kOp), args.n, {}, 4,
             [&](PhiloxState state, std::int64_t, std::int64_t begin, std::int64_t end) {
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

void Randint(const RandintArgs& args) {
  constexpr const char* kOp = "randint";
  constexpr std::int64_t kLeast = -2147483648, kMost = 2147483648;
  if (args.low < kLeast || args.low >= args.high || args.high > kMost) {
    Throw(ErrorCode::kValue, {kOp, ": expected low below high, both within int32, got ", args.low,
                              " and ", args.high});
  }
  std::int32_t* y = Elements<std::int32_t>(args.y, args.n, kOp, "y");
  const std::uint64_t range = static_cast<std::uint64_t>(args.high - args.low);
  ForEachPair(PhiloxStream(args.state, kOp), args.n, CheckPlace(kOp, args.n, args.place),
              [&](std::int64_t i, std::uint64_t a, std::uint64_t b) {
                const std::uint64_t offset = (a * range + (b * range >> 32)) >> 32;
                y[i] = static_cast<std::int32_t>(args.low + static_cast<std::int64_t>(offset));
              });
}

void BernoulliEach(const BernoulliEachArgs& args) {
  constexpr const char* kOp = "bernoulliEach";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const T* x = Elements<T>(args.x, args.n, kOp, "x");
    T* y = Elements<T>(args.y, args.n, kOp, "y");
    for (std::int64_t i = 0; i < args.n; ++i) {
      if (x[i] >= 0 && x[i] <= 1) continue;
      Throw(ErrorCode::kValue, {kOp, ": the probability at element ", i, " is outside [0, 1]"});
    }
    ForEachPair(PhiloxStream(args.state, kOp), args.n, CheckPlace(kOp, args.n, args.place),
                [&](std::int64_t i, std::uint32_t a, std::uint32_t b) {
                  y[i] = UnitOf(a, b) < static_cast<double>(x[i]) ? T(1) : T(0);
                });
  });
}

}  // namespace gradlane
