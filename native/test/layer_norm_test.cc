// Layer normalisation and its gradients against the formulas in wider arithmetic.
#include "ops/layer_norm.h"

#include <gtest/gtest.h>

#include <cmath>

#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

constexpr double kEps = 1e-5;

struct Shape {
  std::int64_t rows, cols;
};
constexpr Shape kShapes[] = {{1, 2}, {3, 5}, {64, 32}, {257, 10}, {2, 4097}, {300, 1030}};

template <class T>
struct Case {
  explicit Case(const Shape& s)
      : shape(s),
        x(s.rows * s.cols, 1),
        g(x.size(), 2),
        out(x.size(), 3),
        grad_x(x.size(), 1),
        weight(s.cols, 1),
        bias(s.cols, 2),
        mean(s.rows, 3),
        inverse_std(s.rows, 1),
        grad_weight(s.cols),
        grad_bias(s.cols) {
    x.FillRandom(1, 2, 0.5);
    g.FillRandom(2);
    weight.FillRandom(3);
    bias.FillRandom(4);
  }

  void Run() {
    const auto [rows, cols] = shape;
    LayerNorm({kDtypeOf<T>, x.buffer(), weight.buffer(), bias.buffer(), mean.buffer(),
               inverse_std.buffer(), out.buffer(), rows, cols, kEps});
    LayerNormGradient({kDtypeOf<T>, x.buffer(), g.buffer(), weight.buffer(), mean.buffer(),
                       inverse_std.buffer(), grad_x.buffer(), rows, cols});
    LayerNormAffineGradient({kDtypeOf<T>, x.buffer(), g.buffer(), mean.buffer(),
                             inverse_std.buffer(), grad_weight.buffer(), grad_bias.buffer(), rows,
                             cols, 0, 0});
  }

  Shape shape;
  Array<T> x, g, out, grad_x, weight, bias, mean, inverse_std, grad_weight, grad_bias;
};

class LayerNormTest : public EveryIsaTarget {
 protected:
  template <class T>
  static void Formulas() {
    using W = WideOf<T>;
    for (const Shape& s : kShapes) {
      Case<T> it(s);
      it.Run();
      ASSERT_TRUE(it.out.GuardsIntact() && it.grad_x.GuardsIntact() && it.mean.GuardsIntact() &&
                  it.inverse_std.GuardsIntact() && it.grad_weight.GuardsIntact() &&
                  it.grad_bias.GuardsIntact());
      // As for batch normalisation: a lane adds up at most 256 terms, which join in some ten steps.
      const W step = kUnit<T> * 300;
      Array<W> weights(s.cols), biases(s.cols), sizes(s.cols);
      weights.Fill([](std::int64_t) { return 0; });
      biases.Fill([](std::int64_t) { return 0; });
      sizes.Fill([](std::int64_t) { return 0; });
      const W n = static_cast<W>(s.cols);
      for (std::int64_t r = 0; r < s.rows; ++r) {
        const auto at = [&](std::int64_t c) { return r * s.cols + c; };
        W mean = 0, variance = 0, sum = 0, product = 0;
        for (std::int64_t c = 0; c < s.cols; ++c) mean += it.x[at(c)] / n;
        for (std::int64_t c = 0; c < s.cols; ++c) {
          variance += (it.x[at(c)] - mean) * (it.x[at(c)] - mean) / n;
        }
        const W inverse = 1 / std::sqrt(variance + static_cast<W>(kEps));
        const W relative = step * (1 + 16 * inverse * inverse);
        const auto hat = [&](std::int64_t c) { return (it.x[at(c)] - mean) * inverse; };
        for (std::int64_t c = 0; c < s.cols; ++c) {
          const W d = W(it.g[at(c)]) * it.weight[c];
          sum += d / n;
          product += d * hat(c) / n;
          weights[c] += it.g[at(c)] * hat(c);
          biases[c] += it.g[at(c)];
          sizes[c] += (1 + inverse) * (1 + std::fabs(hat(c))) * (relative + 10 * step);
        }
        ASSERT_LE(std::fabs(it.mean[r] - mean), 4 * step);
        ASSERT_LE(std::fabs(it.inverse_std[r] - inverse), inverse * relative);
        for (std::int64_t c = 0; c < s.cols; ++c) {
          const W w = std::fabs(it.weight[c]);
          ASSERT_LE(std::fabs(it.out[at(c)] - (hat(c) * it.weight[c] + it.bias[c])),
                    w * (4 * step * inverse + std::fabs(hat(c)) * (relative + step)) +
                        4 * kUnit<T> * (std::fabs(it.bias[c]) + 1));
          const W exact = inverse * (W(it.g[at(c)]) * it.weight[c] - sum - hat(c) * product);
          const W bound =
              4 * inverse * (2 + std::fabs(hat(c))) * (1 + 4 * inverse) * (relative + 10 * step);
          ASSERT_LE(std::fabs(it.grad_x[at(c)] - exact), bound) << s.rows << " x " << s.cols;
        }
      }
      for (std::int64_t c = 0; c < s.cols; ++c) {
        ASSERT_LE(std::fabs(it.grad_weight[c] - weights[c]), 4 * sizes[c]);
        ASSERT_LE(std::fabs(it.grad_bias[c] - biases[c]), step * static_cast<W>(s.rows));
      }
    }
  }
};

TEST_P(LayerNormTest, FollowsTheFormulasInFloat) { Formulas<float>(); }
TEST_P(LayerNormTest, FollowsTheFormulasInDouble) { Formulas<double>(); }
TEST_P(LayerNormTest, SameBitsAtOneAndTwoThreads) {
  for (const Shape& s : kShapes) {
    Case<float> one(s), two(s);
    SetThreads(1);
    one.Run();
    SetThreads(2);
    two.Run();
    EXPECT_TRUE(one.out.SameBits(two.out) && one.grad_x.SameBits(two.grad_x) &&
                one.grad_weight.SameBits(two.grad_weight) && one.grad_bias.SameBits(two.grad_bias));
  }
}
GRADLANE_ON_EVERY_ISA_TARGET(LayerNormTest);

}  // namespace
}  // namespace gradlane
