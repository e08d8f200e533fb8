// Elementwise functions of one and two tensors, every broadcast, size, offset and ISA target.
#include "ops/elementwise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

class ElementwiseTest : public EveryIsaTarget {
 protected:
  template <class T>
  static T Unary1(Unary kind, T x) {
    switch (kind) {
      case Unary::kSqrt:
        return std::sqrt(x);
      case Unary::kAbs:
        return std::fabs(x);
      case Unary::kNeg:
        return -x;
      case Unary::kSquare:
        return x * x;
      case Unary::kReciprocal:
        return 1 / x;
      case Unary::kSign:
        return T((x > 0) - (x < 0));
      default:
        return 0;
    }
  }

  template <class T>
  static T Binary1(Binary kind, T a, T b) {
    const T nan = std::numeric_limits<T>::quiet_NaN();
    switch (kind) {
      case Binary::kAdd:
        return a + b;
      case Binary::kSub:
        return a - b;
      case Binary::kMul:
        return a * b;
      case Binary::kDiv:
        return a / b;
      case Binary::kMax:
        return std::isnan(a) || std::isnan(b) ? nan : std::max(a, b);
      case Binary::kMin:
        return std::isnan(a) || std::isnan(b) ? nan : std::min(a, b);
      default:
        return 0;  // pow is not exact: see math_test.cc
    }
    return 0;
  }

  template <class T>
  static bool Same(T a, T b) {
    return a == b || (std::isnan(a) && std::isnan(b));
  }

  // Each of these is one correctly rounded operation, so the bits are known.
  template <class T>
  static void UnaryExact() {
    using Limits = std::numeric_limits<T>;
    const T specials[] = {0,
                          T(-0.0),
                          Limits::infinity(),
                          -Limits::infinity(),
                          Limits::quiet_NaN(),
                          Limits::denorm_min(),
                          Limits::max()};
    for (const Unary kind : {Unary::kSqrt, Unary::kAbs, Unary::kNeg, Unary::kSquare,
                             Unary::kReciprocal, Unary::kSign}) {
      for (const std::int64_t n : kSizes) {
        Array<T> x(n, 1), y(n, n % 3);
        x.FillRandom(5, 3);
        for (std::int64_t i = 0; i < 7 && 2 * i < n; ++i) x[2 * i] = specials[i];
        Array<T> in_place(x);
        ElementwiseUnary({kDtypeOf<T>, kind, x.buffer(), y.buffer(), n});
        ElementwiseUnary({kDtypeOf<T>, kind, in_place.buffer(), in_place.buffer(), n});
        ASSERT_TRUE(y.GuardsIntact());
        for (std::int64_t i = 0; i < n; ++i) {
          EXPECT_TRUE(Same(y[i], Unary1(kind, x[i])) && Same(in_place[i], y[i]))
              << static_cast<int>(kind) << " of " << x[i] << " is " << y[i];
        }
      }
    }
  }

  template <class T>
  static void BinaryExact() {
    struct Shape {
      std::int64_t rows, cols;
    };
    for (const Shape s : {Shape{0, 3}, Shape{3, 0}, Shape{1, 1}, Shape{1, 9}, Shape{9, 1},
                          Shape{5, 10}, Shape{4, 64}, Shape{3, 100}, Shape{700, 65}}) {
      for (int kind = 0; kind < static_cast<int>(Binary::kPow); ++kind) {
        for (int b_kind = 0; b_kind < kBroadcastCount; ++b_kind) {
          const Broadcast broadcast = static_cast<Broadcast>(b_kind);
          const std::int64_t n = s.rows * s.cols;
          const std::int64_t row_step = broadcast == Broadcast::kNone     ? s.cols
                                        : broadcast == Broadcast::kColumn ? 1
                                                                          : 0;
          const bool along = broadcast == Broadcast::kNone || broadcast == Broadcast::kRow;
          const std::int64_t length = broadcast == Broadcast::kNone     ? n
                                      : broadcast == Broadcast::kRow    ? s.cols
                                      : broadcast == Broadcast::kColumn ? s.rows
                                                                        : 1;
          Array<T> a(n, 1), b(length, 3), out(n, 2);
          a.FillRandom(1);
          b.FillRandom(2);
          if (n > 2) a[n / 2] = std::numeric_limits<T>::quiet_NaN();
          if (length > 3) b[1] = std::numeric_limits<T>::quiet_NaN();
          Array<T> in_place(a);
          const auto run = [&](const Array<T>& from, const Array<T>& to) {
            ElementwiseBinary({kDtypeOf<T>, static_cast<Binary>(kind), broadcast, from.buffer(),
                               b.buffer(), to.buffer(), s.rows, s.cols});
          };
          run(a, out);
          run(in_place, in_place);
          ASSERT_TRUE(out.GuardsIntact());
          for (std::int64_t i = 0; i < n; ++i) {
            const T other = b[i / s.cols * row_step + (along ? i % s.cols : 0)];
            const T expected = Binary1(static_cast<Binary>(kind), a[i], other);
            ASSERT_TRUE(Same(out[i], expected) && Same(in_place[i], expected))
                << kind << " broadcast " << b_kind << " at " << i << ": " << a[i] << ", " << other
                << " gave " << out[i];
          }
        }
      }
    }
  }

  // alpha x + beta y may or may not be fused: at most two roundings of its terms.
  template <class T>
  static void Linear() {
    for (const std::int64_t n : kSizes) {
      Array<T> x(n, 1), y(n, 2), old(n);
      x.FillRandom(11);
      old.FillRandom(12);
      for (const double beta : {0.0, 1.0, 0.75}) {
        for (std::int64_t i = 0; i < n; ++i) {
          y[i] = beta == 0 ? std::numeric_limits<T>::quiet_NaN() : old[i];
        }
        Axpby({kDtypeOf<T>, x.buffer(), y.buffer(), n, -1.5, beta});
        ASSERT_TRUE(y.GuardsIntact());
        for (std::int64_t i = 0; i < n; ++i) {
          const WideOf<T> p = WideOf<T>(-1.5) * x[i],
                          q = WideOf<T>(beta) * (beta == 0 ? 0 : old[i]);
          EXPECT_LE(std::fabs(y[i] - (p + q)), 2 * kUnit<T> * (std::fabs(p) + std::fabs(q)));
        }
      }
      Affine({kDtypeOf<T>, x.buffer(), y.buffer(), n, 3.25, -0.5});
      for (std::int64_t i = 0; i < n; ++i) {
        const WideOf<T> p = WideOf<T>(3.25) * x[i];
        EXPECT_LE(std::fabs(y[i] - (p - WideOf<T>(0.5))), 2 * kUnit<T> * (std::fabs(p) + 1));
      }
    }
  }
};

TEST_P(ElementwiseTest, UnaryIsExact) {
  UnaryExact<float>();
  UnaryExact<double>();
}
TEST_P(ElementwiseTest, BinaryIsExactUnderEveryBroadcast) {
  BinaryExact<float>();
  BinaryExact<double>();
}
TEST_P(ElementwiseTest, AffineAndAxpby) {
  Linear<float>();
  Linear<double>();
}
TEST_P(ElementwiseTest, SameBitsAtOneAndTwoThreads) {
  constexpr std::int64_t kMany = 200003;
  Array<float> x(kMany), one(kMany), two(kMany);
  x.FillRandom(4, 5);
  SetThreads(1);
  ElementwiseUnary({Dtype::kFloat32, Unary::kExp, x.buffer(), one.buffer(), kMany});
  Axpby({Dtype::kFloat32, x.buffer(), one.buffer(), kMany, 0.3, 0.7});
  SetThreads(2);
  ElementwiseUnary({Dtype::kFloat32, Unary::kExp, x.buffer(), two.buffer(), kMany});
  Axpby({Dtype::kFloat32, x.buffer(), two.buffer(), kMany, 0.3, 0.7});
  EXPECT_TRUE(one.SameBits(two));
}
GRADLANE_ON_EVERY_ISA_TARGET(ElementwiseTest);

}  // namespace
}  // namespace gradlane
