// Group normalisation against its formula, and its bits at one and two threads.
#include "ops/group_norm.h"

#include <gtest/gtest.h>

#include <cmath>

#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

struct Shape {
  std::int64_t batch, channels, spatial, groups;
};
constexpr Shape kShapes[] = {{3, 4, 1, 2},  {2, 6, 5, 3},    {5, 34, 1, 17},
                             {4, 3, 49, 3}, {2, 4, 4097, 2}, {40, 6, 300, 2}};

struct Case {
  explicit Case(const Shape& s)
      : shape(s),
        x(s.batch * s.channels * s.spatial, 1),
        g(x.size(), 2),
        out(x.size(), 3),
        grad_x(x.size(), 1),
        weight(s.channels, 1),
        bias(s.channels),
        mean(s.batch * s.groups),
        inverse_std(s.batch * s.groups),
        grad_weight(s.channels),
        grad_bias(s.channels),
        sums(2 * s.batch * s.channels) {
    x.FillRandom(1, 2, 0.5);
    g.FillRandom(2);
    weight.FillRandom(3);
    bias.FillRandom(4);
  }
  void Run() {
    const auto [n, c, s, groups] = shape;
    GroupNorm({Dtype::kFloat32, x.buffer(), weight.buffer(), bias.buffer(), mean.buffer(),
               inverse_std.buffer(), out.buffer(), n, c, s, groups, 1e-5});
    GroupNormSums({Dtype::kFloat32, x.buffer(), g.buffer(), mean.buffer(), inverse_std.buffer(),
                   sums.buffer(), grad_weight.buffer(), grad_bias.buffer(), n, c, s, groups, 0, 0});
    GroupNormGradient({Dtype::kFloat32, x.buffer(), g.buffer(), weight.buffer(), mean.buffer(),
                       inverse_std.buffer(), sums.buffer(), grad_x.buffer(), n, c, s, groups});
  }

  Shape shape;
  Array<float> x, g, out, grad_x, weight, bias, mean, inverse_std, grad_weight, grad_bias;
  Array<double> sums;
};

class GroupNormTest : public EveryIsaTarget {};

TEST_P(GroupNormTest, FollowsTheFormula) {
  for (const Shape& s : kShapes) {
    Case it(s);
    it.Run();
    ASSERT_TRUE(it.out.GuardsIntact() && it.grad_x.GuardsIntact() && it.sums.GuardsIntact());
    const std::int64_t size = s.channels / s.groups * s.spatial;
    // As for batch normalisation: at most 256 terms a lane, and some ten steps that join them.
    const double step = kUnit<float> * 300;
    for (std::int64_t group = 0; group < s.batch * s.groups; ++group) {
      double mean = 0, variance = 0;
      for (std::int64_t i = group * size; i < (group + 1) * size; ++i) mean += it.x[i];
      mean /= static_cast<double>(size);
      for (std::int64_t i = group * size; i < (group + 1) * size; ++i) {
        variance += (it.x[i] - mean) * (it.x[i] - mean) / static_cast<double>(size);
      }
      const double inverse = 1 / std::sqrt(variance + 1e-5);
      for (std::int64_t i = group * size; i < (group + 1) * size; ++i) {
        const std::int64_t c = i / s.spatial % s.channels;
        const double hat = (it.x[i] - mean) * inverse, w = std::fabs(it.weight[c]);
        ASSERT_LE(std::fabs(it.out[i] - (hat * it.weight[c] + it.bias[c])),
                  w * (4 * step * inverse + std::fabs(hat) * step * (2 + 16 * inverse * inverse)) +
                      8 * kUnit<float>);
      }
    }
  }
}

TEST_P(GroupNormTest, SameBitsAtOneAndTwoThreads) {
  for (const Shape& s : kShapes) {
    Case one(s), two(s);
    SetThreads(1);
    one.Run();
    SetThreads(2);
    two.Run();
    EXPECT_TRUE(one.out.SameBits(two.out) && one.grad_x.SameBits(two.grad_x) &&
                one.grad_weight.SameBits(two.grad_weight) && one.sums.SameBits(two.sums));
  }
}
GRADLANE_ON_EVERY_ISA_TARGET(GroupNormTest);

}  // namespace
}  // namespace gradlane
