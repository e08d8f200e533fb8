// The norm of all gradients and clipping by it.
#include "ops/gradient.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "parallel/thread_pool.h"
#include "test/isa_targets.h"
#include "test/slots.h"

namespace gradlane {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

template <class T>
double Norm(const Parameters<T>& parameters, double p) {
  Array<double> out(1);
  GradNorm({kDtypeOf<T>, out.buffer(), p, parameters.Slots()});
  EXPECT_TRUE(out.GuardsIntact());
  return out[0];
}

template <class T>
long double ExactNorm(const Parameters<T>& parameters, double p) {
  long double sum = 0;
  for (const auto& gradient : parameters.gradients) {
    for (std::int64_t j = 0; j < gradient->size(); ++j) {
      const long double size = std::fabs(static_cast<long double>((*gradient)[j]));
      sum = p == kInf ? std::fmax(sum, size) : sum + std::pow(size, static_cast<long double>(p));
    }
  }
  return p == kInf ? sum : std::pow(sum, 1 / static_cast<long double>(p));
}

class GradientTest : public EveryIsaTarget {};

// All terms are positive, so the relative error of the sum is bounded by the number of additions
// that one term passes, here at most 20003 / 8 in a chain of 2 lanes and 4 accumulators within a
// task of 8192 / 8 = 1024, and some ten to join; far fewer show. exp(p log x) adds 3 ulp and
// p |log x| <= 2.5 * 60 times those of the logarithm.
template <class T>
void CheckNorms() {
  Parameters<T> parameters(5);
  for (const double p : {1.0, 2.0, 0.5, 2.5, 3.0}) {
    const double bound = 0x1p-53 * (1034 + (p == 1 || p == 2 ? 2 : 6 + 6 * 150)) / std::fmin(p, 1);
    const long double exact = ExactNorm(parameters, p);
    EXPECT_LE(std::fabs(Norm(parameters, p) - exact), bound * exact) << p;
  }
  EXPECT_EQ(Norm(parameters, kInf), static_cast<double>(ExactNorm(parameters, kInf)));
  Array<double> out(1);
  GradNorm({kDtypeOf<T>, out.buffer(), 2, {}});
  EXPECT_EQ(out[0], 0);
}

TEST_P(GradientTest, EveryNorm) {
  CheckNorms<float>();
  CheckNorms<double>();
}

TEST_P(GradientTest, ZeroInfinityAndNan) {
  Parameters<float> parameters(5);
  for (auto& gradient : parameters.gradients) gradient->Fill([](std::int64_t) { return 0; });
  for (const double p : {1.0, 2.0, 2.5, kInf}) EXPECT_EQ(Norm(parameters, p), 0) << p;
  (*parameters.gradients[6])[12345] = -kInf;
  for (const double p : {1.0, 2.0, 2.5, kInf}) EXPECT_EQ(Norm(parameters, p), kInf) << p;
  (*parameters.gradients[2])[1] = std::nanf("");
  for (const double p : {1.0, 2.0, 2.5, kInf}) EXPECT_TRUE(std::isnan(Norm(parameters, p))) << p;
}

TEST_P(GradientTest, ClippingScalesToTheLimitAndNotBelowIt) {
  Parameters<float> parameters(5), before(5);
  Array<double> norm(1);
  norm[0] = Norm(parameters, 2);
  ClipGradients({Dtype::kFloat32, norm.buffer(), norm[0] * 2, parameters.Slots()});
  EXPECT_TRUE(SameBits(parameters, before));
  const double limit = norm[0] / 3, factor = limit / (norm[0] + 1e-6);
  ClipGradients({Dtype::kFloat32, norm.buffer(), limit, parameters.Slots()});
  for (std::size_t i = 0; i < parameters.gradients.size(); ++i) {
    const Array<float>&g = *parameters.gradients[i], &g0 = *before.gradients[i];
    for (std::int64_t j = 0; j < g.size(); ++j) {
      // the factor and the product are rounded
      ASSERT_LE(std::fabs(g[j] - factor * g0[j]), 2.001 * kUnit<float> * std::fabs(factor * g0[j]));
    }
  }
  EXPECT_TRUE(parameters.GuardsIntact());
  norm[0] = std::nan("");
  ClipGradients({Dtype::kFloat32, norm.buffer(), 1, parameters.Slots()});
  EXPECT_TRUE(std::isnan((*parameters.gradients[0])[0]));
}

TEST_P(GradientTest, TheSameBitsWithTwoThreads) {
  Parameters<float> parameters(5);
  RetainPool();
  for (const double p : {1.0, 2.0, 2.5, kInf}) {
    SetThreads(1);
    const double one = Norm(parameters, p);
    SetThreads(2);
    EXPECT_EQ(one, Norm(parameters, p));
  }
  ReleasePool();
}

TEST_P(GradientTest, RefusesWhatDoesNotFit) {
  Parameters<float> parameters(5), untouched(5);
  Array<double> out(1);
  out[0] = 0.5;
  std::vector<ParameterSlot> slots = parameters.Slots();
  for (const double p : {0.0, -1.0, std::nan("")}) {
    EXPECT_THROW(GradNorm({Dtype::kFloat32, out.buffer(), p, slots}), Error);
  }
  slots.back().gradient.bytes -= 4;
  EXPECT_THROW(GradNorm({Dtype::kFloat32, out.buffer(), 2, slots}), Error);
  EXPECT_THROW(ClipGradients({Dtype::kFloat32, out.buffer(), 0.1, slots}), Error);
  EXPECT_EQ(out[0], 0.5);
  EXPECT_TRUE(SameBits(parameters, untouched));
}

GRADLANE_ON_EVERY_ISA_TARGET(GradientTest);

}  // namespace
}  // namespace gradlane
