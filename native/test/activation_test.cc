// Activations and their gradients against the formulas in wider arithmetic, at every size, offset
// and ISA target, and the same bits wherever an element stands.
#include "ops/activation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

struct Case {
  Activation kind;
  double parameter;
};
constexpr Case kCases[] = {
    {Activation::kIdentity, 0},     {Activation::kRelu, 0},
    {Activation::kLeakyRelu, 0.01}, {Activation::kSigmoid, 0},
    {Activation::kTanh, 0},         {Activation::kSwish, 1},
    {Activation::kSwish, 1.5},      {Activation::kGelu, 0},
    {Activation::kGeluTanh, 0},     {Activation::kSoftplus, 1},
    {Activation::kSoftplus, 2},     {Activation::kSignStraightThrough, 0},
    {Activation::kSignClipped, 0},  {Activation::kSignParabola, 0},
};

// f(x), f'(x), and the magnitude of the terms that make each up: an error of a few roundings of it
// is what the formulas themselves cost.
template <class W>
struct Expected {
  W y, slope, y_scale, slope_scale;
};

template <class W>
Expected<W> Expect(Activation kind, W x, W p) {
  const W one = 1;
  const auto sigmoid = [&](W z) { return one / (one + std::exp(-z)); };
  switch (kind) {
    case Activation::kIdentity:
      return {x, 1, 0, 0};
    case Activation::kRelu:
      return {x > 0 ? x : 0, x > 0 ? one : 0, 0, 0};
    case Activation::kLeakyRelu:
      return {x > 0 ? x : p * x, x > 0 ? one : p, std::fabs(x), 1};
    case Activation::kSigmoid: {
      const W s = sigmoid(x);
      return {s, s * (one - s), s, 2 * s};
    }
    case Activation::kTanh: {
      const W t = std::tanh(x);
      return {t, one - t * t, std::fabs(t), 2};
    }
    case Activation::kSwish: {
      const W z = p * x, s = sigmoid(z);
      // The rounding of p * x is amplified by its own size.
      const W amplified = s * (one + std::fabs(z));
      return {x * s, s * (one + z * (one - s)), std::fabs(x) * amplified,
              amplified * (one + std::fabs(z))};
    }
    case Activation::kGelu: {
      const W c = (one + std::erf(x / std::sqrt(W(2)))) / 2;
      const W d = std::exp(-x * x / 2) / std::sqrt(2 * W(3.14159265358979323846264338327950288L));
      return {x * c, c + x * d, std::fabs(x), one + std::fabs(x) * d * (one + x * x)};
    }
    case Activation::kGeluTanh: {
      const W k = std::sqrt(W(2) / W(3.14159265358979323846264338327950288L)), a = W(0.044715L);
      const W t = std::tanh(k * (x + a * x * x * x));
      const W u = k * (x + a * x * x * x), inner = k * (one + 3 * a * x * x);
      return {x * (one + t) / 2, (one + t) / 2 + x * (one - t * t) * inner / 2, std::fabs(x),
              one + std::fabs(x) * (one - t * t) * inner * (one + std::fabs(u))};
    }
    case Activation::kSoftplus: {
      const W z = p * x;
      if (z > 20) return {x, 1, std::fabs(x), 1};
      const W y = std::log1p(std::exp(z)) / p;
      return {y, sigmoid(z), y * (one + std::fabs(z)), sigmoid(z) * (one + std::fabs(z))};
    }
    case Activation::kSignStraightThrough:
      return {x < 0 ? -one : one, one, 0, 0};
    case Activation::kSignClipped:
      return {x < 0 ? -one : one, std::fabs(x) <= 1 ? one : 0, 0, 0};
    case Activation::kSignParabola: {
      const W slope = x < 0 ? 2 * x + 2 : 2 - 2 * x;
      return {x < 0 ? -one : one, x >= -1 && x < 1 ? slope : 0, 0, 0};
    }
  }
  return {};
}

template <class T>
struct Invoke {
  static void Forward(const Case& c, const Array<T>& x, const Array<T>& y) {
    ActivationForward({kDtypeOf<T>, c.kind, x.buffer(), y.buffer(), x.size(), c.parameter});
  }
  static void Gradient(const Case& c, const Array<T>& x, const Array<T>& y, const Array<T>& g,
                       const Array<T>& out) {
    ActivationGradient({kDtypeOf<T>, c.kind, x.buffer(), y.buffer(), g.buffer(), out.buffer(),
                        x.size(), c.parameter});
  }
};

class ActivationTest : public EveryIsaTarget {
 protected:
  // Ten roundings of the terms, and what is lost of a result below the smallest normal number.
  template <class T>
  static void ExpectClose(T got, WideOf<T> exact, WideOf<T> scale, const Case& c, T x) {
    const WideOf<T> bound =
        10 * kUnit<T> * (std::fabs(exact) + scale) + std::numeric_limits<T>::min();
    EXPECT_LE(std::fabs(static_cast<WideOf<T>>(got) - exact), bound)
        << "kind " << static_cast<int>(c.kind) << " x " << x << " got " << got << " expected "
        << static_cast<double>(exact);
  }

  template <class T>
  static void Formulas() {
    for (const Case& c : kCases) {
      for (const std::int64_t n : kSizes) {
        Array<T> x(n, n % 4), y(n, 1), g(n, 2), out(n, 3);
        x.FillRandom(7, n % 2 == 0 ? 6 : 30);
        g.FillRandom(8);
        Invoke<T>::Forward(c, x, y);
        Invoke<T>::Gradient(c, x, y, g, out);
        ASSERT_TRUE(y.GuardsIntact() && out.GuardsIntact());
        for (std::int64_t i = 0; i < n; ++i) {
          const auto e = Expect<WideOf<T>>(c.kind, x[i], static_cast<T>(c.parameter));
          ExpectClose<T>(y[i], e.y, e.y_scale, c, x[i]);
          ExpectClose<T>(out[i], g[i] * e.slope, std::fabs(g[i]) * e.slope_scale, c, x[i]);
        }
      }
    }
  }

  template <class T>
  static void Extremes() {
    for (const Case& c : kCases) {
      const T huge[] = {T(1e4), T(-1e4), T(1e18), T(-1e18), T(100), T(-100), T(0), T(-0.0)};
      Array<T> x(8), y(8), g(8), out(8);
      x.Fill([&](std::int64_t i) { return huge[i]; });
      g.Fill([](std::int64_t) { return 1; });
      Invoke<T>::Forward(c, x, y);
      Invoke<T>::Gradient(c, x, y, g, out);
      for (int i = 0; i < 8; ++i) {
        const auto e = Expect<WideOf<T>>(c.kind, x[i], static_cast<T>(c.parameter));
        ExpectClose<T>(y[i], std::isnan(e.y) ? 0 : e.y, 0, c, x[i]);
        ExpectClose<T>(out[i], std::isnan(e.slope) ? (x[i] > 0) : e.slope, 0, c, x[i]);
      }
    }
  }

  template <class T>
  static void NaNStays() {
    const T nan = std::numeric_limits<T>::quiet_NaN();
    for (const Case& c : kCases) {
      Array<T> x(5), y(5);
      x.Fill([&](std::int64_t i) { return i == 3 ? nan : T(1); });
      Invoke<T>::Forward(c, x, y);
      EXPECT_TRUE(std::isnan(y[3])) << static_cast<int>(c.kind);
      EXPECT_FALSE(std::isnan(y[2])) << static_cast<int>(c.kind);
    }
  }

  template <class T>
  static void SameBitsEverywhere() {
    constexpr std::int64_t kMany = 40001;  // several tasks
    for (const Case& c : kCases) {
      Array<T> x(kMany), y(kMany), g(kMany), out(kMany);
      x.FillRandom(3, 9);
      g.FillRandom(4);
      SetThreads(1);
      Invoke<T>::Forward(c, x, y);
      Invoke<T>::Gradient(c, x, y, g, out);

      SetThreads(2);
      Array<T> y2(kMany), out2(kMany);
      Invoke<T>::Forward(c, x, y2);
      Invoke<T>::Gradient(c, x, y, g, out2);
      EXPECT_TRUE(y.SameBits(y2) && out.SameBits(out2)) << "threads";

      Array<T> in_place(x), grad_in_place(g);
      Invoke<T>::Forward(c, in_place, in_place);
      Invoke<T>::Gradient(c, x, y, grad_in_place, grad_in_place);
      EXPECT_TRUE(y.SameBits(in_place) && out.SameBits(grad_in_place)) << "in place";

      for (std::int64_t i = 0; i < 70; ++i) {
        Array<T> one(1, i % 5), result(1);
        one[0] = x[i];
        Invoke<T>::Forward(c, one, result);
        EXPECT_EQ(result[0], y[i]) << "alone, kind " << static_cast<int>(c.kind) << " at " << i;
      }
    }
  }

  void TearDown() override {
    SetThreads(2);
    EveryIsaTarget::TearDown();
  }
};

TEST_P(ActivationTest, FollowsTheFormulasInFloat) { Formulas<float>(); }
TEST_P(ActivationTest, FollowsTheFormulasInDouble) { Formulas<double>(); }
TEST_P(ActivationTest, IsStableFarOut) {
  Extremes<float>();
  Extremes<double>();
}
TEST_P(ActivationTest, KeepsNaN) {
  NaNStays<float>();
  NaNStays<double>();
}
TEST_P(ActivationTest, SameBitsAtEveryPlaceAndThreadCount) {
  SameBitsEverywhere<float>();
  SameBitsEverywhere<double>();
}
TEST_P(ActivationTest, RefusesWhatItCannotRead) {
  Array<float> x(4), y(3);
  EXPECT_THROW(
      ActivationForward({Dtype::kFloat32, Activation::kRelu, x.buffer(), y.buffer(), 4, 0}), Error);
  EXPECT_THROW(ActivationForward({Dtype::kInt32, Activation::kRelu, x.buffer(), x.buffer(), 4, 0}),
               Error);
  EXPECT_THROW(ActivationForward({Dtype::kFloat32, static_cast<Activation>(kActivationCount),
                                  x.buffer(), x.buffer(), 4, 0}),
               Error);
}
GRADLANE_ON_EVERY_ISA_TARGET(ActivationTest);

}  // namespace
}  // namespace gradlane
