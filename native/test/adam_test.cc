// Steps of Adam, AdamW and AMSGrad against the same step in wider arithmetic, from the same state.
#include <gtest/gtest.h>

#include <cmath>

#include "ops/update.h"
#include "parallel/thread_pool.h"
#include "test/isa_targets.h"
#include "test/slots.h"

namespace gradlane {
namespace {

struct Hyper {
  double lr = 0.01, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0, decoupled = 0,
         amsgrad = 0, maximize = 0, bias_correction = 1;
};
constexpr Hyper kHypers[] = {
    {},
    {.weight_decay = 0.1},
    {.weight_decay = 0.1, .decoupled = 1},
    {.amsgrad = 1},
    {.beta1 = 0.5, .beta2 = 0.9, .eps = 1e-3, .weight_decay = 0.1, .amsgrad = 1, .maximize = 1},
    {.beta1 = 0, .bias_correction = 0},
};

Array<double> Values(const Hyper& h) {
  const double values[15] = {h.lr,        h.beta1,    h.beta2, h.eps,     h.weight_decay,
                             h.decoupled, h.maximize, 0,       0,         0,
                             0,           0,          0,       h.amsgrad, h.bias_correction};
  Array<double> array(19);
  array.Fill([&](std::int64_t i) { return values[i]; });
  return array;
}

template <class T>
void Step(const Hyper& hyper, Parameters<T>& parameters) {
  const Array<double> values = Values(hyper);
  UpdateStep({kDtypeOf<T>,
              UpdateKind::kAdam,
              values.buffer(),
              parameters.steps.buffer(),
              {},
              parameters.state->buffer(),
              parameters.length,
              parameters.Slots()});
}

// Bounds in units of u, the relative error of one rounding, carried through the formulas to first
// order and doubled for the rest. Hyper-parameters rounded to T are one rounding each.
template <class T>
void CheckStep(const Hyper& h, const Parameters<T>& before, const Parameters<T>& after) {
  using Wide = WideOf<T>;
  const Wide u = kUnit<T>, beta1 = h.beta1, beta2 = h.beta2, lr = h.lr;
  for (std::int64_t i = 0; i < before.count(); ++i) {
    const double t = after.steps[i];
    EXPECT_EQ(t, before.steps[i] + 1);
    const Wide correction1 = h.bias_correction != 0 ? 1 - std::pow(beta1, static_cast<Wide>(t)) : 1;
    const Wide correction2 = h.bias_correction != 0 ? 1 - std::pow(beta2, static_cast<Wide>(t)) : 1;
    // 1 - beta^t in double: the powers are off by some t 2^-53, relative to what is left of 1
    const Wide off = 2 * u + 0x1p-52 * t * (beta2 / correction2 + beta1 / correction1);
    for (std::int64_t j = 0; j < before.parameters[i]->size(); ++j) {
      const std::int64_t at = before.offsets[i] + j;
      const Wide m0 = (*before.state)[at], v0 = (*before.state)[before.length + at];
      Wide p = (*before.parameters[i])[j];
      Wide g = (h.maximize != 0 ? -1 : 1) * static_cast<Wide>((*before.gradients[i])[j]);
      Wide size = std::fabs(g);
      if (h.decoupled != 0) {
        p *= 1 - lr * static_cast<Wide>(h.weight_decay);
      } else {
        g += static_cast<Wide>(h.weight_decay) * p;
        size += h.weight_decay * std::fabs(p);
      }
      const Wide m = beta1 * m0 + (1 - beta1) * g, v = beta2 * v0 + (1 - beta2) * g * g;
      // g is off by 3 u of its size; constant, product and sum add three more
      const Wide m_off = 6 * u * (beta1 * std::fabs(m0) + (1 - beta1) * size);
      const Wide v_off = 10 * u * (beta2 * v0 + (1 - beta2) * size * size);
      ASSERT_LE(std::fabs((*after.state)[at] - m), 2 * m_off);
      ASSERT_LE(std::fabs((*after.state)[before.length + at] - v), 2 * v_off);
      Wide second = v;
      if (h.amsgrad != 0) {
        const std::int64_t max_at = 2 * before.length + at;
        second = std::fmax(static_cast<Wide>((*before.state)[max_at]), v);
        ASSERT_LE(std::fabs((*after.state)[max_at] - second), 2 * v_off);
      }
      const Wide root = std::sqrt(second / correction2);
      const Wide denominator = root + static_cast<Wide>(h.eps);
      const Wide root_off = root == 0 ? 0 : v_off / correction2 / (2 * root) + (3 * u + off) * root;
      const Wide step = lr / correction1 * m / denominator;
      const Wide step_off = lr / correction1 * m_off / denominator +
                            std::fabs(step) * (root_off / denominator + 5 * u + off);
      ASSERT_LE(std::fabs((*after.parameters[i])[j] - (p - step)),
                2 * (2 * u * std::fabs(p) + u * std::fabs(p - step) + step_off))
          << "slot " << i << " element " << j << " step " << t;
    }
  }
}

class AdamTest : public EveryIsaTarget {};

template <class T>
void CheckSteps() {
  for (const Hyper& hyper : kHypers) {
    Parameters<T> before(1), after(1);
    // Two slots stand at other steps than the rest, as after loading a checkpoint.
    for (Parameters<T>* parameters : {&before, &after}) {
      parameters->steps[2] = 4;
      parameters->steps[3] = 100000;
    }
    for (int step = 0; step < 3; ++step) {
      before.NewGradients(100 * step);
      after.NewGradients(100 * step);
      Step(hyper, after);
      CheckStep(hyper, before, after);
      EXPECT_TRUE(after.GuardsIntact());
      Step(hyper, before);
    }
  }
}

TEST_P(AdamTest, EveryOptionStepByStep) {
  CheckSteps<float>();
  CheckSteps<double>();
}

TEST_P(AdamTest, ReadsItsHyperParametersWhenItRuns) {
  Parameters<double> parameters(1), untouched(1);
  Array<double> hyper = Values({});
  const std::vector<ParameterSlot> slots = parameters.Slots();
  const UpdateStepArgs recorded{Dtype::kFloat64,
                                UpdateKind::kAdam,
                                hyper.buffer(),
                                parameters.steps.buffer(),
                                {},
                                parameters.state->buffer(),
                                parameters.length,
                                slots};
  hyper[0] = 0;  // lr, as a scheduler changes it
  UpdateStep(recorded);
  EXPECT_EQ(parameters.steps[0], 1);
  EXPECT_TRUE(parameters.parameters[6]->SameBits(*untouched.parameters[6]));
}

TEST_P(AdamTest, TheSameBitsWithTwoThreads) {
  RetainPool();
  Parameters<float> one(1), two(1);
  for (int step = 0; step < 2; ++step) {
    SetThreads(1);
    Step(kHypers[4], one);
    SetThreads(2);
    Step(kHypers[4], two);
  }
  ReleasePool();
  EXPECT_TRUE(SameBits(one, two));
}

TEST_P(AdamTest, ALastSlotThatDoesNotFitLeavesTheFirstAlone) {
  Parameters<float> parameters(1), untouched(1);
  const Array<double> hyper = Values({.amsgrad = 1});
  const auto step = [&](Buffer state, std::int64_t length, Buffer steps,
                        const ParameterSlots& slots) {
    UpdateStep(
        {Dtype::kFloat32, UpdateKind::kAdam, hyper.buffer(), steps, {}, state, length, slots});
  };
  const Buffer state = parameters.state->buffer(), steps = parameters.steps.buffer();
  const std::int64_t length = parameters.length;
  std::vector<ParameterSlot> slots = parameters.Slots();
  EXPECT_THROW(step({state.data, state.bytes - 4}, length, steps, slots), Error);
  EXPECT_THROW(step(state, length - Parameters<float>::kGap - 1, steps, slots), Error);
  EXPECT_THROW(step(state, length, {steps.data, steps.bytes - 8}, slots), Error);
  slots.back().parameter.bytes -= 4;
  EXPECT_THROW(step(state, length, steps, slots), Error);
  slots = parameters.Slots();
  slots.back().state_offset = -1;
  EXPECT_THROW(step(state, length, steps, slots), Error);
  EXPECT_TRUE(SameBits(parameters, untouched));
}

GRADLANE_ON_EVERY_ISA_TARGET(AdamTest);

}  // namespace
}  // namespace gradlane
