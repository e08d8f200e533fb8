// Pointwise losses and their gradients against the formulas in wider arithmetic.
#include "ops/pointwise_loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

using Kind = PointwiseLossKind;

template <class W>
struct Exact {
  W loss, slope;
  W scale;        // of the loss's terms: their magnitudes without what cancels
  W slope_scale;  // of the slope's
};

template <class W>
Exact<W> ExactOf(Kind kind, W x, W y, W w, W p, W c) {
  const W d = x - y, size = std::fabs(d), sign = d > 0 ? 1 : d < 0 ? -1 : 0;
  const W low = std::log1p(std::exp(-std::fabs(x)));
  const W s = 1 / (1 + std::exp(-x)), t = 1 / (1 + std::exp(x));
  switch (kind) {
    case Kind::kMse:
      return {d * d, 2 * d, d * d, 2 * size};
    case Kind::kSmoothL1:
      if (size < c) return {d * d / (2 * c), d / c, d * d / (2 * c), size / c};
      return {size - c / 2, sign, size + c / 2, 1};
    case Kind::kHuber:
      if (size < c) return {d * d / 2, d, d * d / 2, size};
      return {c * (size - c / 2), c * sign, c * (size + c / 2), c};
    case Kind::kBce: {
      const W yes = std::fmax(std::log(x), W(-100)), no = std::fmax(std::log1p(-x), W(-100));
      const W slope = w * d / std::fmax(x * (1 - x), W(1e-12));
      const W loss = -w * (y * yes + (1 - y) * no);
      return {loss, slope, loss, std::fabs(slope)};
    }
    case Kind::kBceWithLogits: {
      const W yes = std::fmax(-x, W(0)) + low, no = std::fmax(x, W(0)) + low;
      const W loss = w * ((1 - y) * no + p * y * yes);
      return {loss, w * ((1 - y) * s - p * y * t), loss, w * ((1 - y) * s + p * y * t)};
    }
    case Kind::kKlDiv:
      if (y == 0) return {0, 0, 0, 0};
      return {y * (std::log(y) - x), -y, y * (2 * std::fabs(std::log(y)) + std::fabs(x)), y};
    case Kind::kKlDivLogTarget: {
      const W q = std::exp(y);
      return {q * (y - x), -q, q * size, q};
    }
    case Kind::kCrossEntropy: {
      if (y == 0) return {0, 0, 0, 0};
      const W loss = -y * std::log(x);
      return {loss, -y / x, std::fabs(loss), std::fabs(y / x)};
    }
  }
  return {};
}

class PointwiseLossTest : public EveryIsaTarget {
 protected:
  template <class T>
  struct Trial {
    Kind kind;
    std::int64_t n;
    double parameter;
    Array<T> x, y, weight, positive;

    Trial(Kind k, std::int64_t size, double c)
        : kind(k), n(size), parameter(c), x(size, 1), y(size, 2), weight(size, 3), positive(size) {
      const bool classes = kind == Kind::kCrossEntropy;
      const bool probability = kind == Kind::kBce || classes, log = kind >= Kind::kKlDiv;
      x.FillRandom(61, probability ? 0.5 : 4, probability ? 0.5 : log ? -4 : 0);
      y.FillRandom(62, 0.5, 0.5);
      if (kind <= Kind::kHuber) y.FillRandom(62, 4);
      if (kind == Kind::kKlDivLogTarget) y.FillRandom(62, 4, -4);
      weight.FillRandom(63, 1, 1);
      positive.FillRandom(64, 2, 2);
      if (n > 3) {
        y[1] = kind == Kind::kKlDivLogTarget ? T(-1) : T(0);
        y[2] = T(1) - y[1];
        x[3] = probability ? T(0) : y[3];
        if (classes) y[3] = 0;
      }
    }

    void Loss(const Array<T>& out, bool each, double divisor) const {
      PointwiseLoss({kDtypeOf<T>, kind, x.buffer(), y.buffer(), weight.buffer(), positive.buffer(),
                     out.buffer(), n, parameter, each, divisor});
    }
    void Gradient(const Array<T>& out, double scale) const {
      PointwiseLossGradient({kDtypeOf<T>, kind, x.buffer(), y.buffer(), weight.buffer(),
                             positive.buffer(), out.buffer(), n, parameter, scale});
    }
  };

  // 16 roundings cover the longest chain: exp and log 4 each, a sum, products, the weights.
  template <class T>
  static void Formulas(const Trial<T>& t) {
    using W = WideOf<T>;
    Array<T> each(t.n, 3), gradient(t.n, 1), sum(1), again(1);
    t.Loss(each, true, 1);
    t.Gradient(gradient, 0.3);
    SetThreads(1);
    t.Loss(sum, false, 2);
    SetThreads(2);
    t.Loss(again, false, 2);
    EXPECT_TRUE(sum.SameBits(again));
    Array<T> twice(t.n, 1);
    t.Gradient(twice, 0.3);
    EXPECT_TRUE(twice.SameBits(gradient));
    ASSERT_TRUE(each.GuardsIntact() && gradient.GuardsIntact());

    W total = 0, magnitude = 0;
    const W scale = static_cast<T>(0.3);
    for (std::int64_t i = 0; i < t.n; ++i) {
      const Exact<W> exact = ExactOf<W>(t.kind, t.x[i], t.y[i], t.weight[i], t.positive[i],
                                        static_cast<T>(t.parameter));
      EXPECT_LE(std::fabs(each[i] - exact.loss), 16 * kUnit<T> * exact.scale)
          << "kind " << static_cast<int>(t.kind) << ", x " << t.x[i] << ", y " << t.y[i];
      EXPECT_LE(std::fabs(gradient[i] - scale * exact.slope),
                18 * kUnit<T> * scale * exact.slope_scale)
          << "kind " << static_cast<int>(t.kind) << ", x " << t.x[i] << ", y " << t.y[i];
      total += exact.loss;
      magnitude += exact.scale;
    }
    // The deepest lane of a block of 1024 adds 128 losses with 16-byte vectors; the blocks' sums
    // and the parts, in double, come on top.
    EXPECT_LE(std::fabs(sum[0] - total / 2), 300 * kUnit<T> * magnitude / 2);
  }

  template <class T>
  static void EveryKind() {
    std::vector<std::int64_t> sizes(std::begin(kSizes), std::end(kSizes));
    sizes.push_back(70001);  // several parts
    for (int kind = 0; kind < kPointwiseLossCount; ++kind) {
      for (const std::int64_t n : sizes) {
        for (const double parameter : {1.0, 0.25}) {
          Formulas(Trial<T>(static_cast<Kind>(kind), n, parameter));
        }
      }
    }
    Formulas(Trial<T>(Kind::kSmoothL1, 1000, 0));
  }
};

TEST_P(PointwiseLossTest, FollowsTheFormulasInFloat) { EveryKind<float>(); }
TEST_P(PointwiseLossTest, FollowsTheFormulasInDouble) { EveryKind<double>(); }

TEST_P(PointwiseLossTest, MeanOfNothingIsNaN) {
  const Trial<float> t(Kind::kMse, 0, 0);
  Array<float> loss(1);
  t.Loss(loss, false, 0);
  EXPECT_TRUE(std::isnan(loss[0]));
}

TEST_P(PointwiseLossTest, IsStableFarOut) {
  const float x[] = {1e4f, -1e4f, 1e4f, -1e4f}, y[] = {1, 1, 0, 0};
  Trial<float> t(Kind::kBceWithLogits, 4, 0);
  for (int i = 0; i < 4; ++i) {
    t.x[i] = x[i];
    t.y[i] = y[i];
    t.weight[i] = t.positive[i] = 1;
  }
  Array<float> loss(4), gradient(4);
  t.Loss(loss, true, 1);
  t.Gradient(gradient, 1);
  const float losses[] = {0, 1e4f, 1e4f, 0}, slopes[] = {0, -1, 1, 0};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(loss[i], losses[i]);
    EXPECT_EQ(gradient[i], slopes[i]);
  }
}

TEST_P(PointwiseLossTest, CutsLogarithmsOff) {
  Trial<float> t(Kind::kBce, 2, 0);
  t.x[0] = t.y[1] = 0;
  t.y[0] = t.x[1] = t.weight[0] = t.weight[1] = 1;
  Array<float> loss(2);
  t.Loss(loss, true, 1);
  EXPECT_EQ(loss[0], 100);
  EXPECT_EQ(loss[1], 100);
}

TEST_P(PointwiseLossTest, ImpossibleClassCostsInfinityUnlessItHasNoWeight) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  Trial<float> t(Kind::kCrossEntropy, 3, 0);
  const float y[] = {0, 2, -1};
  for (int i = 0; i < 3; ++i) {
    t.x[i] = 0;
    t.y[i] = y[i];
  }
  Array<float> loss(3), gradient(3);
  t.Loss(loss, true, 1);
  t.Gradient(gradient, 1);
  const float losses[] = {0, kInfinity, -kInfinity};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(loss[i], losses[i]);
    EXPECT_EQ(gradient[i], -losses[i]);
  }
}

TEST_P(PointwiseLossTest, RefusesWhatIsNoProbabilityBeforeWriting) {
  for (const Kind kind : {Kind::kBce, Kind::kCrossEntropy}) {
    for (const float bad : {-1e-6f, 1.0000001f, std::numeric_limits<float>::quiet_NaN()}) {
      Trial<float> t(kind, 40, 0);
      t.x[37] = bad;
      Array<float> loss(40), gradient(40);
      loss.Fill([](std::int64_t) { return 7; });
      gradient.Fill([](std::int64_t) { return 7; });
      try {
        t.Loss(loss, true, 1);
        FAIL() << "no error";
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kValue);
        EXPECT_NE(std::string(error.what()).find("x[37] = "), std::string::npos) << error.what();
      }
      EXPECT_THROW(t.Gradient(gradient, 1), Error);
      for (int i = 0; i < 40; ++i) EXPECT_EQ(loss[i] + gradient[i], 14);
    }
  }
}

TEST_P(PointwiseLossTest, RefusesAnUnknownKind) {
  Trial<float> t(Kind::kMse, 1, 0);
  t.kind = static_cast<Kind>(kPointwiseLossCount);
  Array<float> loss(1);
  EXPECT_THROW(t.Loss(loss, true, 1), Error);
  EXPECT_THROW(t.Gradient(loss, 1), Error);
}
GRADLANE_ON_EVERY_ISA_TARGET(PointwiseLossTest);

}  // namespace
}  // namespace gradlane
