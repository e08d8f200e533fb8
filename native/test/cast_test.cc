// Conversions between all sixteen pairs of element types.
#include "ops/cast.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <type_traits>

#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

template <class T>
constexpr Dtype CodeOf() {
  if (std::is_same_v<T, float>) return Dtype::kFloat32;
  if (std::is_same_v<T, double>) return Dtype::kFloat64;
  return std::is_same_v<T, std::int32_t> ? Dtype::kInt32 : Dtype::kUint8;
}

template <class To>
long double Clamped(long double value) {
  using Limits = std::numeric_limits<To>;
  if (std::is_floating_point_v<To>) return value;
  if (std::isnan(value)) return 0;
  return std::fmin(std::fmax(std::trunc(value), static_cast<long double>(Limits::min())),
                   static_cast<long double>(Limits::max()));
}

// Scale and shift are powers of two, so that results to integers are exact in any arithmetic; with
// others, three roundings (scale, product, sum) of the magnitudes bound the error of a float.
template <class From, class To>
void Check(double scale, double shift) {
  for (const std::int64_t n : kSizes) {
    for (const std::int64_t offset : {0, 1}) {
      Array<From> x(n, offset);
      Array<To> y(n, 2 * offset);
      x.FillRandom(7, 200, std::is_same_v<From, std::uint8_t> ? 100 : 0);
      if (std::is_same_v<From, std::uint8_t>) {
        x.Fill([](std::int64_t i) { return (i * 37) % 256; });
      }
      Cast({CodeOf<From>(), x.buffer(), CodeOf<To>(), y.buffer(), n, scale, shift});
      for (std::int64_t i = 0; i < n; ++i) {
        const long double product = static_cast<long double>(scale) * x[i];
        const long double exact = Clamped<To>(product + shift);
        long double bound = 0;
        if constexpr (std::is_floating_point_v<To>) {
          bound = kUnit<To> * (2 * std::fabs(product) + std::fabs(shift) + std::fabs(exact));
        }
        ASSERT_LE(std::fabs(static_cast<long double>(y[i]) - exact), bound)
            << Name(CodeOf<From>()) << " to " << Name(CodeOf<To>()) << " n " << n << " at " << i;
      }
      EXPECT_TRUE(y.GuardsIntact());
    }
  }
}

template <class From>
void CheckFrom() {
  Check<From, float>(1.0 / 255, -0.3);
  Check<From, double>(1.0 / 255, -0.3);
  for (const double scale : {1.0, -0.25}) {
    Check<From, float>(scale, 8);
    Check<From, double>(scale, 8);
    Check<From, std::int32_t>(scale, 8);
    Check<From, std::uint8_t>(scale, 8);
  }
}

class CastTest : public EveryIsaTarget {};

TEST_P(CastTest, EveryPairOfTypes) {
  CheckFrom<float>();
  CheckFrom<double>();
  CheckFrom<std::int32_t>();
  CheckFrom<std::uint8_t>();
}

TEST_P(CastTest, IntegersClampAndNanBecomesZero) {
  const double inf = std::numeric_limits<double>::infinity();
  const double values[] = {std::nan(""), inf,  -inf,         1e20,          -1e20, 2147483647.5,
                           255.9,        -0.9, 2147483646.9, -2147483648.9, 256,   -1};
  constexpr std::int64_t n = std::size(values);
  Array<double> x(n);
  x.Fill([&](std::int64_t i) { return values[i]; });
  Array<std::int32_t> wide(n);
  Array<std::uint8_t> narrow(n);
  Cast({Dtype::kFloat64, x.buffer(), Dtype::kInt32, wide.buffer(), n, 1, 0});
  Cast({Dtype::kFloat64, x.buffer(), Dtype::kUint8, narrow.buffer(), n, 1, 0});
  for (std::int64_t i = 0; i < n; ++i) {
    EXPECT_EQ(wide[i], Clamped<std::int32_t>(values[i])) << values[i];
    EXPECT_EQ(narrow[i], Clamped<std::uint8_t>(values[i])) << values[i];
  }
}

TEST_P(CastTest, InPlaceWhereTheSizesAgree) {
  constexpr std::int64_t n = 1003;
  Array<float> x(n);
  x.FillRandom(3, 1000);
  Array<std::int32_t> expected(n);
  Cast({Dtype::kFloat32, x.buffer(), Dtype::kInt32, expected.buffer(), n, 1, 0});
  Cast({Dtype::kFloat32, x.buffer(), Dtype::kInt32, x.buffer(), n, 1, 0});
  EXPECT_EQ(std::memcmp(x.buffer().data, expected.buffer().data, n * 4), 0);
}

TEST_P(CastTest, RefusesWhatDoesNotFit) {
  Array<float> x(4);
  Array<double> y(3);
  EXPECT_THROW(Cast({Dtype::kFloat32, x.buffer(), Dtype::kFloat64, y.buffer(), 4, 1, 0}), Error);
  EXPECT_THROW(Cast({static_cast<Dtype>(4), x.buffer(), Dtype::kFloat64, y.buffer(), 1, 1, 0}),
               Error);
  EXPECT_TRUE(y.GuardsIntact());
}

GRADLANE_ON_EVERY_ISA_TARGET(CastTest);

}  // namespace
}  // namespace gradlane
