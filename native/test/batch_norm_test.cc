// Batch normalisation and its gradients against the formulas in wider arithmetic.
#include "ops/batch_norm.h"

#include <gtest/gtest.h>

#include <cmath>

#include "ops/norm_blocks.h"
#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

constexpr double kEps = 1e-5;

struct Shape {
  std::int64_t batch, channels, spatial;
};
constexpr Shape kShapes[] = {{2, 1, 1},    {3, 5, 1},   {64, 32, 1},  {257, 9, 1}, {1030, 1100, 1},
                             {2, 3, 4},    {5, 7, 3},   {4, 3, 49},   {3, 17, 64}, {1, 1, 4097},
                             {2, 3, 9001}, {70, 3, 63}, {300, 2, 130}};

template <class T>
struct Case {
  explicit Case(const Shape& s)
      : shape(s),
        x(s.batch * s.channels * s.spatial, 1),
        g(x.size(), 2),
        out(x.size(), 3),
        grad_x(x.size(), 1),
        weight(s.channels, 1),
        bias(s.channels, 2),
        running_mean(s.channels),
        running_var(s.channels),
        mean(s.channels, 3),
        inverse_std(s.channels, 1),
        grad_weight(s.channels),
        grad_bias(s.channels),
        sums(2 * s.channels),
        batches(1) {
    x.FillRandom(1, 2, 0.5);
    g.FillRandom(2);
    weight.FillRandom(3);
    bias.FillRandom(4);
    running_mean.Fill([](std::int64_t) { return 0; });
    running_var.Fill([](std::int64_t) { return 1; });
    batches.Fill([](std::int64_t) { return 0; });
  }

  void Run() {
    const auto [n, c, s] = shape;
    BatchNorm({kDtypeOf<T>, x.buffer(), weight.buffer(), bias.buffer(), running_mean.buffer(),
               running_var.buffer(), batches.buffer(), mean.buffer(), inverse_std.buffer(),
               out.buffer(), n, c, s, kEps, 0.1});
    BatchNormSums({kDtypeOf<T>, x.buffer(), g.buffer(), mean.buffer(), inverse_std.buffer(),
                   sums.buffer(), grad_weight.buffer(), grad_bias.buffer(), n, c, s, 0, 0});
    BatchNormGradient({kDtypeOf<T>, x.buffer(), g.buffer(), weight.buffer(), mean.buffer(),
                       inverse_std.buffer(), sums.buffer(), grad_x.buffer(), n, c, s});
  }

  bool GuardsIntact() const {
    return out.GuardsIntact() && grad_x.GuardsIntact() && mean.GuardsIntact() &&
           inverse_std.GuardsIntact() && running_mean.GuardsIntact() &&
           running_var.GuardsIntact() && grad_weight.GuardsIntact() && grad_bias.GuardsIntact() &&
           sums.GuardsIntact() && batches.GuardsIntact();
  }

  Shape shape;
  Array<T> x, g, out, grad_x, weight, bias, running_mean, running_var, mean, inverse_std,
      grad_weight, grad_bias;
  Array<double> sums;
  Array<std::int32_t> batches;
};

class BatchNormTest : public EveryIsaTarget {
 protected:
  template <class T>
  static void Formulas() {
    using W = WideOf<T>;
    for (const Shape& s : kShapes) {
      Case<T> it(s);
      it.Run();
      ASSERT_TRUE(it.GuardsIntact());
      EXPECT_EQ(it.batches[0], 1);
      const std::int64_t m = s.batch * s.spatial;
      for (std::int64_t c = 0; c < s.channels; ++c) {
        const auto each = [&](auto&& body) {
          for (std::int64_t b = 0; b < s.batch; ++b) {
            for (std::int64_t i = 0; i < s.spatial; ++i) {
              body((b * s.channels + c) * s.spatial + i);
            }
          }
        };
        W mean = 0, variance = 0, sum_g = 0, sum_gx = 0;
        each([&](std::int64_t i) { mean += it.x[i]; });
        mean /= static_cast<W>(m);
        each([&](std::int64_t i) { variance += (it.x[i] - mean) * (it.x[i] - mean); });
        variance /= static_cast<W>(m);
        const W inverse = 1 / std::sqrt(variance + static_cast<W>(kEps));
        each([&](std::int64_t i) {
          sum_g += it.g[i];
          sum_gx += it.g[i] * (it.x[i] - mean);
        });
        // Numbers up to 2.5, deviations up to 4, gradients up to 1: a lane adds up at most 256
        // terms, 16 lanes and chains join in 6 steps, the blocks in double. (At most 2^12 blocks of
        // them.)
        const W step = kUnit<T> * 300;
        const W relative = step * (1 + 16 / (variance + static_cast<W>(kEps)));
        const W unbiased = variance * static_cast<W>(m) / static_cast<W>(m - 1);
        ASSERT_LE(std::fabs(it.mean[c] - mean), 4 * step);
        ASSERT_LE(std::fabs(it.inverse_std[c] - inverse), inverse * relative);
        ASSERT_LE(std::fabs(it.running_mean[c] - mean / 10), step);
        ASSERT_LE(std::fabs(it.running_var[c] - (W(0.9) + unbiased / 10)), 8 * step);
        ASSERT_LE(std::fabs(it.grad_bias[c] - sum_g), step * static_cast<W>(m));
        ASSERT_LE(std::fabs(it.grad_weight[c] - sum_gx * inverse),
                  (step * 10 + relative * 4) * inverse * static_cast<W>(m));
        const W w = it.weight[c], bias = it.bias[c];
        each([&](std::int64_t i) {
          const W hat = (it.x[i] - mean) * inverse;
          ASSERT_LE(std::fabs(it.out[i] - (hat * w + bias)),
                    std::fabs(w) * (4 * step * inverse + std::fabs(hat) * (relative + step)) +
                        4 * kUnit<T> * (std::fabs(bias) + 1));
          const W along = hat * (sum_gx * inverse / static_cast<W>(m));
          const W exact = w * inverse * (it.g[i] - sum_g / static_cast<W>(m) - along);
          // every factor of `along` is off by at most relative + 10 steps of deviations of 4
          const W bound = 4 * std::fabs(w) * inverse * (1 + std::fabs(hat) + 1) *
                          (1 + 4 * inverse) * (relative + 10 * step);
          ASSERT_LE(std::fabs(it.grad_x[i] - exact), bound)
              << s.batch << " x " << s.channels << " x " << s.spatial;
        });
      }
    }
  }

  template <class T>
  static void SameBits() {
    for (const Shape& s : kShapes) {
      Case<T> one(s), two(s);
      SetThreads(1);
      one.Run();
      SetThreads(2);
      two.Run();
      EXPECT_TRUE(one.out.SameBits(two.out) && one.grad_x.SameBits(two.grad_x) &&
                  one.mean.SameBits(two.mean) && one.running_var.SameBits(two.running_var) &&
                  one.grad_weight.SameBits(two.grad_weight) && one.sums.SameBits(two.sums));
    }
  }
};

TEST_P(BatchNormTest, StatisticsApartHaveTheSameBits) {
  for (const Shape& s : kShapes) {
    Case<float> whole(s), apart(s);
    Array<double> share(1);
    whole.Run();
    const auto [n, c, spatial] = s;
    BatchNormStatistics({Dtype::kFloat32, apart.x.buffer(), apart.running_mean.buffer(),
                         apart.running_var.buffer(), apart.batches.buffer(), apart.mean.buffer(),
                         apart.inverse_std.buffer(), share.buffer(), n, c, spatial, kEps, 0.1,
                         true});
    BatchNormInference({Dtype::kFloat32, apart.x.buffer(), apart.weight.buffer(),
                        apart.bias.buffer(), Buffer{}, Buffer{}, apart.mean.buffer(),
                        apart.inverse_std.buffer(), apart.out.buffer(), n, c, spatial, kEps});
    EXPECT_EQ(share[0], 1);
    EXPECT_TRUE(apart.GuardsIntact() && share.GuardsIntact());
    EXPECT_TRUE(whole.out.SameBits(apart.out) && whole.mean.SameBits(apart.mean) &&
                whole.inverse_std.SameBits(apart.inverse_std) &&
                whole.running_mean.SameBits(apart.running_mean) &&
                whole.running_var.SameBits(apart.running_var) &&
                whole.batches.SameBits(apart.batches));
  }
}
TEST_P(BatchNormTest, FollowsTheFormulasInFloat) { Formulas<float>(); }
TEST_P(BatchNormTest, FollowsTheFormulasInDouble) { Formulas<double>(); }
TEST_P(BatchNormTest, SameBitsAtOneAndTwoThreads) {
  SameBits<float>();
  SameBits<double>();
}
TEST_P(BatchNormTest, EqualNumbersHaveNoVariance) {
  for (const Shape& s : kShapes) {
    Case<float> it(s);
    it.x.Fill([](std::int64_t) { return 0.1f; });
    it.weight.Fill([](std::int64_t) { return 1; });
    it.bias.Fill([](std::int64_t) { return 0; });
    it.Run();
    for (std::int64_t i = 0; i < it.out.size(); ++i) {
      // 0.1 less the mean, which is rounded once more than the numbers are
      ASSERT_LE(std::fabs(it.out[i]), 2 * kUnit<float> * 0.1f / std::sqrt(kEps));
    }
  }
}
GRADLANE_ON_EVERY_ISA_TARGET(BatchNormTest);

TEST(BatchNorm, JoinsMomentsOfPartsInTheirOrder) {
  // Two channels of three parts, the second of which has no values; numbers around 1e9.
  const double far = 1e9;
  const Moments parts[] = {{2, far, 1, 2}, {1, far, 5, 0},  {0, 0, 0, 0},
                           {0, 0, 0, 0},   {4, far, 3, 20}, {3, 7, 0, 6}};
  const Moments first = JoinMoments(parts, 3, 2);
  EXPECT_EQ(first.n, 6);  // 0 and 2, 0, 2, 4 and 6, beside `far`
  EXPECT_EQ(first.Mean(), far + (2 * 1 + 4 * 3) / 6.0);
  EXPECT_NEAR(first.squares, 2 + 20 + 4 * 8 / 6.0, 1e-13);
  const Moments second = JoinMoments(parts + 1, 3, 2);
  EXPECT_EQ(second.n, 4);
  EXPECT_NEAR(second.Mean(), (far + 5 + 3 * 7.0) / 4, 1e-6);
  EXPECT_EQ(JoinMoments(parts + 2, 2, 1).n, 0);
}

TEST(BatchNorm, RefusesShortBuffersBeforeAnythingChanges) {
  Case<float> it({2, 3, 4});
  Array<float> two(2);
  EXPECT_THROW(
      BatchNorm({Dtype::kFloat32, it.x.buffer(), two.buffer(), it.bias.buffer(),
                 it.running_mean.buffer(), it.running_var.buffer(), it.batches.buffer(),
                 it.mean.buffer(), it.inverse_std.buffer(), it.out.buffer(), 2, 3, 4, kEps, 0.1}),
      Error);
  EXPECT_EQ(it.batches[0], 0);
  EXPECT_THROW(
      BatchNorm({Dtype::kFloat32, it.x.buffer(), Buffer{}, Buffer{}, Buffer{}, Buffer{}, Buffer{},
                 it.mean.buffer(), it.inverse_std.buffer(), it.out.buffer(), -2, 3, 4, kEps, 0.1}),
      Error);
}

}  // namespace
}  // namespace gradlane
