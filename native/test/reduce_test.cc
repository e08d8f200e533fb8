// Reductions along contiguous and strided dimensions against sums in wider arithmetic.
#include "ops/reduce.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

struct Shape {
  std::int64_t outer, n, inner;
};
constexpr Shape kShapes[] = {
    {1, 1, 1},     {3, 2, 1},     {16, 10, 1},    {5, 17, 1},   {4, 1000, 1},
    {2, 5003, 1},  {1, 70001, 1}, {2, 140000, 1}, {1, 3, 2},    {2, 9, 7},
    {1, 128, 10},  {1, 128, 512}, {3, 20, 33},    {2, 5000, 5}, {1, 1025, 130},
    {1, 40, 3000}, {50, 11, 2},   {0, 3, 3},      {3, 3, 0},
};

class ReduceTest : public EveryIsaTarget {
 protected:
  template <class T>
  static void Run(Reduce kind, const Array<T>& x, const Array<T>& out, const Shape& s,
                  double beta) {
    ReduceAlong({kDtypeOf<T>, kind, x.buffer(), out.buffer(), s.outer, s.n, s.inner, beta});
  }

  // A sum's error is at most depth roundings of the sum of magnitudes. The deepest lane of a block
  // of 1024 adds 1024 / lanes terms; a column adds 128 groups of eight and then the parts; 140
  // covers both with the tree, the divisor and beta on top.
  template <class T>
  static void Sums() {
    for (const Shape& s : kShapes) {
      for (const bool mean : {false, true}) {
        for (const double beta : {0.0, 0.5}) {
          Array<T> x(s.outer * s.n * s.inner, 1), out(s.outer * s.inner, 3);
          x.FillRandom(21, 1, 0.25);
          out.FillRandom(22);
          Array<T> old(out);
          if (beta == 0) out.Fill([](std::int64_t) { return NAN; });
          Run(mean ? Reduce::kMean : Reduce::kSum, x, out, s, beta);
          ASSERT_TRUE(out.GuardsIntact());
          for (std::int64_t i = 0; i < s.outer * s.inner; ++i) {
            WideOf<T> sum = 0, magnitude = 0;
            for (std::int64_t j = 0; j < s.n; ++j) {
              const T v = x[(i / s.inner * s.n + j) * s.inner + i % s.inner];
              sum += v;
              magnitude += std::fabs(v);
            }
            const WideOf<T> divisor = mean ? s.n : 1, extra = beta * old[i];
            EXPECT_LE(std::fabs(out[i] - (sum / divisor + extra)),
                      kUnit<T> * (140 * magnitude / divisor + 4 * std::fabs(extra)))
                << s.outer << " x " << s.n << " x " << s.inner << " at " << i;
          }
        }
      }
    }
  }

  template <class T>
  static void Extremes() {
    const T nan = std::numeric_limits<T>::quiet_NaN();
    for (const Shape& s : kShapes) {
      for (const bool with_nan : {false, true}) {
        const std::int64_t results = s.outer * s.inner;
        Array<T> x(results * s.n, 2), high(results), low(results);
        Array<std::int32_t> place(results, 1);
        Numbers numbers(31);
        x.Fill([&](std::int64_t) { return std::floor(numbers.Next() * 50); });  // with equals
        if (with_nan) {
          for (std::int64_t i = 5; i < x.size(); i += 41) x[i] = nan;
        }
        Run(Reduce::kMax, x, high, s, 0);
        Run(Reduce::kMin, x, low, s, 0);
        Array<std::int32_t> low_place(results, 1);
        Argmax({kDtypeOf<T>, x.buffer(), place.buffer(), s.outer, s.n, s.inner, false});
        Argmax({kDtypeOf<T>, x.buffer(), low_place.buffer(), s.outer, s.n, s.inner, true});
        ASSERT_TRUE(high.GuardsIntact() && low.GuardsIntact() && place.GuardsIntact());
        ASSERT_TRUE(low_place.GuardsIntact());
        for (std::int64_t i = 0; i < results; ++i) {
          const auto at = [&](std::int64_t j) {
            return x[(i / s.inner * s.n + j) * s.inner + i % s.inner];
          };
          std::int64_t best = 0, worst = 0;
          for (std::int64_t j = 0; j < s.n; ++j) {
            if (!std::isnan(at(best)) && (at(j) > at(best) || std::isnan(at(j)))) best = j;
            if (!std::isnan(at(worst)) && (at(j) < at(worst) || std::isnan(at(j)))) worst = j;
          }
          EXPECT_EQ(place[i], best);
          EXPECT_EQ(low_place[i], worst);
          EXPECT_TRUE(high[i] == at(best) || (std::isnan(high[i]) && std::isnan(at(best))));
          EXPECT_TRUE(low[i] == at(worst) || (std::isnan(low[i]) && std::isnan(at(worst))));
        }
      }
    }
  }

  template <class T>
  static void SameBits() {
    for (const Shape& s : kShapes) {
      Array<T> x(s.outer * s.n * s.inner), one(s.outer * s.inner), two(s.outer * s.inner);
      x.FillRandom(41);
      for (const Reduce kind : {Reduce::kSum, Reduce::kMax, Reduce::kProduct}) {
        SetThreads(1);
        Run(kind, x, one, s, 0);
        SetThreads(2);
        Run(kind, x, two, s, 0);
        EXPECT_TRUE(one.SameBits(two)) << s.outer << " x " << s.n << " x " << s.inner;
      }
    }
  }
};

TEST_P(ReduceTest, SumsAndMeans) {
  Sums<float>();
  Sums<double>();
}
TEST_P(ReduceTest, ExtremesAndTheirPlaces) {
  Extremes<float>();
  Extremes<double>();
}
TEST_P(ReduceTest, SameBitsAtOneAndTwoThreads) {
  SameBits<float>();
  SameBits<double>();
}
// -3, some twos and ones: products that are exact in any order.
TEST_P(ReduceTest, Products) {
  for (const Shape& s : kShapes) {
    Array<float> x(s.outer * s.n * s.inner, 1), out(s.outer * s.inner);
    x.Fill([&](std::int64_t i) {
      const std::int64_t j = i / s.inner % s.n;
      return j == 0 ? -3.f : j % 1009 == 1 ? 2.f : 1.f;
    });
    Run(Reduce::kProduct, x, out, s, 0);
    ASSERT_TRUE(out.GuardsIntact());
    for (std::int64_t i = 0; i < out.size(); ++i) {
      float product = 1;
      for (std::int64_t j = 0; j < s.n; ++j) {
        product *= x[(i / s.inner * s.n + j) * s.inner + i % s.inner];
      }
      EXPECT_EQ(out[i], product) << s.outer << " x " << s.n << " x " << s.inner << " at " << i;
    }
  }
}
TEST_P(ReduceTest, Empty) {
  for (const std::int64_t inner : {1, 3}) {
    Array<float> x(0), out(2 * inner);
    const auto run = [&](Reduce kind) {
      Run(kind, x, out, {2, 0, inner}, 0);
      return out[2 * inner - 1];
    };
    EXPECT_EQ(run(Reduce::kSum), 0);
    EXPECT_EQ(run(Reduce::kProduct), 1);
    EXPECT_TRUE(std::isnan(run(Reduce::kMean)));
    EXPECT_EQ(run(Reduce::kMax), -std::numeric_limits<float>::infinity());
    EXPECT_EQ(run(Reduce::kMin), std::numeric_limits<float>::infinity());
    Array<std::int32_t> place(2 * inner);
    EXPECT_THROW(Argmax({Dtype::kFloat32, x.buffer(), place.buffer(), 2, 0, inner, false}), Error);
  }
}
// A plain running sum in float is off by about 1% here. A lane of a block adds up to 64 terms, then
// six more roundings bring the lanes together.
TEST_P(ReduceTest, AMillionTenthsAddUp) {
  Array<float> x(1000000), out(1);
  x.Fill([](std::int64_t) { return 0.1f; });
  Run(Reduce::kSum, x, out, {1, 1000000, 1}, 0);
  EXPECT_NEAR(out[0], 1e6 * static_cast<double>(0.1f), 1e5 * 70 * 0x1p-24);
}
GRADLANE_ON_EVERY_ISA_TARGET(ReduceTest);

}  // namespace
}  // namespace gradlane
