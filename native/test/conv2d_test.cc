// Every pass by every algorithm against the definition in wider arithmetic.
#include "ops/conv2d.h"

#include <gtest/gtest.h>

#include <limits>

#include "ops/conv2d_policy.h"
#include "parallel/thread_pool.h"
#include "test/conv2d_cases.h"
#include "test/rows.h"

namespace gradlane {
namespace {

constexpr Conv2dAlgorithm kAlgorithms[] = {Conv2dAlgorithm::kAuto, Conv2dAlgorithm::kImplicitGemm,
                                           Conv2dAlgorithm::kWinograd, Conv2dAlgorithm::kDirect,
                                           Conv2dAlgorithm::kPointwise};

// The operands of a geometry; what is written holds NaN at first.
template <class T>
struct Problem {
  Conv2dGeometry g;
  Array<T> x, weight, bias, grad_out, out, grad_x, grad_weight, in_bias;

  explicit Problem(const Conv2dGeometry& geometry, std::int64_t shift = 0)
      : g(geometry),
        x(g.in_length(), shift),
        weight(g.weight_length(), shift),
        bias(g.out_channels, shift),
        grad_out(g.out_length(), shift),
        out(g.out_length(), shift),
        grad_x(g.in_length(), shift),
        grad_weight(g.weight_length(), shift),
        in_bias(g.in_channels, shift) {
    x.FillRandom(1);
    weight.FillRandom(2);
    bias.FillRandom(3);
    grad_out.FillRandom(4);
    in_bias.FillRandom(5);
    Forget();
  }
  void Forget() {
    for (auto* array : {&out, &grad_x, &grad_weight}) {
      array->Fill([](std::int64_t) { return std::numeric_limits<T>::quiet_NaN(); });
    }
  }
  void Forward(Conv2dAlgorithm algorithm, bool with_bias = true,
               Activation activation = Activation::kIdentity) {
    Conv2d({kDtypeOf<T>, x.buffer(), weight.buffer(), with_bias ? bias.buffer() : Buffer{},
            out.buffer(), g, activation, 0.5, algorithm});
  }
  void ByInput(Conv2dAlgorithm algorithm, bool with_bias = false) {
    Conv2dInputGradient({kDtypeOf<T>, grad_out.buffer(), weight.buffer(),
                         with_bias ? in_bias.buffer() : Buffer{}, grad_x.buffer(), g, algorithm});
  }
  void ByWeight(Conv2dAlgorithm algorithm, double beta = 0) {
    Conv2dWeightGradient(
        {kDtypeOf<T>, x.buffer(), grad_out.buffer(), grad_weight.buffer(), g, beta, algorithm});
  }
  void All(Conv2dAlgorithm algorithm) {
    Forward(algorithm);
    ByInput(algorithm, true);
    ByWeight(algorithm);
  }
  bool Intact() const {
    return out.GuardsIntact() && grad_x.GuardsIntact() && grad_weight.GuardsIntact();
  }
};

// A sum of n products in any order, in precision u, is off by at most (n + 1) u times the sum of
// the magnitudes to first order; two more terms may be added. 1 % covers the higher orders.
template <class T>
void ExpectSums(const char* what, const Array<T>& actual, const std::vector<WideOf<T>>& sums,
                const std::vector<WideOf<T>>& sizes, std::int64_t terms) {
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const WideOf<T> got = actual[static_cast<std::int64_t>(i)];
    const WideOf<T> bound =
        WideOf<T>(1.01) * static_cast<WideOf<T>>(terms + 3) * kUnit<T> * sizes[i];
    ASSERT_LE(std::abs(got - sums[i]), bound)
        << what << " at " << i << ": " << got << " for " << sums[i];
  }
}

class Conv2dTest : public EveryRow {
 protected:
  template <class T>
  static void AgainstDefinition(const Conv2dGeometry& g, std::int64_t shift) {
    Problem<T> problem(g, shift);
    Conv2dByDefinition<T> exact(g, problem.x, problem.weight, problem.grad_out);
    for (std::int64_t i = 0; i < g.out_length(); ++i) {
      const T bias = problem.bias[i / g.out_plane() % g.out_channels];
      exact.out[static_cast<std::size_t>(i)] += bias;
      exact.out_size[static_cast<std::size_t>(i)] += std::abs(bias);
    }
    for (std::int64_t i = 0; i < g.in_length(); ++i) {
      const T bias = problem.in_bias[i / g.in_plane() % g.in_channels];
      exact.grad_x[static_cast<std::size_t>(i)] += bias;
      exact.grad_x_size[static_cast<std::size_t>(i)] += std::abs(bias);
    }
    for (const Conv2dAlgorithm algorithm : kAlgorithms) {
      if (!CanRun(algorithm, g)) continue;
      SCOPED_TRACE(Describe(g) + " by algorithm " + std::to_string(static_cast<int>(algorithm)));
      problem.Forget();
      problem.All(algorithm);
      ASSERT_TRUE(problem.Intact());
      ExpectSums("out", problem.out, exact.out, exact.out_size, g.in_group() * g.taps());
      ExpectSums("grad_x", problem.grad_x, exact.grad_x, exact.grad_x_size,
                 g.out_group() * g.taps());
      ExpectSums("grad_weight", problem.grad_weight, exact.grad_weight, exact.grad_weight_size,
                 g.batch * g.out_plane());
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
};

TEST_P(Conv2dTest, EqualsItsDefinition) {
  std::int64_t shift = 0;
  for (const Conv2dGeometry& g : Conv2dGeometries()) {
    AgainstDefinition<float>(g, shift % 4);
    AgainstDefinition<double>(g, (shift + 1) % 4);
    ++shift;
    if (HasFatalFailure()) return;
  }
}

TEST_P(Conv2dTest, SameBitsAtAnyNumberOfThreads) {
  for (const Conv2dGeometry& g : Conv2dGeometries()) {
    for (const Conv2dAlgorithm algorithm : kAlgorithms) {
      if (!CanRun(algorithm, g)) continue;
      Problem<float> one(g), more(g, 1);
      SetThreads(1);
      one.All(algorithm);
      SetThreads(2);
      more.All(algorithm);
      EXPECT_TRUE(one.out.SameBits(more.out) && one.grad_x.SameBits(more.grad_x) &&
                  one.grad_weight.SameBits(more.grad_weight))
          << Describe(g);
    }
  }
}

// The same bits as the convolution followed by the elementwise operation.
TEST_P(Conv2dTest, ActivationAfterTheSum) {
  for (const Conv2dGeometry& g : {GeometryOf(2, 1, 5, 7, {9, 3, 1, 1, 1}, {20, 3, 1, 1, 1}),
                                  GeometryOf(9, 1, 5, 7, {4, 3, 1, 1, 1}, {5, 3, 1, 1, 1}),
                                  GeometryOf(2, 1, 50, 7, {9, 1, 1, 0, 1}, {20, 1, 1, 0, 1}),
                                  GeometryOf(2, 6, 1, 1, {9, 3, 1, 1, 1}, {20, 3, 1, 1, 1})}) {
    for (const Conv2dAlgorithm algorithm : kAlgorithms) {
      if (!CanRun(algorithm, g)) continue;
      for (int kind = 0; kind < kActivationCount; ++kind) {
        Problem<float> plain(g), fused(g);
        plain.Forward(algorithm);
        Kernels().f32.activation.forward[kind](&plain.out[0], &plain.out[0], plain.out.size(),
                                               0.5f);
        fused.Forward(algorithm, true, static_cast<Activation>(kind));
        EXPECT_TRUE(plain.out.SameBits(fused.out)) << Describe(g) << " activation " << kind;
      }
    }
  }
}

TEST_P(Conv2dTest, BetaAddsToTheWeightsGradient) {
  for (const Conv2dGeometry& g : {GeometryOf(3, 1, 5, 7, {9, 3, 1, 1, 1}, {20, 3, 1, 1, 1}),
                                  GeometryOf(2, 1, 50, 7, {9, 1, 1, 0, 1}, {60, 1, 1, 0, 1}),
                                  GeometryOf(2, 6, 1, 1, {9, 3, 1, 1, 1}, {20, 3, 1, 1, 1}),
                                  GeometryOf(0, 1, 2, 2, {9, 3, 1, 1, 1}, {20, 3, 1, 1, 1})}) {
    for (const Conv2dAlgorithm algorithm : kAlgorithms) {
      if (!CanRun(algorithm, g)) continue;
      Problem<double> problem(g);
      Conv2dByDefinition<double> exact(g, problem.x, problem.weight, problem.grad_out);
      problem.grad_weight.FillRandom(9);
      for (std::size_t i = 0; i < exact.grad_weight.size(); ++i) {
        const double old = problem.grad_weight[static_cast<std::int64_t>(i)];
        exact.grad_weight[i] += 0.75 * old;
        exact.grad_weight_size[i] += std::abs(old);
      }
      problem.ByWeight(algorithm, 0.75);
      ExpectSums("grad_weight", problem.grad_weight, exact.grad_weight, exact.grad_weight_size,
                 g.batch * g.out_plane() + 1);
    }
  }
}

TEST_P(Conv2dTest, SizeZero) {
  const Side side{5, 3, 1, 1, 1};
  Problem<float> no_batch(GeometryOf(0, 1, 2, 3, side, side));
  no_batch.All(Conv2dAlgorithm::kAuto);
  for (std::int64_t i = 0; i < no_batch.grad_weight.size(); ++i) {
    EXPECT_EQ(no_batch.grad_weight[i], 0);
  }
  // no input channels: the bias alone; no output channels: a gradient of 0
  Problem<float> no_input(GeometryOf(2, 1, 0, 3, side, side));
  no_input.All(Conv2dAlgorithm::kAuto);
  for (std::int64_t i = 0; i < no_input.out.size(); ++i) {
    EXPECT_EQ(no_input.out[i], no_input.bias[i / 25 % 3]);
  }
  no_input.Forward(Conv2dAlgorithm::kAuto, false);
  EXPECT_EQ(no_input.out[7], 0);
  Problem<float> no_output(GeometryOf(2, 1, 2, 0, side, side));
  no_output.ByInput(Conv2dAlgorithm::kAuto);
  for (std::int64_t i = 0; i < no_output.grad_x.size(); ++i) EXPECT_EQ(no_output.grad_x[i], 0);
}

GRADLANE_ON_EVERY_ROW(Conv2dTest);

TEST(Conv2dErrors, ComeBeforeAnythingIsWritten) {
  const Conv2dGeometry good = GeometryOf(1, 2, 2, 3, {5, 3, 1, 1, 1}, {6, 3, 1, 1, 1});
  const auto refused = [&](auto&& change) {
    Problem<float> problem(good);
    change(problem);
    EXPECT_THROW(problem.Forward(Conv2dAlgorithm::kAuto), Error);
    EXPECT_THROW(problem.ByInput(Conv2dAlgorithm::kAuto), Error);
    EXPECT_THROW(problem.ByWeight(Conv2dAlgorithm::kAuto), Error);
    for (const auto* array : {&problem.out, &problem.grad_x, &problem.grad_weight}) {
      for (std::int64_t i = 0; i < array->size(); ++i) EXPECT_TRUE(std::isnan((*array)[i]));
    }
  };
  refused([](Problem<float>& p) { p.g.groups = 3; });
  refused([](Problem<float>& p) { p.g.groups = 0; });
  refused([](Problem<float>& p) { p.g.batch = -1; });
  refused([](Problem<float>& p) { p.g.stride_width = 0; });
  refused([](Problem<float>& p) { p.g.dilation_height = 0; });
  refused([](Problem<float>& p) { p.g.kernel_height = 0; });
  refused([](Problem<float>& p) { p.g.batch = 2; });
  refused([](Problem<float>& p) { p.g.dilation_height = std::int64_t{1} << 40; });
  Problem<float> problem(good);
  EXPECT_THROW(problem.Forward(Conv2dAlgorithm::kPointwise), Error);
  EXPECT_THROW(problem.Forward(static_cast<Conv2dAlgorithm>(kConv2dAlgorithmCount)), Error);
}

}  // namespace
}  // namespace gradlane
