// Steps of the rules that share one driver against the same step in wider arithmetic, from the same
// state.
#include "ops/update.h"

#include <gtest/gtest.h>

#include <cmath>

#include "parallel/thread_pool.h"
#include "test/isa_targets.h"
#include "test/slots.h"

namespace gradlane {
namespace {

struct Hyper {
  UpdateKind kind;
  double lr = 0.01, beta1 = 0.9, beta2 = 0.99, eps = 1e-6, weight_decay = 0, decoupled = 0,
         maximize = 0, momentum = 0, centered = 0, lr_decay = 0, momentum_decay = 0;
};
constexpr Hyper kHypers[] = {
    {.kind = UpdateKind::kAdagrad},
    {.kind = UpdateKind::kAdagrad, .maximize = 1, .lr_decay = 0.1},
    {.kind = UpdateKind::kRmsprop},
    {.kind = UpdateKind::kRmsprop, .momentum = 0.5},
    {.kind = UpdateKind::kAdadelta, .lr = 1, .beta2 = 0.9},
    {.kind = UpdateKind::kAdamax, .maximize = 1},
    {.kind = UpdateKind::kNadam, .momentum_decay = 0.004},
    {.kind = UpdateKind::kNadam, .weight_decay = 0.1, .decoupled = 1, .momentum_decay = 0.3},
    {.kind = UpdateKind::kRadam, .beta2 = 0.5},
    {.kind = UpdateKind::kRadam, .weight_decay = 0.1, .decoupled = 1},
};
constexpr Hyper kCentered{
    .kind = UpdateKind::kRmsprop, .weight_decay = 0.1, .momentum = 0.5, .centered = 1};
constexpr Hyper kRprop{.kind = UpdateKind::kRprop};
constexpr Hyper kLion{.kind = UpdateKind::kLion, .weight_decay = 0.1, .decoupled = 1};

Array<double> Values(const Hyper& h) {
  const double values[] = {h.lr,           h.beta1,     h.beta2,         h.eps,
                           h.weight_decay, h.decoupled, h.maximize,      h.momentum,
                           h.centered,     h.lr_decay,  h.momentum_decay};
  const double rprop[] = {0.5, 1.2, 1e-6, 50};  // etas, step sizes
  Array<double> array(19);
  array.Fill([&](std::int64_t i) { return i < 11 ? values[i] : i < 15 ? 0 : rprop[i - 15]; });
  return array;
}

template <class T>
void Step(const Hyper& hyper, Parameters<T>& parameters, Array<double>& products) {
  const Array<double> values = Values(hyper);
  UpdateStep({kDtypeOf<T>, hyper.kind, values.buffer(), parameters.steps.buffer(),
              products.buffer(), parameters.state->buffer(), parameters.length,
              parameters.Slots()});
}

// What a step makes of one element. `size` is the update with absolute values in place of all
// terms: what rounding errors are relative to.
template <class Wide>
struct Element {
  Wide update = 0, size = 0, state[2] = {};
};

template <class Wide>
Element<Wide> Exact(const Hyper& h, double t, double product, Wide g, Wide a, Wide b) {
  const Wide lr = h.lr, beta1 = h.beta1, beta2 = h.beta2, eps = h.eps, one = 1;
  const Wide m = beta1 * a + (1 - beta1) * g;
  const Wide m_size = beta1 * std::fabs(a) + (1 - beta1) * std::fabs(g);
  const Wide power1 = std::pow(beta1, static_cast<Wide>(t));
  const Wide power2 = std::pow(beta2, static_cast<Wide>(t));
  const auto result = [&](Wide signed_part, Wide size, Wide divisor, Wide first, Wide second) {
    return Element<Wide>{signed_part / divisor, size / divisor, {first, second}};
  };
  switch (h.kind) {
    case UpdateKind::kAdagrad: {
      const Wide sum = a + g * g;
      const Wide part = lr / (1 + static_cast<Wide>(t - 1) * static_cast<Wide>(h.lr_decay)) * g;
      return result(part, std::fabs(part), std::sqrt(sum) + eps, sum, b);
    }
    case UpdateKind::kRmsprop: {
      const Wide square = beta2 * a + (1 - beta2) * g * g, step = g / (std::sqrt(square) + eps);
      const Wide mu = h.momentum, next = mu * b + step;
      return result(lr * next, lr * (mu * std::fabs(b) + std::fabs(step)), one, square,
                    mu != 0 ? next : b);
    }
    case UpdateKind::kAdadelta: {
      const Wide square = beta2 * a + (1 - beta2) * g * g;
      const Wide step = std::sqrt(b + eps) / std::sqrt(square + eps) * g;
      return result(lr * step, lr * std::fabs(step), one, square,
                    beta2 * b + (1 - beta2) * step * step);
    }
    case UpdateKind::kAdamax: {
      const Wide norm = std::fmax(beta2 * b, std::fabs(g) + eps), rate = lr / (1 - power1);
      return result(rate * m, rate * m_size, norm, m, norm);
    }
    case UpdateKind::kNadam: {
      const auto momentum = [&](double step) {
        return beta1 *
               (1 - std::pow(static_cast<Wide>(0.96L),
                             static_cast<Wide>(step) * static_cast<Wide>(h.momentum_decay)) /
                        2);
      };
      const Wide now = momentum(t), next = momentum(t + 1), all = product * now;
      const Wide of_g = lr * (1 - now) / (1 - all), of_m = lr * next / (1 - all * next);
      const Wide v = beta2 * b + (1 - beta2) * g * g;
      return result(of_g * g + of_m * m, of_g * std::fabs(g) + of_m * m_size,
                    std::sqrt(v / (1 - power2)) + eps, m, v);
    }
    default: {  // RAdam
      const Wide v = beta2 * b + (1 - beta2) * g * g, longest = 2 / (1 - beta2) - 1;
      const Wide n = longest - 2 * static_cast<Wide>(t) * power2 / (1 - power2);
      const Wide rate = lr / (1 - power1);
      if (n <= 5) return result(rate * m, rate * m_size, one, m, v);
      const Wide rectified = rate * std::sqrt((n - 4) * (n - 2) * longest /
                                              ((longest - 4) * (longest - 2) * n) * (1 - power2));
      return result(rectified * m, rectified * m_size, std::sqrt(v) + eps, m, v);
    }
  }
}

template <class T>
void CheckStep(const Hyper& h, const Parameters<T>& before, const Array<double>& products,
               const Parameters<T>& after) {
  using Wide = WideOf<T>;
  const Wide u = kUnit<T>;
  for (std::int64_t i = 0; i < before.count(); ++i) {
    const double t = after.steps[i];
    EXPECT_EQ(t, before.steps[i] + 1);
    const double product = t == 1 ? 1 : products[i];
    for (std::int64_t j = 0; j < before.parameters[i]->size(); ++j) {
      const std::int64_t at = before.offsets[i] + j, second = before.length + at;
      const Wide g = (h.maximize != 0 ? -1 : 1) * static_cast<Wide>((*before.gradients[i])[j]);
      const Wide p = (*before.parameters[i])[j] *
                     (h.decoupled != 0 ? 1 - static_cast<Wide>(h.lr) * h.weight_decay : Wide(1));
      const Element<Wide> exact =
          Exact<Wide>(h, t, product, g, (*before.state)[at], (*before.state)[second]);
      // State: at most ten roundings, of terms that do not cancel but for the first moment and the
      // momentum, whose size is that of the parts of the step. Update: five of a moment, half of
      // ten in a root, ten around them and in its hyper-parameters. The corrections in double lose
      // t / (1 - beta^t) more, which the float kernels do not see; t stays below 6.
      const Wide hyper = 20 * 0x1p-53 * t / (1 - h.beta2);
      ASSERT_LE(
          std::fabs((*after.state)[at] - exact.state[0]),
          10 * u * (std::fabs((*before.state)[at]) + std::fabs(exact.state[0]) + std::fabs(g)))
          << "kind " << static_cast<int>(h.kind);
      ASSERT_LE(
          std::fabs((*after.state)[second] - exact.state[1]),
          20 * u *
              (std::fabs((*before.state)[second]) + std::fabs(exact.state[1]) + exact.size / h.lr));
      ASSERT_LE(std::fabs((*after.parameters[i])[j] - (p - exact.update)),
                4 * u * std::fabs(p) + (30 * u + hyper) * exact.size)
          << "kind " << static_cast<int>(h.kind) << " slot " << i << " element " << j;
    }
  }
}

class UpdateTest : public EveryIsaTarget {};

template <class T>
void CheckSteps() {
  for (const Hyper& hyper : kHypers) {
    Parameters<T> before(1), after(1);
    Array<double> products(before.count()), next(before.count());
    for (int step = 0; step < 5; ++step) {
      before.NewGradients(100 * step);
      after.NewGradients(100 * step);
      Step(hyper, after, next);
      CheckStep(hyper, before, products, after);
      EXPECT_TRUE(after.GuardsIntact());
      Step(hyper, before, products);
    }
  }
}

TEST_P(UpdateTest, EveryRuleStepByStep) {
  CheckSteps<float>();
  CheckSteps<double>();
}

TEST_P(UpdateTest, LionMovesByTheSign) {
  Parameters<double> before(1), after(1);
  Array<double> products(0);
  (*before.gradients[6])[0] = (*after.gradients[6])[0] = 0;
  Step(kLion, after, products);
  for (std::int64_t j = 0; j < after.parameters[6]->size(); ++j) {
    const double g = (*before.gradients[6])[j], sign = (g > 0) - (g < 0);
    const double p = (*before.parameters[6])[j];
    ASSERT_NEAR((*after.parameters[6])[j], p * (1 - 0.01 * 0.1) - 0.01 * sign, 0x1p-50);
    ASSERT_NEAR((*after.state)[after.offsets[6] + j], 0.01 * g, 0x1p-55);
  }
}

TEST_P(UpdateTest, RpropGrowsAndShrinksTheStepOfEachElement) {
  Parameters<double> before(1), after(1);
  Array<double> products(0);
  const auto run = [&](double sign) {
    for (std::int64_t j = 0; j < after.parameters[6]->size(); ++j) {
      (*after.gradients[6])[j] = sign * (j % 3 - 1);
    }
    Step(kRprop, after, products);
  };
  // 0.01, then 1.2 times that, half of it without a move, and that again after a gradient of 0
  double moved = 0;
  for (const auto& [sign, size, step] : {std::tuple{1.0, 0.01, 0.01},
                                         {1.0, 0.012, 0.012},
                                         {-1.0, 0.006, 0.0},
                                         {-1.0, 0.006, -0.006}}) {
    run(sign);
    moved += step;
    for (std::int64_t j = 0; j < after.parameters[6]->size(); ++j) {
      const std::int64_t at = after.offsets[6] + j;
      const double g = j % 3 - 1;
      ASSERT_NEAR((*after.parameters[6])[j], (*before.parameters[6])[j] - moved * g, 0x1p-50);
      ASSERT_NEAR((*after.state)[after.length + at], g == 0 ? 0.01 : size, 0x1p-55);
      ASSERT_EQ((*after.state)[at], step == 0 ? 0 : sign * g);
    }
  }
}

TEST_P(UpdateTest, RmspropReachesOnlyToTheArraysThatItUses) {
  for (const auto& [momentum, centered, arrays] :
       {std::tuple{0.0, 0.0, 1}, {0.5, 0.0, 2}, {0.0, 1.0, 3}}) {
    Parameters<float> parameters(1);
    const Array<double> hyper =
        Values({.kind = UpdateKind::kRmsprop, .momentum = momentum, .centered = centered});
    const auto step = [&](std::int64_t elements) {
      UpdateStep({Dtype::kFloat32,
                  UpdateKind::kRmsprop,
                  hyper.buffer(),
                  parameters.steps.buffer(),
                  {},
                  {parameters.state->buffer().data, 4 * elements},
                  parameters.length,
                  parameters.Slots()});
    };
    EXPECT_THROW(step(arrays * parameters.length - 1), Error);
    EXPECT_EQ(parameters.steps[0], 0);
    step(arrays * parameters.length);
    EXPECT_EQ(parameters.steps[0], 1);
    // centered without momentum leaves the second array alone
    for (std::int64_t i = 0; i < parameters.length && arrays != 2; ++i) {
      ASSERT_EQ((*parameters.state)[parameters.length + i], 0);
    }
  }
}

TEST_P(UpdateTest, TheSameBitsWithTwoThreads) {
  RetainPool();
  for (const Hyper& hyper :
       {kHypers[0], kCentered, kHypers[4], kHypers[5], kHypers[7], kHypers[9], kRprop, kLion}) {
    Parameters<float> one(1), two(1);
    Array<double> of_one(one.count()), of_two(two.count());
    for (int step = 0; step < 2; ++step) {
      SetThreads(1);
      Step(hyper, one, of_one);
      SetThreads(2);
      Step(hyper, two, of_two);
    }
    EXPECT_TRUE(SameBits(one, two) && of_one.SameBits(of_two));
    EXPECT_TRUE(two.GuardsIntact());
  }
  ReleasePool();
}

TEST_P(UpdateTest, ALastSlotThatDoesNotFitLeavesTheFirstAlone) {
  Parameters<float> parameters(1), untouched(1);
  Array<double> products(parameters.count());
  products.Fill([](std::int64_t) { return 0; });
  const Array<double> hyper = Values({.kind = UpdateKind::kNadam});
  const auto step = [&](Buffer state, std::int64_t length, Buffer steps, Buffer numbers,
                        const ParameterSlots& slots, UpdateKind kind = UpdateKind::kNadam) {
    UpdateStep({Dtype::kFloat32, kind, hyper.buffer(), steps, numbers, state, length, slots});
  };
  const Buffer state = parameters.state->buffer(), steps = parameters.steps.buffer();
  const Buffer numbers = products.buffer();
  const std::int64_t length = parameters.length;
  std::vector<ParameterSlot> slots = parameters.Slots();
  EXPECT_THROW(step({state.data, 8 * length - 4}, length, steps, numbers, slots), Error);
  EXPECT_THROW(step(state, length - Parameters<float>::kGap - 1, steps, numbers, slots), Error);
  EXPECT_THROW(step(state, length, {steps.data, steps.bytes - 8}, numbers, slots), Error);
  EXPECT_THROW(step(state, length, steps, {numbers.data, numbers.bytes - 8}, slots), Error);
  EXPECT_THROW(
      step(state, length, steps, numbers, slots, static_cast<UpdateKind>(kUpdateKindCount)), Error);
  slots.back().parameter.bytes -= 4;
  EXPECT_THROW(step(state, length, steps, numbers, slots), Error);
  slots = parameters.Slots();
  slots.back().state_offset = -1;
  EXPECT_THROW(step(state, length, steps, numbers, slots), Error);
  EXPECT_TRUE(SameBits(parameters, untouched));
  EXPECT_EQ(products[0], 0);
}

GRADLANE_ON_EVERY_ISA_TARGET(UpdateTest);

}  // namespace
}  // namespace gradlane
