// The matrix product against plain sums in a wider type: every ISA target, algorithm, transpose and
// edge.
#include "ops/matmul.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cpu/dispatch.h"
#include "ops/activation.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

constexpr MatmulAlgorithm kAlgorithms[] = {MatmulAlgorithm::kPacked, MatmulAlgorithm::kDirect,
                                           MatmulAlgorithm::kDot, MatmulAlgorithm::kRow,
                                           MatmulAlgorithm::kOuter};

// Numbers of [-1, 1) from a multiplicative congruence: the same on every machine.
class Numbers {
 public:
  double Next() {
    state_ = state_ * 6364136223846793005ull + 1442695040888963407ull;
    return static_cast<double>(state_ >> 11) * 0x1p-52 - 1.0;
  }

 private:
  std::uint64_t state_ = 12345;
};

template <class T>
struct Wider;
template <>
struct Wider<float> {
  using Type = double;
  static constexpr Dtype kDtype = Dtype::kFloat32;
};
template <>
struct Wider<double> {
  using Type = long double;
  static constexpr Dtype kDtype = Dtype::kFloat64;
};

// An array that starts `shift` elements past an aligned address and is followed by a sentinel.
template <class T>
class Array {
 public:
  Array(std::int64_t n, int shift) : n_(n), shift_(shift), all_(n + shift + 1, T(777)) {}
  T* data() { return all_.data() + shift_; }
  std::int64_t size() const { return n_; }
  Buffer buffer() { return {data(), n_ * static_cast<std::int64_t>(sizeof(T))}; }
  void Randomize(Numbers& numbers) {
    for (std::int64_t i = 0; i < n_; ++i) data()[i] = static_cast<T>(numbers.Next());
  }
  bool Untouched() const { return all_.back() == T(777) && (shift_ == 0 || all_[0] == T(777)); }

 private:
  std::int64_t n_;
  int shift_;
  std::vector<T> all_;
};

struct Case {
  std::int64_t m, n, k;
  bool transpose_a = false, transpose_b = false;
  double alpha = 1, beta = 0;
  bool bias = false;
  Activation activation = Activation::kIdentity;
  int shift = 0;
};

std::string Describe(const Case& c, MatmulAlgorithm algorithm) {
  return std::string(Kernels().name) + " algorithm " + std::to_string(static_cast<int>(algorithm)) +
         ": " + std::to_string(c.m) + " x " + std::to_string(c.n) + " x " + std::to_string(c.k) +
         (c.transpose_a ? " ta" : "") + (c.transpose_b ? " tb" : "") + " alpha " +
         std::to_string(c.alpha) + " beta " + std::to_string(c.beta) + (c.bias ? " bias" : "") +
         " shift " + std::to_string(c.shift);
}

template <class T>
struct Run {
  Array<T> a, b, bias, before, out;

  explicit Run(const Case& c)
      : a(c.m * c.k, c.shift),
        b(c.k * c.n, c.shift),
        bias(c.n, c.shift),
        before(c.m * c.n, c.shift),
        out(c.m * c.n, c.shift) {
    Numbers numbers;
    a.Randomize(numbers);
    b.Randomize(numbers);
    bias.Randomize(numbers);
    before.Randomize(numbers);
    // With beta = 0 whatever stands in out must not be read.
    for (std::int64_t i = 0; c.beta == 0 && i < before.size(); ++i) {
      before.data()[i] = std::numeric_limits<T>::quiet_NaN();
    }
  }

  MatmulArgs ArgsFor(const Case& c) {
    return {Wider<T>::kDtype,
            a.buffer(),
            b.buffer(),
            out.buffer(),
            c.m,
            c.n,
            c.k,
            c.transpose_a,
            c.transpose_b,
            c.alpha,
            c.beta,
            c.bias ? bias.buffer() : Buffer{},
            c.activation,
            0.5};
  }

  void Compute(const Case& c, MatmulAlgorithm algorithm) {
    std::copy(before.data(), before.data() + before.size(), out.data());
    MatmulWith(ArgsFor(c), algorithm);
  }
};

// What the product of a case must be and how far off it may be, the same for every ISA target and
// algorithm. A sum of k products, in any order, in precision u is off by at most (k + 1) u times
// the sum of the magnitudes (to first order); alpha, beta and bias round up to four times more. 1 %
// covers the higher orders for all k used here.
template <class T>
struct Expected {
  using Wide = typename Wider<T>::Type;
  std::vector<Wide> sums, tolerances;

  Expected(const Case& c, Run<T>& run) {
    const Wide u = std::numeric_limits<T>::epsilon() / 2;
    for (std::int64_t i = 0; i < c.m; ++i) {
      for (std::int64_t j = 0; j < c.n; ++j) {
        Wide sum = 0, magnitude = 0;
        for (std::int64_t p = 0; p < c.k; ++p) {
          const Wide product =
              static_cast<Wide>(run.a.data()[c.transpose_a ? p * c.m + i : i * c.k + p]) *
              static_cast<Wide>(run.b.data()[c.transpose_b ? j * c.k + p : p * c.n + j]);
          sum += product;
          magnitude += std::abs(product);
        }
        sum *= static_cast<T>(c.alpha);
        magnitude *= std::abs(static_cast<Wide>(c.alpha));
        if (c.beta != 0) {
          const Wide old =
              static_cast<Wide>(static_cast<T>(c.beta)) * run.before.data()[i * c.n + j];
          sum += old;
          magnitude += std::abs(old);
        }
        if (c.bias) {
          sum += run.bias.data()[j];
          magnitude += std::abs(static_cast<Wide>(run.bias.data()[j]));
        }
        if (c.activation == Activation::kRelu && sum < 0) sum = 0;
        sums.push_back(sum);
        tolerances.push_back(Wide(1.01) * static_cast<Wide>(c.k + 5) * u * magnitude);
      }
    }
  }
};

template <class T>
void ExpectClose(const Case& c, MatmulAlgorithm algorithm, Run<T>& run,
                 const Expected<T>& expected) {
  SCOPED_TRACE(Describe(c, algorithm));
  run.Compute(c, algorithm);
  ASSERT_TRUE(run.out.Untouched());
  for (std::int64_t i = 0; i < run.out.size(); ++i) {
    const typename Wider<T>::Type got = run.out.data()[i];
    const auto at = static_cast<std::size_t>(i);
    ASSERT_LE(std::abs(got - expected.sums[at]), expected.tolerances[at])
        << "at " << i / c.n << ", " << i % c.n << ": " << got;
  }
}

template <class T>
class MatmulTest : public ::testing::Test {
 protected:
  void TearDown() override {
    ForceIsaTargetForTesting(SupportedIsaTargets().back());
    SetThreads(LogicalThreads());
  }
  static int LogicalThreads() { return 2; }

  // body(algorithm) for every ISA target and every algorithm that can compute the shape.
  template <class Body>
  static void Everywhere(const Case& c, Body&& body) {
    const MatmulShape shape{c.m, c.n, c.k, c.transpose_a, c.transpose_b, sizeof(T)};
    for (const IsaTarget target : SupportedIsaTargets()) {
      ForceIsaTargetForTesting(target);
      for (const MatmulAlgorithm algorithm : kAlgorithms) {
        if (CanRun(algorithm, shape)) body(algorithm);
      }
    }
  }
  static void Check(Case c) {
    for (const bool transpose_a : {false, true}) {
      for (const bool transpose_b : {false, true}) {
        c.transpose_a = transpose_a;
        c.transpose_b = transpose_b;
        ::gradlane::Run<T> run(c);
        const Expected<T> expected(c, run);
        Everywhere(c, [&](MatmulAlgorithm algorithm) { ExpectClose(c, algorithm, run, expected); });
        if (::testing::Test::HasFatalFailure()) return;
      }
    }
  }
};

using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(MatmulTest, Types);

TYPED_TEST(MatmulTest, SmallSizes) {
  for (const std::int64_t m : {1, 2, 3}) {
    for (const std::int64_t n : {1, 2, 3}) {
      for (const std::int64_t k : {1, 2, 3}) TestFixture::Check({.m = m, .n = n, .k = k});
    }
  }
}

TYPED_TEST(MatmulTest, SizesAroundTheTile) {
  std::set<std::pair<std::int64_t, std::int64_t>> sizes;
  for (const IsaTarget target : SupportedIsaTargets()) {
    const auto& kernels = KernelsOf(target).template typed<TypeParam>().matmul;
    for (const std::int64_t m : {kernels.mr - 1, kernels.mr, kernels.mr + 1, 2 * kernels.mr + 1}) {
      for (const std::int64_t n : {kernels.nr - 1, kernels.nr, kernels.nr + 1, kernels.nr / 2,
                                   kernels.nr / 2 + 1, 2 * kernels.nr + 3}) {
        sizes.emplace(m, n);
      }
    }
  }
  for (const auto& [m, n] : sizes) {
    for (const std::int64_t k : {7, 32}) TestFixture::Check({.m = m, .n = n, .k = k});
  }
}

TYPED_TEST(MatmulTest, Primes) {
  TestFixture::Check({.m = 13, .n = 17, .k = 19});
  TestFixture::Check({.m = 37, .n = 101, .k = 53});
  TestFixture::Check({.m = 1, .n = 97, .k = 131});
  TestFixture::Check({.m = 131, .n = 1, .k = 97});
  TestFixture::Check({.m = 5, .n = 211, .k = 1});
}

TYPED_TEST(MatmulTest, SumsLongerThanAPanel) {
  std::set<std::int64_t> lengths;
  for (const IsaTarget target : SupportedIsaTargets()) {
    const std::int64_t kc = KernelsOf(target).template typed<TypeParam>().matmul.kc;
    for (const std::int64_t k : {kc - 1, kc, kc + 1, 2 * kc + 3}) lengths.insert(k);
  }
  for (const std::int64_t k : lengths) {
    TestFixture::Check({.m = 13, .n = 37, .k = k, .alpha = 0.75, .beta = -0.5, .bias = true});
  }
}

TYPED_TEST(MatmulTest, SeveralTasks) {
  TestFixture::Check({.m = 307, .n = 523, .k = 263, .beta = 1});
}

TYPED_TEST(MatmulTest, AlphaBetaBiasRelu) {
  for (const double alpha : {1.0, -0.3, 0.0}) {
    for (const double beta : {0.0, 1.0, 0.7}) {
      for (const bool bias : {false, true}) {
        for (const Activation activation : {Activation::kIdentity, Activation::kRelu}) {
          TestFixture::Check({.m = 14,
                              .n = 35,
                              .k = 21,
                              .alpha = alpha,
                              .beta = beta,
                              .bias = bias,
                              .activation = activation});
        }
      }
    }
  }
}

TYPED_TEST(MatmulTest, PointersThatAreNotVectorAligned) {
  for (const int shift : {1, 2, 3}) {
    TestFixture::Check({.m = 25, .n = 66, .k = 33, .beta = 0.5, .bias = true, .shift = shift});
    TestFixture::Check({.m = 1, .n = 66, .k = 129, .bias = true, .shift = shift});
  }
}

TYPED_TEST(MatmulTest, SizeZero) {
  for (const IsaTarget target : SupportedIsaTargets()) {
    ForceIsaTargetForTesting(target);
    for (const Case& c : {Case{.m = 0, .n = 5, .k = 3}, Case{.m = 5, .n = 0, .k = 3}}) {
      Run<TypeParam> run(c);
      Matmul(run.ArgsFor(c));
      EXPECT_TRUE(run.out.Untouched());
    }
    // An empty sum: out = activation(beta * out + bias).
    for (const double beta : {0.0, 2.0}) {
      const Case c{
          .m = 3, .n = 5, .k = 0, .beta = beta, .bias = true, .activation = Activation::kRelu};
      Run<TypeParam> run(c);
      std::copy(run.before.data(), run.before.data() + run.before.size(), run.out.data());
      Matmul(run.ArgsFor(c));
      for (std::int64_t i = 0; i < 15; ++i) {
        TypeParam expected = run.bias.data()[i % 5];
        if (beta != 0) expected += static_cast<TypeParam>(beta) * run.before.data()[i];
        EXPECT_EQ(run.out.data()[i], expected > 0 ? expected : TypeParam(0));
      }
    }
  }
}

// Activations that are not fused into the tile: the same bits as the product followed by the
// elementwise operation.
TYPED_TEST(MatmulTest, ActivationAfterTheProduct) {
  constexpr std::int64_t kN = 210;  // with 50 rows several tasks
  for (int kind = 0; kind < kActivationCount; ++kind) {
    for (const std::int64_t m : {1, 7, 50}) {
      Case c{.m = m, .n = kN, .k = 300, .transpose_b = true, .bias = true};
      TestFixture::Everywhere(c, [&](MatmulAlgorithm algorithm) {
        c.activation = Activation::kIdentity;
        Run<TypeParam> plain(c);
        plain.Compute(c, algorithm);
        ActivationForward({Wider<TypeParam>::kDtype, static_cast<Activation>(kind),
                           plain.out.buffer(), plain.out.buffer(), m * kN, 0.5});
        c.activation = static_cast<Activation>(kind);
        Run<TypeParam> fused(c);
        fused.Compute(c, algorithm);
        SCOPED_TRACE(Describe(c, algorithm) + " activation " + std::to_string(kind));
        EXPECT_EQ(0, std::memcmp(plain.out.data(), fused.out.data(),
                                 static_cast<std::size_t>(m * kN) * sizeof(TypeParam)));
      });
    }
  }
}

TYPED_TEST(MatmulTest, SameBitsAtAnyNumberOfThreads) {
  const Case cases[] = {{.m = 130, .n = 700, .k = 300, .beta = 1, .bias = true},
                        {.m = 16, .n = 20, .k = 784, .transpose_b = true},
                        {.m = 1, .n = 3000, .k = 700, .transpose_b = true},
                        {.m = 1, .n = 3000, .k = 700},
                        {.m = 3000, .n = 1, .k = 700},
                        {.m = 20, .n = 784, .k = 16, .transpose_a = true},
                        {.m = 300, .n = 300, .k = 600, .transpose_a = true}};
  for (const Case& c : cases) {
    TestFixture::Everywhere(c, [&](MatmulAlgorithm algorithm) {
      SCOPED_TRACE(Describe(c, algorithm));
      Run<TypeParam> one(c), more(c);
      SetThreads(1);
      one.Compute(c, algorithm);
      for (const int threads : {2, 3}) {
        SetThreads(threads);
        more.Compute(c, algorithm);
        EXPECT_EQ(0, std::memcmp(one.out.data(), more.out.data(),
                                 static_cast<std::size_t>(c.m * c.n) * sizeof(TypeParam)));
      }
    });
  }
}

TYPED_TEST(MatmulTest, NonFiniteOperandsReachTheirRowAndColumnOnly) {
  constexpr std::int64_t kM = 15, kN = 37, kK = 20;
  const TypeParam infinity = std::numeric_limits<TypeParam>::infinity();
  const TypeParam nan = std::numeric_limits<TypeParam>::quiet_NaN();
  for (const bool transpose_b : {false, true}) {
    const Case c{
        .m = kM, .n = kN, .k = kK, .transpose_b = transpose_b, .activation = Activation::kRelu};
    TestFixture::Everywhere(c, [&](MatmulAlgorithm algorithm) {
      SCOPED_TRACE(Describe(c, algorithm));
      Run<TypeParam> run(c);
      run.a.data()[14 * kK + 19] = nan;
      run.b.data()[transpose_b ? 36 * kK + 3 : 3 * kN + 36] = infinity;
      run.Compute(c, algorithm);
      for (std::int64_t i = 0; i < kM; ++i) {
        for (std::int64_t j = 0; j < kN; ++j) {
          const TypeParam got = run.out.data()[i * kN + j];
          if (i == 14) {
            EXPECT_TRUE(std::isnan(got)) << i << ", " << j;
          } else if (j == 36) {
            EXPECT_EQ(got, run.a.data()[i * kK + 3] > 0 ? infinity : TypeParam(0));
          } else {
            EXPECT_TRUE(std::isfinite(got)) << i << ", " << j;
          }
        }
      }
    });
  }
}

// Heads inside of the rows of matrices, with gaps: what a single product of the same numbers gives,
// in as many bits where the algorithm is one.
TYPED_TEST(MatmulTest, Batch) {
  struct Sizes {
    std::int64_t outer, inner, m, n, k;
  };
  for (const Sizes& z :
       {Sizes{2, 3, 5, 7, 4}, Sizes{3, 2, 33, 40, 65}, Sizes{2, 2, 1, 9, 20}, Sizes{2, 2, 9, 1, 20},
        Sizes{40, 2, 30, 30, 30}, Sizes{1, 2, 230, 200, 200}, Sizes{2, 2, 6, 5, 1}}) {
    for (int transposes = 0; transposes < 4; ++transposes) {
      const bool ta = transposes & 1, tb = transposes & 2;
      const std::int64_t a_rows = ta ? z.k : z.m, a_cols = ta ? z.m : z.k;
      const std::int64_t b_rows = tb ? z.n : z.k, b_cols = tb ? z.k : z.n;
      const std::int64_t a_row = z.inner * a_cols + 3, b_row = z.inner * b_cols,
                         out_row = z.inner * z.n + 1;
      const BatchMatmulShape shape{
          z.outer,        z.inner, z.m,   z.n,           z.k, a_rows * a_row, a_cols, a_row,
          b_rows * b_row, b_cols,  b_row, z.m * out_row, z.n, out_row};
      Array<TypeParam> a(z.outer * a_rows * a_row, 1), b(z.outer * b_rows * b_row, 2),
          before(z.outer * z.m * out_row, 0), one(before.size(), 1), two(before.size(), 1);
      Numbers numbers;
      a.Randomize(numbers);
      b.Randomize(numbers);
      before.Randomize(numbers);
      for (const IsaTarget target : SupportedIsaTargets()) {
        ForceIsaTargetForTesting(target);
        for (Array<TypeParam>* out : {&one, &two}) {
          std::copy(before.data(), before.data() + before.size(), out->data());
          SetThreads(out == &one ? 1 : 2);
          BatchMatmul({Wider<TypeParam>::kDtype, a.buffer(), b.buffer(), out->buffer(), shape, ta,
                       tb, 0.5, 2});
          ASSERT_TRUE(out->Untouched());
        }
        EXPECT_EQ(0, std::memcmp(one.data(), two.data(),
                                 static_cast<std::size_t>(one.size()) * sizeof(TypeParam)));
        using Wide = typename Wider<TypeParam>::Type;
        const Wide u = std::numeric_limits<TypeParam>::epsilon() / 2;
        for (std::int64_t e = 0; e < one.size(); ++e) {
          const std::int64_t o = e / (z.m * out_row), i = e / out_row % z.m, column = e % out_row;
          if (column == out_row - 1) {  // the gap
            ASSERT_EQ(one.data()[e], before.data()[e]);
            continue;
          }
          const std::int64_t head = column / z.n, j = column % z.n;
          const TypeParam* const ha = a.data() + o * a_rows * a_row + head * a_cols;
          const TypeParam* const hb = b.data() + o * b_rows * b_row + head * b_cols;
          Wide sum = 2 * static_cast<Wide>(before.data()[e]), magnitude = std::abs(sum);
          for (std::int64_t p = 0; p < z.k; ++p) {
            const Wide product = Wide(0.5) *
                                 static_cast<Wide>(ha[ta ? p * a_row + i : i * a_row + p]) *
                                 static_cast<Wide>(hb[tb ? j * b_row + p : p * b_row + j]);
            sum += product;
            magnitude += std::abs(product);
          }
          ASSERT_LE(std::abs(one.data()[e] - sum),
                    Wide(1.01) * static_cast<Wide>(z.k + 5) * u * magnitude)
              << z.m << " x " << z.n << " x " << z.k << " transposes " << transposes << " at " << e;
        }
      }
    }
  }
}

TEST(MatmulErrors, ComeBeforeAnythingIsWritten) {
  std::vector<float> a(6, 1), b(6, 1), out(4, 5);
  const auto buffer = [](std::vector<float>& v, std::int64_t n) { return Buffer{v.data(), n * 4}; };
  MatmulArgs args{Dtype::kFloat32,
                  buffer(a, 6),
                  buffer(b, 6),
                  buffer(out, 4),
                  2,
                  2,
                  3,
                  false,
                  false,
                  1,
                  0,
                  {},
                  Activation::kIdentity,
                  0};
  MatmulArgs wrong = args;
  wrong.a.bytes = 20;
  EXPECT_THROW(Matmul(wrong), Error);
  wrong = args;
  wrong.b.bytes = 20;
  EXPECT_THROW(Matmul(wrong), Error);
  wrong = args;
  wrong.out.bytes = 12;
  EXPECT_THROW(Matmul(wrong), Error);
  wrong = args;
  wrong.bias = buffer(a, 1);
  EXPECT_THROW(Matmul(wrong), Error);
  wrong = args;
  wrong.m = -1;
  EXPECT_THROW(Matmul(wrong), Error);
  wrong = args;
  wrong.m = wrong.k = std::int64_t{1} << 16;
  EXPECT_THROW(Matmul(wrong), Error);
  wrong = args;
  wrong.dtype = Dtype::kInt32;
  EXPECT_THROW(Matmul(wrong), Error);
  wrong = args;
  wrong.activation = static_cast<Activation>(kActivationCount);
  EXPECT_THROW(Matmul(wrong), Error);
  for (const float element : out) EXPECT_EQ(element, 5);
}

}  // namespace
}  // namespace gradlane
