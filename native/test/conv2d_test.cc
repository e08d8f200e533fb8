// Every pass by every algorithm against the definition in wider arithmetic.
#include "ops/conv2d.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <thread>

#include "ops/conv2d_policy.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"
#include "test/conv2d_cases.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

constexpr Conv2dAlgorithm kAlgorithms[] = {
    Conv2dAlgorithm::kAuto,   Conv2dAlgorithm::kImplicitGemm, Conv2dAlgorithm::kWinograd,
    Conv2dAlgorithm::kDirect, Conv2dAlgorithm::kPointwise,    Conv2dAlgorithm::kUnfolded};

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
//
// By Winograd a sum has `winograd_terms` products of numbers that went through at most 8 roundings
// on the way from the source (4 in each direction: a product and a sum for the even or the odd
// part, its factor and their sum), 14 from the filter or from gradients (a factor, itself rounded,
// two products and sums, the last sum), and goes through 12 (a sum, a rounded factor, two sums
// more) afterwards. All operands here are below 1 in size, so that `growth` bounds what passes
// through.
template <class T>
void ExpectSums(const char* what, const Array<T>& actual, const std::vector<WideOf<T>>& sums,
                const std::vector<WideOf<T>>& sizes, std::int64_t terms,
                std::int64_t winograd_terms = 0, double growth = 0) {
  const WideOf<T> by_winograd = static_cast<WideOf<T>>(winograd_terms) * growth *
                                static_cast<WideOf<T>>(winograd_terms + 8 + 14 + 12);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const WideOf<T> got = actual[static_cast<std::int64_t>(i)];
    const WideOf<T> bound =
        WideOf<T>(1.01) * kUnit<T> * (static_cast<WideOf<T>>(terms + 3) * sizes[i] + by_winograd);
    ASSERT_LE(std::abs(got - sums[i]), bound)
        << what << " at " << i << ": " << got << " for " << sums[i];
  }
}

class Conv2dTest : public EveryIsaTarget {
 protected:
  // What the problem of a case must give: the same on every ISA target, so it is computed for the
  // first.
  template <class T>
  static const Conv2dByDefinition<T>& Exact(std::size_t at, const Problem<T>& problem) {
    static std::map<std::size_t, Conv2dByDefinition<T>> known;
    const auto [place, unknown] =
        known.try_emplace(at, problem.g, problem.x, problem.weight, problem.grad_out);
    Conv2dByDefinition<T>& exact = place->second;
    if (!unknown) return exact;
    const Conv2dGeometry& g = problem.g;
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
    return exact;
  }

  template <class T>
  static void AgainstDefinition(std::size_t at, const Conv2dGeometry& g, std::int64_t shift) {
    Problem<T> problem(g, shift);
    const Conv2dByDefinition<T>& exact = Exact(at, problem);
    for (const Conv2dAlgorithm algorithm : kAlgorithms) {
      if (!CanRun(algorithm, g)) continue;
      SCOPED_TRACE(Describe(g) + " by algorithm " + std::to_string(static_cast<int>(algorithm)));
      problem.Forget();
      problem.All(algorithm);
      ASSERT_TRUE(problem.Intact());
      const bool winograd = CanRun(Conv2dAlgorithm::kWinograd, g);
      const WinogradGrowth growth(winograd ? g.kernel_height : 3);
      const auto terms = [&](Conv2dPass pass, std::int64_t n) {
        const bool automatic = algorithm == Conv2dAlgorithm::kAuto;
        return (automatic ? ChooseConv2d(pass, g) : algorithm) == Conv2dAlgorithm::kWinograd ? n
                                                                                             : 0;
      };
      const std::int64_t side = winograd ? 7 - g.kernel_height : 1;
      const std::int64_t tiles =
          g.batch * ((g.out_height + side - 1) / side) * ((g.out_width + side - 1) / side);
      ExpectSums("out", problem.out, exact.out, exact.out_size, g.in_group() * g.taps(),
                 terms(Conv2dPass::kForward, g.in_channels), growth.result);
      ExpectSums("grad_x", problem.grad_x, exact.grad_x, exact.grad_x_size,
                 g.out_group() * g.taps(), terms(Conv2dPass::kInputGradient, g.out_channels),
                 growth.result);
      ExpectSums("grad_weight", problem.grad_weight, exact.grad_weight, exact.grad_weight_size,
                 g.batch * g.out_plane(), terms(Conv2dPass::kWeightGradient, tiles), growth.filter);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
};

TEST_P(Conv2dTest, EqualsItsDefinition) {
  const std::vector<Conv2dGeometry> all = Conv2dGeometries();
  for (std::size_t at = 0; at < all.size(); ++at) {
    AgainstDefinition<float>(at, all[at], at % 4);
    AgainstDefinition<double>(at, all[at], (at + 1) % 4);
    if (HasFatalFailure()) return;
  }
}

TEST_P(Conv2dTest, SameBitsAtAnyNumberOfThreads) {
  std::vector<Conv2dGeometry> all = Conv2dGeometries();
  // enough blocks of tiles for threads to share
  all.push_back(GeometryOf(3, 1, 10, 12, {120, 3, 1, 1, 1}, {121, 3, 1, 1, 1}));
  for (const Conv2dGeometry& g : all) {
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
      const bool winograd = algorithm == Conv2dAlgorithm::kWinograd;
      ExpectSums("grad_weight", problem.grad_weight, exact.grad_weight, exact.grad_weight_size,
                 g.batch * g.out_plane() + 1, winograd ? 45 : 0, WinogradGrowth(3).filter);
    }
  }
}

// What conv2d_policy.h states, with one page a slot for rounding up.
TEST_P(Conv2dTest, ScratchOfWinogradIsBounded) {
  SetThreads(1);
  for (const Conv2dGeometry& g : {GeometryOf(1, 1, 1, 1, {6, 3, 1, 1, 1}, {6, 3, 1, 1, 1}),
                                  GeometryOf(8, 1, 64, 48, {32, 3, 1, 1, 1}, {32, 3, 1, 1, 1}),
                                  GeometryOf(9, 1, 16, 32, {14, 5, 1, 2, 1}, {14, 5, 1, 2, 1}),
                                  GeometryOf(1, 1, 16, 16, {6, 3, 1, 1, 1}, {2000, 3, 1, 1, 1}),
                                  GeometryOf(2, 1, 300, 200, {9, 3, 1, 1, 1}, {9, 3, 1, 1, 1})}) {
    const MatmulKernels<double>& tile = Kernels().f64.matmul;
    const auto up = [](std::int64_t n, std::int64_t step) { return (n + step - 1) / step * step; };
    const std::int64_t channels = up(g.in_channels, tile.nr) + up(g.out_channels, tile.nr);
    const std::int64_t filters =
        36 * std::max(up(g.in_channels, tile.mr) * (g.out_channels + tile.lanes),
                      up(g.out_channels, tile.mr) * (g.in_channels + tile.lanes));
    const std::int64_t packed = (g.in_channels + g.out_channels) * tile.mr * g.taps();
    const std::int64_t tiles = (36 + 6 * 6) * tile.nr * tile.lanes + 36 * 64;
    const std::int64_t block =
        std::max({kWinogradBudget, kWinogradGradientBudget, 36 * channels * tile.nr}) * 5 / 4;
    for (int pass = 0; pass < 3; ++pass) {
      Problem<double> problem(g);
      std::int64_t held = 0;
      std::thread([&] {
        if (pass == 0) problem.Forward(Conv2dAlgorithm::kWinograd);
        if (pass == 1) problem.ByInput(Conv2dAlgorithm::kWinograd);
        if (pass == 2) problem.ByWeight(Conv2dAlgorithm::kWinograd);
        held = static_cast<std::int64_t>(ThreadScratchBytes());
      }).join();
      EXPECT_LE(held, (filters + packed + tiles + block) * 8 + 7 * 4096)
          << Describe(g) << " pass " << pass;
      EXPECT_GT(held, 36 * g.in_channels * g.out_channels * 8);
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

GRADLANE_ON_EVERY_ISA_TARGET(Conv2dTest);

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

TEST(Conv2dGeometryTest, WeightsOfOneResultFitAlsoWhereThereAreNoResults) {
  constexpr std::int64_t kMost = 2147483647;
  Conv2dGeometry g{};
  g.batch = g.in_channels = g.in_height = g.in_width = g.out_height = g.out_width = 1;
  g.kernel_height = g.kernel_width = g.stride_height = g.stride_width = 1;
  g.dilation_height = g.dilation_width = g.groups = 1;
  EXPECT_NO_THROW(CheckConv2dGeometry(g, "conv2d"));
  g.kernel_height = g.kernel_width = kMost;  // the product of three passes 2^63
  g.in_channels = kMost;
  EXPECT_THROW(CheckConv2dGeometry(g, "conv2d"), Error);
}

}  // namespace
}  // namespace gradlane
