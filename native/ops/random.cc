#include "ops/random.h"

#include <utility>

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

// The four words of a generator in its buffer: seed and number of blocks drawn, lower half first.
class Stream {
 public:
  Stream(const Buffer& state, const char* op)
      : words_(Elements<std::uint32_t>(state, 4, op, "state")) {}

  PhiloxState Read() const { return {Wide(words_[0], words_[1]), Wide(words_[2], words_[3])}; }

  void Advance(std::int64_t blocks) {
    const std::uint64_t next = Read().block + static_cast<std::uint64_t>(blocks);
    words_[2] = static_cast<std::uint32_t>(next);
    words_[3] = static_cast<std::uint32_t>(next >> 32);
  }

 private:
  static std::uint64_t Wide(std::uint32_t low, std::uint32_t high) {
    return (static_cast<std::uint64_t>(high) << 32) | low;
  }
  std::uint32_t* words_;
};

// Runs body(state, begin, end) over ranges of the n numbers, each with the stream at its first
// number, and advances the stream past them all. A block gives `per_block` numbers.
template <class Body>
void Draw(Stream stream, std::int64_t n, std::int64_t per_block, Body&& body) {
  static_assert(kMathGrain % 4 == 0);  // so that ranges start with a block
  const PhiloxState start = stream.Read();
  ParallelRanges(n, kMathGrain, [&](std::int64_t begin, std::int64_t end) {
    PhiloxState state = start;
    state.block += static_cast<std::uint64_t>(begin / per_block);
    body(state, begin, end);
  });
  stream.Advance((n + per_block - 1) / per_block);
}

template <class T>
constexpr std::int64_t kPerBlock = 16 / static_cast<std::int64_t>(sizeof(T));

}  // namespace

void Uniform(const UniformArgs& args) {
  constexpr const char* kOp = "uniform";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    T* y = Elements<T>(args.y, args.n, kOp, "y");
    const auto kernel = Kernels().typed<T>().random.uniform;
    const double range = args.high - args.low;
    Draw(Stream(args.state, kOp), args.n, kPerBlock<T>,
         [&](PhiloxState state, std::int64_t begin, std::int64_t end) {
           kernel(state, y + begin, end - begin, args.low, range);
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
    Draw(Stream(args.state, kOp), args.n, kPerBlock<T>,
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
    // u = k 2^-24 < p exactly when the whole number k is below p 2^24 rounded up; p 2^24 is exact.
    const double scaled = args.p * 0x1p24;
    std::int32_t threshold = 0;
    if (scaled > 0) {
      threshold = scaled >= 0x1p24 ? 1 << 24 : static_cast<std::int32_t>(scaled);
      if (threshold < scaled && threshold < (1 << 24)) ++threshold;
    }
    const T value = static_cast<T>(args.value);
    Draw(Stream(args.state, kOp), args.n, 4,
         [&](PhiloxState state, std::int64_t begin, std::int64_t end) {
           kernel(state, y + begin, end - begin, threshold, value);
         });
  });
}

void Permutation(const PermutationArgs& args) {
  constexpr const char* kOp = "permutation";
  std::int32_t* y = Elements<std::int32_t>(args.y, args.n, kOp, "y");
  Stream stream(args.state, kOp);
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
