// Cross entropy and its gradient against the formulas in wider arithmetic.
#include "ops/cross_entropy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

constexpr std::int64_t kIgnore = -100;

class CrossEntropyTest : public EveryIsaTarget {
 protected:
  // One setting of everything that changes the formula.
  template <class T>
  struct Trial {
    std::int64_t rows, cols;
    bool indices, weighted;
    double smoothing;
    Array<T> logits, probabilities, weight;
    Array<std::int32_t> labels;

    Trial(std::int64_t r, std::int64_t c, bool by_index, bool with_weight, double s)
        : rows(r),
          cols(c),
          indices(by_index),
          weighted(with_weight),
          smoothing(s),
          logits(r * c, 1),
          probabilities(r * c, 3),
          weight(c, 1),
          labels(r, 2) {
      logits.FillRandom(71, 5);
      probabilities.FillRandom(72, 0.5, 0.5);
      weight.FillRandom(73, 0.5, 1);
      Numbers numbers(74);
      labels.Fill([&](std::int64_t i) {
        const std::int64_t label = static_cast<std::int64_t>(numbers.Word() % 1000003) % c;
        return i % 5 == 3 ? kIgnore : label;
      });
    }
    Dtype target_dtype() const { return indices ? Dtype::kInt32 : kDtypeOf<T>; }
    Buffer target() const { return indices ? labels.buffer() : probabilities.buffer(); }
    Buffer weights() const { return weighted ? weight.buffer() : Buffer{}; }
    bool counts(std::int64_t r) const { return !indices || labels[r] != kIgnore; }

    void Loss(Reduction reduction, const Array<T>& loss, const Array<T>& divisor) const {
      CrossEntropy({kDtypeOf<T>, logits.buffer(), target(), target_dtype(), weights(),
                    loss.buffer(), divisor.buffer(), rows, cols, 1, reduction, kIgnore, smoothing});
    }
    void Gradient(const Array<T>& divisor, const Array<T>& out) const {
      CrossEntropyGradient({kDtypeOf<T>, logits.buffer(), target(), target_dtype(), weights(),
                            divisor.buffer(), out.buffer(), rows, cols, 1, kIgnore, smoothing});
    }
    // loss[r] = -sum_c coefficient(r, c) log p[r, c]
    WideOf<T> Coefficient(std::int64_t r, std::int64_t c) const {
      const WideOf<T> w = weighted ? weight[c] : 1, s = smoothing;
      const WideOf<T> q =
          indices ? WideOf<T>(labels[r] == c) : WideOf<T>(probabilities[r * cols + c]);
      return w * ((1 - s) * q + s / cols);
    }
  };

  template <class T>
  static void Formulas(const Trial<T>& t) {
    using W = WideOf<T>;
    Array<T> loss(t.rows, 1), divisor(1), mean(1), mean_divisor(1), total(1),
        gradient(t.rows * t.cols, 3);
    t.Loss(Reduction::kNone, loss, divisor);
    EXPECT_EQ(divisor[0], T(1));
    t.Loss(Reduction::kSum, total, divisor);
    EXPECT_EQ(divisor[0], T(1));
    t.Loss(Reduction::kMean, mean, mean_divisor);
    divisor[0] = T(3.5);
    t.Gradient(divisor, gradient);
    ASSERT_TRUE(loss.GuardsIntact() && gradient.GuardsIntact());

    W sum = 0, share = 0, sum_scale = 0;
    for (std::int64_t r = 0; r < t.rows; ++r) {
      const auto x = [&](std::int64_t c) { return W(t.logits[r * t.cols + c]); };
      W exps = 0, mass = 0, exact = 0;
      for (std::int64_t c = 0; c < t.cols; ++c) exps += std::exp(x(c));
      const W lse = std::log(exps);
      for (std::int64_t c = 0; c < t.cols && t.counts(r); ++c) {
        mass += t.Coefficient(r, c);
        exact -= t.Coefficient(r, c) * (x(c) - lse);
      }
      // Logits lie within 5 of 0, so |x - max| <= 10 and log sum exp(x - max) <= log(cols); 140
      // roundings is the depth of a blocked sum.
      const W scale = mass * (10 + std::log(W(t.cols)));
      EXPECT_LE(std::fabs(loss[r] - exact), 140 * kUnit<T> * scale);
      sum += exact;
      sum_scale += scale;
      if (t.counts(r)) share += !t.indices ? 1 : t.weighted ? W(t.weight[t.labels[r]]) : 1;
      for (std::int64_t c = 0; c < t.cols; ++c) {
        const W p = std::exp(x(c) - lse);
        const W k = t.counts(r) ? t.Coefficient(r, c) : 0;
        const W slope = t.counts(r) ? (p * mass - k) / W(3.5) : 0;
        EXPECT_LE(std::fabs(gradient[r * t.cols + c] - slope),
                  kUnit<T> * (160 * p * mass + 8 * k) / W(3.5));
      }
    }
    // The divisor is a plain sum in double over the rows, the losses one over the rows of a part
    // and then over the parts.
    const W running = W(t.rows) * kUnit<double>;
    EXPECT_LE(std::fabs(total[0] - sum), (140 * kUnit<T> + running) * sum_scale);
    EXPECT_LE(std::fabs(mean_divisor[0] - share), (kUnit<T> + running) * share);
    EXPECT_LE(std::fabs(mean[0] - sum / share), (140 * kUnit<T> + 2 * running) * sum_scale / share);

    // Over the logits themselves, and at another number of threads.
    Array<T> over(t.logits), first(1), second(1);
    CrossEntropyGradient({kDtypeOf<T>, over.buffer(), t.target(), t.target_dtype(), t.weights(),
                          divisor.buffer(), over.buffer(), t.rows, t.cols, 1, kIgnore,
                          t.smoothing});
    EXPECT_TRUE(over.SameBits(gradient));
    SetThreads(1);
    t.Loss(Reduction::kMean, first, divisor);
    SetThreads(2);
    t.Loss(Reduction::kMean, second, divisor);
    EXPECT_TRUE(first.SameBits(second));
  }

  template <class T>
  static void EverySetting() {
    struct Shape {
      std::int64_t rows, cols;
    };
    for (const Shape s : {Shape{1, 1}, Shape{1, 2}, Shape{16, 10}, Shape{33, 17}, Shape{7, 100},
                          Shape{3, 5000}, Shape{2000, 10}}) {
      for (const bool indices : {true, false}) {
        for (const bool weighted : {false, true}) {
          for (const double smoothing : {0.0, 0.1}) {
            Formulas<T>({s.rows, s.cols, indices, weighted, smoothing});
          }
        }
      }
    }
  }
};

TEST_P(CrossEntropyTest, FollowsTheFormulasInFloat) { EverySetting<float>(); }
TEST_P(CrossEntropyTest, FollowsTheFormulasInDouble) { EverySetting<double>(); }

// The same numbers row by row and with the classes of a sample `inner` apart.
template <class T>
void PlacesAgreeWithRows(std::int64_t outer, std::int64_t classes, std::int64_t inner,
                         bool indices) {
  const std::int64_t samples = outer * inner, n = samples * classes;
  Array<T> rows(n), planes(n, 1), target_rows(n), target_planes(n, 3);
  Array<std::int32_t> labels(samples, 1);
  rows.FillRandom(81, 5);
  target_rows.FillRandom(82, 0.5 / classes, 0.5 / classes);
  Numbers numbers(83);
  labels.Fill([&](std::int64_t i) {
    return i % 7 == 2 ? kIgnore : static_cast<std::int64_t>(numbers.Word() % 1000003) % classes;
  });
  const auto place = [&](std::int64_t i) {
    const std::int64_t sample = i / (classes * inner) * inner + i % inner;
    return sample * classes + i / inner % classes;
  };
  planes.Fill([&](std::int64_t i) { return rows[place(i)]; });
  target_planes.Fill([&](std::int64_t i) { return target_rows[place(i)]; });

  Array<T> row_loss(samples), row_grad(n), divisor(1), mean(1), first_loss(samples), first_grad(n);
  const Dtype target_dtype = indices ? Dtype::kInt32 : kDtypeOf<T>;
  const Buffer by_row = indices ? labels.buffer() : target_rows.buffer();
  const Buffer by_place = indices ? labels.buffer() : target_planes.buffer();
  CrossEntropy({kDtypeOf<T>,
                rows.buffer(),
                by_row,
                target_dtype,
                {},
                row_loss.buffer(),
                divisor.buffer(),
                samples,
                classes,
                1,
                Reduction::kNone,
                kIgnore,
                0.1});
  CrossEntropyGradient({kDtypeOf<T>,
                        rows.buffer(),
                        by_row,
                        target_dtype,
                        {},
                        divisor.buffer(),
                        row_grad.buffer(),
                        samples,
                        classes,
                        1,
                        kIgnore,
                        0.1});
  // A row's coefficients add up to 1 at most; see Formulas for the bounds, taken twice.
  const WideOf<T> loss_bound = 280 * kUnit<T> * (10 + std::log(WideOf<T>(classes)));
  for (const int threads : {1, 2}) {
    SetThreads(threads);
    Array<T> loss(samples, 2), grad(n, 1);
    CrossEntropy({kDtypeOf<T>,
                  planes.buffer(),
                  by_place,
                  target_dtype,
                  {},
                  loss.buffer(),
                  divisor.buffer(),
                  outer,
                  classes,
                  inner,
                  Reduction::kNone,
                  kIgnore,
                  0.1});
    CrossEntropyGradient({kDtypeOf<T>,
                          planes.buffer(),
                          by_place,
                          target_dtype,
                          {},
                          divisor.buffer(),
                          grad.buffer(),
                          outer,
                          classes,
                          inner,
                          kIgnore,
                          0.1});
    Array<T> over(planes);
    CrossEntropyGradient({kDtypeOf<T>,
                          over.buffer(),
                          by_place,
                          target_dtype,
                          {},
                          divisor.buffer(),
                          over.buffer(),
                          outer,
                          classes,
                          inner,
                          kIgnore,
                          0.1});
    EXPECT_TRUE(loss.GuardsIntact() && grad.GuardsIntact());
    EXPECT_TRUE(over.SameBits(grad));
    for (std::int64_t i = 0; i < samples; ++i) {
      ASSERT_LE(std::fabs(loss[i] - row_loss[i]), loss_bound) << i;
    }
    for (std::int64_t i = 0; i < n; ++i) {
      ASSERT_LE(std::fabs(grad[i] - row_grad[place(i)]), 2 * 168 * kUnit<T>) << i;
    }
    if (threads == 1) {
      first_loss.Fill([&](std::int64_t i) { return loss[i]; });
      first_grad.Fill([&](std::int64_t i) { return grad[i]; });
    } else {
      EXPECT_TRUE(loss.SameBits(first_loss) && grad.SameBits(first_grad));
    }
  }
}

TEST_P(CrossEntropyTest, ClassesOfPlacesAgreeWithRows) {
  struct Shape {
    std::int64_t outer, classes, inner;
  };
  for (const Shape s : {Shape{2, 3, 2}, Shape{3, 10, 17}, Shape{1, 21, 1500}, Shape{200, 5, 20},
                        Shape{2, 1000, 33}, Shape{2, 1, 40}}) {
    for (const bool indices : {true, false}) {
      PlacesAgreeWithRows<float>(s.outer, s.classes, s.inner, indices);
      PlacesAgreeWithRows<double>(s.outer, s.classes, s.inner, indices);
    }
  }
}

TEST_P(CrossEntropyTest, RefusesALabelBeforeWriting) {
  CrossEntropyTest::Trial<float> t(4, 3, true, false, 0);
  Array<float> loss(1), divisor(1), gradient(12);
  loss[0] = divisor[0] = 7;
  gradient.Fill([](std::int64_t) { return 7; });
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
    EXPECT_THROW(t.Gradient(divisor, gradient), Error);
    EXPECT_EQ(loss[0], 7);
    EXPECT_EQ(gradient[0], 7);
  }
}

TEST_P(CrossEntropyTest, AllIgnoredIsNaNWithZeroGradient) {
  CrossEntropyTest::Trial<float> t(3, 4, true, false, 0.1);
  t.labels.Fill([](std::int64_t) { return kIgnore; });
  Array<float> loss(1), divisor(1), gradient(12);
  t.Loss(Reduction::kMean, loss, divisor);
  EXPECT_TRUE(std::isnan(loss[0]));
  t.Gradient(divisor, gradient);
  for (int i = 0; i < 12; ++i) EXPECT_EQ(gradient[i], 0);
}

TEST_P(CrossEntropyTest, IsStableFarOut) {
  CrossEntropyTest::Trial<float> t(2, 3, true, false, 0);
  const float logits[] = {1e4f, -1e4f, 0, 1e4f, -1e4f, 0};
  t.logits.Fill([&](std::int64_t i) { return logits[i]; });
  t.labels[0] = 0;
  t.labels[1] = 1;
  Array<float> loss(2), divisor(1), gradient(6);
  t.Loss(Reduction::kNone, loss, divisor);
  EXPECT_EQ(loss[0], 0);
  EXPECT_EQ(loss[1], 2e4f);
  t.Gradient(divisor, gradient);
  EXPECT_EQ(gradient[0], 0);
  EXPECT_EQ(gradient[3], 1);
  EXPECT_EQ(gradient[4], -1);
}
GRADLANE_ON_EVERY_ISA_TARGET(CrossEntropyTest);

}  // namespace
}  // namespace gradlane
