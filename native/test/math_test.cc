// exp, log, pow and their like against wider arithmetic, over the whole range of bit patterns.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "cpu/dispatch.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

// The distance of `got` from `exact` in units in the last place of T at `exact`.
template <class T>
double UlpError(T got, WideOf<T> exact) {
  using Limits = std::numeric_limits<T>;
  if (std::isnan(exact) || std::isnan(got)) return std::isnan(exact) == std::isnan(got) ? 0 : 1e9;
  const T nearest = static_cast<T>(exact);
  if (std::isinf(nearest) || std::isinf(got)) return got == nearest ? 0 : 1e9;
  const int least = Limits::min_exponent - 1;
  const int exponent = exact == 0 ? least : std::max(std::ilogb(exact), least);
  const WideOf<T> ulp = std::ldexp(WideOf<T>(1), exponent - (Limits::digits - 1));
  return static_cast<double>(std::fabs(static_cast<WideOf<T>>(got) - exact) / ulp);
}

struct Function {
  const char* name;
  Unary kind;
  long double (*wide)(long double);
  double (*plain)(double);
};
const Function kFunctions[] = {
    {"exp", Unary::kExp, [](long double x) { return std::exp(x); },
     [](double x) { return std::exp(x); }},
    {"log", Unary::kLog, [](long double x) { return std::log(x); },
     [](double x) { return std::log(x); }},
    {"tanh", Unary::kTanh, [](long double x) { return std::tanh(x); },
     [](double x) { return std::tanh(x); }},
    {"log1p", Unary::kLog1p, [](long double x) { return std::log1p(x); },
     [](double x) { return std::log1p(x); }},
    {"expm1", Unary::kExpm1, [](long double x) { return std::expm1(x); },
     [](double x) { return std::expm1(x); }},
    {"rsqrt", Unary::kRsqrt, [](long double x) { return 1 / std::sqrt(x); },
     [](double x) { return 1 / std::sqrt(x); }},
    {"sin", Unary::kSin, [](long double x) { return std::sin(x); },
     [](double x) { return std::sin(x); }},
    {"cos", Unary::kCos, [](long double x) { return std::cos(x); },
     [](double x) { return std::cos(x); }},
    {"erf", Unary::kErf, [](long double x) { return std::erf(x); },
     [](double x) { return std::erf(x); }},
};

template <class T>
WideOf<T> Exact(const Function& function, T x) {
  if constexpr (sizeof(T) == 4) {
    return function.plain(x);
  } else {
    return function.wide(x);
  }
}

// The largest error over `inputs`, and where.
template <class T>
void Measure(const Function& function, const std::vector<T>& inputs, double bound) {
  std::vector<T> y(inputs.size());
  const auto kernel = Kernels().typed<T>().elementwise.unary[static_cast<int>(function.kind)];
  kernel(inputs.data(), y.data(), static_cast<std::int64_t>(inputs.size()));
  double worst = 0;
  T where = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const double error = UlpError<T>(y[i], Exact<T>(function, inputs[i]));
    if (error > worst) {
      worst = error;
      where = inputs[i];
    }
  }
  ::testing::Test::RecordProperty(function.name, std::to_string(worst));
  std::printf("  %-9s float%zu %-5s %8zu inputs, largest error %.3f ulp at %.9g\n", Kernels().name,
              8 * sizeof(T), function.name, inputs.size(), worst, static_cast<double>(where));
  EXPECT_LE(worst, bound) << function.name << " at " << where;
}

template <class T>
std::vector<T> Specials() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> values;
  for (const T v : {T(0),
                    T(1),
                    T(0.5),
                    T(2),
                    Limits::min(),
                    Limits::max(),
                    Limits::denorm_min(),
                    Limits::infinity(),
                    T(0.625),
                    T(0.928),
                    T(88.72283),
                    T(88.72284),
                    T(-87.33655),
                    T(-103.97),
                    T(-103.98),
                    T(709.78271),
                    T(709.78272),
                    T(-745.13),
                    T(-745.14),
                    T(1e4),
                    T(1e30),
                    T(3),
                    T(1.25),
                    T(1647099.25),
                    T(3.0e38),
                    Limits::min() / 3}) {
    values.push_back(v);
    values.push_back(-v);
  }
  values.push_back(Limits::quiet_NaN());
  return values;
}

class MathTest : public EveryIsaTarget {};

TEST_P(MathTest, FloatWithinTwoUlp) {
  std::vector<float> inputs = Specials<float>();
  for (std::uint64_t bits = 0; bits <= 0xffffffffu; bits += 997) {
    inputs.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  }
  for (const Function& function : kFunctions) Measure(function, inputs, 2);
}

// Every bit pattern a million times further apart, and densely where the results are not trivial.
TEST_P(MathTest, DoubleWithinTwoUlp) {
  Numbers numbers;
  for (const Function& function : kFunctions) {
    std::vector<double> inputs = Specials<double>();
    for (int i = 0; i < 100000; ++i) inputs.push_back(std::bit_cast<double>(numbers.Word()));
    for (int i = 0; i < 100000; ++i) {
      inputs.push_back(numbers.Next() * (function.kind == Unary::kExp ? 750 : 7));
      inputs.push_back(numbers.Next());
      inputs.push_back(1 + numbers.Next() / 8);
    }
    Measure(function, inputs, 2);
  }
}

// Powers of numbers of all sizes that are neither 0 nor infinite, of those near 1, and special
// cases.
template <class T>
void MeasurePowers() {
  std::vector<T> base, exponent;
  const std::vector<T> specials = Specials<T>();
  for (const T a : specials) {
    for (const T b : specials) {
      base.push_back(a);
      exponent.push_back(b);
    }
  }
  constexpr double kLargestLog = sizeof(T) == 4 ? 103 : 745;
  Numbers numbers;
  for (int i = 0; i < 200000; ++i) {
    const double size = i % 2 == 0 ? 0.9 * kLargestLog : 1e-3;
    base.push_back(static_cast<T>(std::exp(size * numbers.Next())));
    const double log = std::log(static_cast<double>(base.back()));
    exponent.push_back(static_cast<T>(log == 0 ? 2 : kLargestLog * numbers.Next() / log));
  }
  std::vector<T> y(base.size());
  const auto n = static_cast<std::int64_t>(base.size());
  Kernels().typed<T>().elementwise.binary[static_cast<int>(Binary::kPow)](
      base.data(), exponent.data(), y.data(), 1, n, 0);
  double worst = 0;
  for (std::size_t i = 0; i < base.size(); ++i) {
    const WideOf<T> exact =
        std::pow(static_cast<WideOf<T>>(base[i]), static_cast<WideOf<T>>(exponent[i]));
    const double error = UlpError<T>(y[i], exact);
    worst = std::max(worst, error);
    EXPECT_LE(error, 2) << base[i] << " to the power of " << exponent[i];
    EXPECT_TRUE(y[i] != 0 || std::signbit(y[i]) == std::signbit(exact)) << base[i];
  }
  std::printf("  %-9s float%zu pow   largest error %.3f ulp\n", Kernels().name, 8 * sizeof(T),
              worst);
}

TEST_P(MathTest, PowersWithinTwoUlp) {
  MeasurePowers<float>();
  MeasurePowers<double>();
}

GRADLANE_ON_EVERY_ISA_TARGET(MathTest);

}  // namespace
}  // namespace gradlane
