// Random numbers against a plain implementation of Philox 4x32-10, bit for bit on every ISA target,
// and that one against the known answers of Random123 (D. E. Shaw Research, tests/kat_vectors).
#include "ops/random.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

using Words = std::array<std::uint32_t, 4>;

Words Philox(Words c, std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53} * c[0];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<std::uint32_t>(product1 >> 32) ^ c[1] ^ key0,
         static_cast<std::uint32_t>(product1),
         static_cast<std::uint32_t>(product0 >> 32) ^ c[3] ^ key1,
         static_cast<std::uint32_t>(product0)};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return c;
}

TEST(Philox, KnownAnswers) {
  EXPECT_EQ(Philox({0, 0, 0, 0}, 0, 0), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Philox({~0u, ~0u, ~0u, ~0u}, ~0u, ~0u),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0xa4093822, 0x299f31d0),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

constexpr std::uint64_t kSeed = 0x0123456789abcdef;
constexpr std::uint64_t kBlock = 0x2fffffffd;  // the lower word of the counter soon wraps around

class State {
 public:
  explicit State(std::uint64_t block = kBlock) : words_(4) {
    for (const int i : {0, 1}) {
      words_[i] = static_cast<std::int32_t>(kSeed >> (32 * i));
      words_[2 + i] = static_cast<std::int32_t>(block >> (32 * i));
    }
  }
  Buffer buffer() const { return words_.buffer(); }
  std::uint64_t block() const {
    return (std::uint64_t{static_cast<std::uint32_t>(words_[3])} << 32) |
           static_cast<std::uint32_t>(words_[2]);
  }
  std::uint64_t drawn() const { return block() - kBlock; }

 private:
  Array<std::int32_t> words_;
};

std::uint32_t Word(std::int64_t i) {
  const std::uint64_t block = kBlock + static_cast<std::uint64_t>(i / 4);
  return Philox({static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), 0, 0},
                static_cast<std::uint32_t>(kSeed),
                static_cast<std::uint32_t>(kSeed >> 32))[static_cast<std::size_t>(i % 4)];
}

template <class T>
double Unit(std::int64_t i) {
  if (sizeof(T) == 4) return (Word(i) >> 8) * 0x1p-24;
  return ((Word(2 * i) >> 5) * 0x1p26 + (Word(2 * i + 1) >> 6)) * 0x1p-53;
}

std::uint64_t BlocksFor(std::int64_t n, std::int64_t per_block) {
  return static_cast<std::uint64_t>((n + per_block - 1) / per_block);
}

template <class T>
constexpr std::int64_t kPerBlock = 16 / static_cast<std::int64_t>(sizeof(T));

// Around one batch of the kernel (256 words) and one task (8192 numbers) too.
const std::vector<std::int64_t> kCounts = {0,   1,   2,   3,    4,    5,    7,    8,    9,
                                           15,  16,  17,  31,   33,   63,   127,  128,  129,
                                           255, 256, 257, 1001, 8191, 8192, 8193, 16387};

class RandomTest : public EveryIsaTarget {};

TEST_P(RandomTest, TheKernelIsPhilox) {
  std::uint32_t words[4 * 64];
  Kernels().philox.words({kSeed, kBlock}, words, 64);
  for (std::int64_t i = 0; i < 256; ++i) ASSERT_EQ(words[i], Word(i)) << i;
  Kernels().philox.words({0, 0}, words, 8);
  EXPECT_EQ(words[0], 0x6627e8d5u);
  EXPECT_EQ(words[3], 0x9b00dbd8u);
}

template <class T>
void CheckUniform(double low, double high) {
  for (const std::int64_t n : kCounts) {
    State state;
    Array<T> y(n, n % 3);
    Uniform({kDtypeOf<T>, state.buffer(), y.buffer(), n, low, high});
    for (std::int64_t i = 0; i < n; ++i) {
      const T drawn = static_cast<T>(low + (high - low) * Unit<T>(i));
      ASSERT_EQ(y[i], drawn < high ? drawn : static_cast<T>(low)) << n << " at " << i;
    }
    EXPECT_EQ(state.drawn(), BlocksFor(n, kPerBlock<T>));
    EXPECT_TRUE(y.GuardsIntact());
  }
}

TEST_P(RandomTest, UniformBitForBit) {
  CheckUniform<float>(0, 1);
  CheckUniform<float>(-0.3, 0.7);
  CheckUniform<double>(0, 1);
  CheckUniform<double>(-0.3, 0.7);
  // an interval of one number of the type, half of whose draws are rounded to its end
  CheckUniform<float>(1, 1 + 0x1p-23);
  CheckUniform<double>(-1 - 0x1p-52, -1);
}

template <class T>
void CheckBernoulli(double p, double value) {
  for (const std::int64_t n : kCounts) {
    State state;
    Array<T> y(n, n % 3);
    Bernoulli({kDtypeOf<T>, state.buffer(), y.buffer(), n, p, value});
    for (std::int64_t i = 0; i < n; ++i) {
      ASSERT_EQ(y[i], Unit<float>(i) < p ? static_cast<T>(value) : T(0)) << p << " at " << i;
    }
    EXPECT_EQ(state.drawn(), BlocksFor(n, 4));
    EXPECT_TRUE(y.GuardsIntact());
  }
}

TEST_P(RandomTest, BernoulliBitForBit) {
  // A probability that is one of the numbers drawn, and the next ones around it.
  const double drawn = Unit<float>(3);
  for (const double p : {0.0, 0.25, 1 / 3.0, 1.0, drawn, std::nextafter(drawn, 0),
                         std::nextafter(drawn, 1), std::nextafter(1.0, 0)}) {
    CheckBernoulli<float>(p, 1 / (1 - 0.3));
    CheckBernoulli<double>(p, 1 / (1 - 0.3));
  }
}

// In units of u = 2^-24 or 2^-53, relative: the logarithm is within 2 ulp = 4 u, its root has half
// of that and one rounding, sine and cosine 2 ulp = 4 u, two products one each: 9 u of the
// product; the mean and the sum are rounded as well.
template <class T>
void CheckNormal(double mean, double std) {
  for (const std::int64_t n : kCounts) {
    State state;
    Array<T> y(n, n % 3);
    Normal({kDtypeOf<T>, state.buffer(), y.buffer(), n, mean, std});
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int64_t pair = i / 2 * 2;
      const long double radius =
          std::sqrt(-2 * std::log(1 - static_cast<long double>(Unit<T>(pair))));
      const long double angle = 2 * std::numbers::pi_v<long double> * Unit<T>(pair + 1);
      const long double product =
          static_cast<T>(std) * radius * (i % 2 == 0 ? std::cos(angle) : std::sin(angle));
      const long double exact = static_cast<T>(mean) + product;
      // The angle of the comparison itself is rounded, which counts where the true value is 0.
      const long double bound =
          kUnit<T> * (9 * std::fabs(product) + std::fabs(exact)) + 1e-18L * std * radius;
      ASSERT_LE(std::fabs(static_cast<long double>(y[i]) - exact), bound) << n << " at " << i;
    }
    EXPECT_EQ(state.drawn(), BlocksFor(n, kPerBlock<T>));
    EXPECT_TRUE(y.GuardsIntact());
  }
}

TEST_P(RandomTest, NormalWithinTheRoundings) {
  CheckNormal<float>(0, 1);
  CheckNormal<float>(0.5, 2);
  CheckNormal<double>(0, 1);
  CheckNormal<double>(0.5, 2);
}

TEST_P(RandomTest, PermutationIsFisherYatesOfTheWords) {
  for (const std::int64_t n : {0, 1, 2, 3, 5, 256, 257, 1000, 20000}) {
    State state;
    Array<std::int32_t> y(n, 1);
    Permutation({state.buffer(), y.buffer(), n});
    std::vector<std::int32_t> expected(static_cast<std::size_t>(n));
    std::iota(expected.begin(), expected.end(), 0);
    std::int64_t words = 0;
    for (std::int64_t i = n - 1; i > 0; --i) {
      const std::uint64_t bound = static_cast<std::uint64_t>(i + 1);
      std::uint64_t product;
      do {
        product = Word(words++) * bound;
      } while (static_cast<std::uint32_t>(product) < (std::uint64_t{1} << 32) % bound);
      std::swap(expected[static_cast<std::size_t>(i)], expected[product >> 32]);
    }
    for (std::int64_t i = 0; i < n; ++i) {
      ASSERT_EQ(y[i], expected[static_cast<std::size_t>(i)]) << n << " at " << i;
    }
    EXPECT_EQ(state.drawn(), BlocksFor(words, 4));
    EXPECT_TRUE(y.GuardsIntact());
  }
}

TEST_P(RandomTest, OneCallAfterTheOtherContinuesTheStream) {
  State at_once, in_parts;
  Array<float> whole(24), parts(24);
  Uniform({Dtype::kFloat32, at_once.buffer(), whole.buffer(), 24, 0, 1});
  for (const std::int64_t start : {0, 8, 12}) {
    const std::int64_t n = (start == 0 ? 8 : start == 8 ? 4 : 12);
    const Buffer rest{&parts[start], n * 4};
    Uniform({Dtype::kFloat32, in_parts.buffer(), rest, n, 0, 1});
  }
  EXPECT_TRUE(parts.SameBits(whole));
  EXPECT_EQ(at_once.block(), in_parts.block());
}

template <class T>
void CheckParts() {
  for (const DrawPlace& place :
       {DrawPlace{1, 1, 6}, DrawPlace{1, 4, 0}, DrawPlace{1, 3, 5}, DrawPlace{3, 6, 1}}) {
    for (const std::int64_t part : {3, 300, 9003}) {
      const std::int64_t run = part / place.runs, stride = place.before + run + place.after;
      const std::int64_t n = place.runs * stride;
      State state, of_normal;
      Array<T> y(part, 1), normal(part, 3), whole_normal(n);
      Uniform({kDtypeOf<T>, state.buffer(), y.buffer(), part, 0, 1, place});
      Normal({kDtypeOf<T>, of_normal.buffer(), normal.buffer(), part, 0.5, 2, place});
      EXPECT_EQ(state.drawn(), BlocksFor(n, kPerBlock<T>));
      EXPECT_EQ(of_normal.drawn(), BlocksFor(n, kPerBlock<T>));
      Normal({kDtypeOf<T>, State().buffer(), whole_normal.buffer(), n, 0.5, 2});
      for (std::int64_t i = 0; i < part; ++i) {
        const std::int64_t at = i / run * stride + place.before + i % run;
        ASSERT_EQ(y[i], static_cast<T>(Unit<T>(at))) << i;
        ASSERT_EQ(normal[i], whole_normal[at]) << i;
      }
      EXPECT_TRUE(y.GuardsIntact() && normal.GuardsIntact());
    }
  }
}

TEST_P(RandomTest, PartsOfACallAreAsInTheWhole) {
  CheckParts<float>();
  CheckParts<double>();
}

TEST_P(RandomTest, TheSameBitsWithTwoThreads) {
  constexpr std::int64_t n = 50001;
  RetainPool();
  Array<float> first(n), second(n);
  for (Array<float>* y : {&first, &second}) {
    SetThreads(y == &first ? 1 : 2);
    State state;
    Normal({Dtype::kFloat32, state.buffer(), y->buffer(), n, 0, 1});
  }
  ReleasePool();
  EXPECT_TRUE(first.SameBits(second));
}

TEST_P(RandomTest, RefusesWhatDoesNotFitAndDrawsNothing) {
  State state;
  Array<float> y(3);
  Array<std::int32_t> short_state(3);
  EXPECT_THROW(Uniform({Dtype::kFloat32, state.buffer(), y.buffer(), 4, 0, 1}), Error);
  EXPECT_THROW(Uniform({Dtype::kFloat32, short_state.buffer(), y.buffer(), 3, 0, 1}), Error);
  EXPECT_THROW(Normal({Dtype::kInt32, state.buffer(), y.buffer(), 3, 0, 1}), Error);
  EXPECT_THROW(Bernoulli({Dtype::kFloat64, state.buffer(), y.buffer(), 3, 0, 1}), Error);
  EXPECT_THROW(Permutation({state.buffer(), y.buffer(), 4}), Error);
  EXPECT_EQ(state.drawn(), 0u);
  EXPECT_TRUE(y.GuardsIntact());
}

GRADLANE_ON_EVERY_ISA_TARGET(RandomTest);

}  // namespace
}  // namespace gradlane
