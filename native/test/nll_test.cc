// Negative log likelihood and its gradient against the formulas in wider arithmetic.
#include "ops/nll.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "parallel/thread_pool.h"
#include "test/arrays.h"

namespace gradlane {
namespace {

constexpr std::int64_t kIgnore = -100;

template <class T>
struct Trial {
  std::int64_t outer, classes, inner;
  bool weighted;
  Array<T> x, weight;
  Array<std::int32_t> labels;

  Trial(std::int64_t o, std::int64_t c, std::int64_t i, bool with_weight)
      : outer(o),
        classes(c),
        inner(i),
        weighted(with_weight),
        x(o * c * i, 1),
        weight(c, 1),
        labels(o * i, 2) {
    x.FillRandom(71, 4, -4);
    weight.FillRandom(73, 0.5, 1);
    Numbers numbers(74);
    labels.Fill([&](std::int64_t at) {
      const std::int64_t label = static_cast<std::int64_t>(numbers.Word() % 1000003) % c;
      return at % 5 == 3 ? kIgnore : label;
    });
  }
  Buffer weights() const { return weighted ? weight.buffer() : Buffer{}; }
  void Loss(Reduction reduction, const Array<T>& loss, const Array<T>& divisor) const {
    Nll({kDtypeOf<T>, x.buffer(), labels.buffer(), weights(), loss.buffer(), divisor.buffer(),
         outer, classes, inner, reduction, kIgnore});
  }
  void Gradient(const Array<T>& divisor, const Array<T>& grad) const {
    NllGradient({kDtypeOf<T>, labels.buffer(), weights(), divisor.buffer(), grad.buffer(), outer,
                 classes, inner, kIgnore});
  }
};

template <class T>
void Formulas(const Trial<T>& t) {
  using W = WideOf<T>;
  const std::int64_t n = t.outer * t.inner;
  Array<T> each(n, 1), one(1), mean(1), again(1), divisor(1), grad(n * t.classes, 3);
  t.Loss(Reduction::kNone, each, one);
  EXPECT_EQ(one[0], T(1));
  SetThreads(1);
  t.Loss(Reduction::kMean, mean, divisor);
  t.Gradient(divisor, grad);
  SetThreads(2);
  t.Loss(Reduction::kMean, again, divisor);
  EXPECT_TRUE(mean.SameBits(again));
  Array<T> twice(n * t.classes);
  t.Gradient(divisor, twice);
  EXPECT_TRUE(twice.SameBits(grad));
  ASSERT_TRUE(each.GuardsIntact() && grad.GuardsIntact());

  W total = 0, share = 0;
  for (std::int64_t o = 0; o < t.outer; ++o) {
    for (std::int64_t i = 0; i < t.inner; ++i) {
      const std::int64_t label = t.labels[o * t.inner + i];
      const W w = label == kIgnore ? 0 : t.weighted ? W(t.weight[label]) : 1;
      const W exact = w == 0 ? 0 : -w * t.x[(o * t.classes + label) * t.inner + i];
      EXPECT_LE(std::fabs(each[o * t.inner + i] - exact), kUnit<T> * exact);
      total += exact;
      share += w;
      for (std::int64_t c = 0; c < t.classes; ++c) {
        const W slope = c == label ? -w / divisor[0] : 0;
        EXPECT_LE(std::fabs(grad[(o * t.classes + c) * t.inner + i] - slope),
                  kUnit<T> * std::fabs(slope));
      }
    }
  }
  // Sums in double, one rounding of each product and of the quotient.
  const W running = W(n) * kUnit<double>;
  EXPECT_LE(std::fabs(divisor[0] - share), (kUnit<T> + running) * share);
  EXPECT_LE(std::fabs(mean[0] - total / share), (2 * kUnit<T> + 2 * running) * total / share);
}

template <class T>
void EveryShape() {
  for (const bool weighted : {false, true}) {
    Formulas<T>({1, 1, 1, weighted});
    Formulas<T>({16, 10, 1, weighted});
    Formulas<T>({3, 5, 17, weighted});
    Formulas<T>({20011, 3, 1, weighted});
    Formulas<T>({9, 3, 4001, weighted});
  }
}

TEST(NllTest, FollowsTheFormulasInFloat) { EveryShape<float>(); }
TEST(NllTest, FollowsTheFormulasInDouble) { EveryShape<double>(); }

TEST(NllTest, RefusesALabelBeforeWriting) {
  Trial<float> t(4, 3, 1, false);
  Array<float> loss(1), divisor(1), grad(12);
  loss[0] = divisor[0] = 7;
  grad.Fill([](std::int64_t) { return 7; });
  for (const std::int32_t bad : {3, -1}) {
    t.labels[2] = bad;
    try {
      t.Loss(Reduction::kMean, loss, divisor);
      FAIL() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kValue);
      EXPECT_NE(std::string(error.what()).find("target[2] = " + std::to_string(bad)),
                std::string::npos)
          << error.what();
    }
    EXPECT_THROW(t.Gradient(divisor, grad), Error);
    EXPECT_EQ(loss[0], 7);
    for (int i = 0; i < 12; ++i) EXPECT_EQ(grad[i], 7);
  }
}

TEST(NllTest, AllIgnoredIsNaNWithZeroGradient) {
  Trial<float> t(3, 4, 1, false);
  t.labels.Fill([](std::int64_t) { return kIgnore; });
  Array<float> loss(1), divisor(1), grad(12);
  t.Loss(Reduction::kMean, loss, divisor);
  EXPECT_TRUE(std::isnan(loss[0]));
  t.Gradient(divisor, grad);
  for (int i = 0; i < 12; ++i) EXPECT_EQ(grad[i], 0);
}

}  // namespace
}  // namespace gradlane
