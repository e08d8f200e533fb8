// Softmax, its logarithm and their gradients against the formulas in wider arithmetic.
#include "ops/softmax.h"

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
constexpr Shape kShapes[] = {{1, 1, 1},     {3, 2, 1},     {16, 10, 1}, {4, 33, 1}, {2, 1000, 1},
                             {1, 30000, 1}, {2500, 10, 1}, {2, 1, 5},   {2, 3, 4},  {3, 10, 17},
                             {1, 70, 300},  {2, 200, 31},  {0, 5, 5},   {5, 0, 1},  {2, 3, 0}};

class SoftmaxTest : public EveryIsaTarget {
 protected:
  template <class T>
  static void Run(const Array<T>& x, const Array<T>& y, const Shape& s, bool log) {
    Softmax({kDtypeOf<T>, x.buffer(), y.buffer(), s.outer, s.n, s.inner, log});
  }

  // exp within 2 ulp of an argument that carries one rounding of itself, a sum of up to 64 plus
  // n / 64 steps (or blocks of 1024 in double), two more roundings. `spread` bounds |x - max|.
  template <class T>
  static void Formulas(double spread) {
    for (const Shape& s : kShapes) {
      const std::int64_t length = s.outer * s.n * s.inner;
      for (const bool log : {false, true}) {
        Array<T> x(length, 1), y(length, 3), g(length, 2), gx(length, 1);
        x.FillRandom(51, spread / 2);
        g.FillRandom(52);
        Run(x, y, s, log);
        SoftmaxGradient(
            {kDtypeOf<T>, y.buffer(), g.buffer(), gx.buffer(), s.outer, s.n, s.inner, log});
        ASSERT_TRUE(y.GuardsIntact() && gx.GuardsIntact());
        Array<T> in_place(x), grad_in_place(g);
        Run(in_place, in_place, s, log);
        SoftmaxGradient({kDtypeOf<T>, y.buffer(), grad_in_place.buffer(), grad_in_place.buffer(),
                         s.outer, s.n, s.inner, log});
        EXPECT_TRUE(in_place.SameBits(y) && grad_in_place.SameBits(gx));

        using W = WideOf<T>;
        for (std::int64_t i = 0; i < s.outer * s.inner; ++i) {
          const auto at = [&](std::int64_t j) {
            return (i / s.inner * s.n + j) * s.inner + i % s.inner;
          };
          W max = -std::numeric_limits<W>::infinity(), sum = 0, dot = 0, dot_scale = 0;
          for (std::int64_t j = 0; j < s.n; ++j) max = std::max(max, W(x[at(j)]));
          for (std::int64_t j = 0; j < s.n; ++j) {
            sum += std::exp(x[at(j)] - max);
            const W term = log ? W(g[at(j)]) : W(g[at(j)]) * y[at(j)];
            dot += term;
            dot_scale += std::fabs(term);
          }
          for (std::int64_t j = 0; j < s.n; ++j) {
            const W shifted = x[at(j)] - max;
            const W exact = log ? shifted - std::log(sum) : std::exp(shifted) / sum;
            const W bound = log ? kUnit<T> * (2 * std::fabs(shifted) + 4 * std::log(sum) + 90)
                                : kUnit<T> * exact * (90 + 2 * std::fabs(shifted));
            ASSERT_LE(std::fabs(y[at(j)] - exact), bound + std::numeric_limits<T>::min())
                << s.outer << " x " << s.n << " x " << s.inner << " log " << log;
            const W v = y[at(j)], gj = g[at(j)], p = log ? std::exp(v) : v;
            const W exact_gradient = log ? gj - p * dot : p * (gj - dot);
            const W scale = log ? std::fabs(gj) + p * (140 * dot_scale + 4 * std::fabs(dot))
                                : p * (140 * dot_scale + 2 * std::fabs(gj) + 2 * std::fabs(dot));
            ASSERT_LE(std::fabs(gx[at(j)] - exact_gradient),
                      4 * kUnit<T> * scale + std::numeric_limits<T>::min());
          }
        }
      }
    }
  }

  template <class T>
  static void FarOut() {
    for (const std::int64_t inner : {1, 3}) {
      Array<T> x(3 * inner), y(3 * inner), l(3 * inner);
      x.Fill([&](std::int64_t i) { return i / inner == 0 ? 1e4 : i / inner == 1 ? -1e4 : 1e4; });
      Run(x, y, {1, 3, inner}, false);
      Run(x, l, {1, 3, inner}, true);
      EXPECT_EQ(y[0], T(0.5));
      EXPECT_EQ(y[inner], T(0));
      EXPECT_NEAR(static_cast<double>(l[0]), -std::log(2.0), 2 * kUnit<T>);
      EXPECT_NEAR(static_cast<double>(l[inner]), -2e4 - std::log(2.0), 2e4 * 2 * kUnit<T>);
    }
  }
};

TEST_P(SoftmaxTest, FollowsTheFormulasInFloat) { Formulas<float>(12); }
TEST_P(SoftmaxTest, FollowsTheFormulasInDouble) { Formulas<double>(12); }
TEST_P(SoftmaxTest, IsStableFarOut) {
  FarOut<float>();
  FarOut<double>();
}
TEST_P(SoftmaxTest, InfinityAndNaN) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  Array<float> x(5), y(5);
  x.Fill([&](std::int64_t i) { return i == 1 ? -kInfinity : 0.0f; });
  Run(x, y, {1, 5, 1}, false);
  EXPECT_EQ(y[1], 0);
  EXPECT_EQ(y[0], 0.25f);
  x.Fill([&](std::int64_t) { return -kInfinity; });
  Run(x, y, {1, 5, 1}, false);
  EXPECT_TRUE(std::isnan(y[0]));
  x.Fill([&](std::int64_t i) { return i == 4 ? NAN : 1.0f; });
  for (const bool log : {false, true}) {
    Run(x, y, {1, 5, 1}, log);
    EXPECT_TRUE(std::isnan(y[0]) && std::isnan(y[4])) << log;
  }
}
TEST_P(SoftmaxTest, SameBitsAtOneAndTwoThreads) {
  for (const Shape& s : kShapes) {
    const std::int64_t length = s.outer * s.n * s.inner;
    Array<float> x(length), one(length), two(length);
    x.FillRandom(61, 4);
    SetThreads(1);
    Run(x, one, s, false);
    SetThreads(2);
    Run(x, two, s, false);
    EXPECT_TRUE(one.SameBits(two));
  }
}
GRADLANE_ON_EVERY_ISA_TARGET(SoftmaxTest);

}  // namespace
}  // namespace gradlane
