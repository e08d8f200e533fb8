// Steps of SGD against the same step in wider arithmetic, from the same state.
#include <gtest/gtest.h>

#include <cmath>

#include "ops/update.h"
#include "parallel/thread_pool.h"
#include "test/isa_targets.h"
#include "test/slots.h"

namespace gradlane {
namespace {

struct Hyper {
  double lr, momentum = 0, dampening = 0, weight_decay = 0, nesterov = 0, maximize = 0;
};
constexpr Hyper kHypers[] = {
    {.lr = 0.1},
    {.lr = 0.1, .momentum = 0.9},
    {.lr = 0.01, .momentum = 0.9, .dampening = 0.3},
    {.lr = 0.01, .momentum = 0.9, .weight_decay = 0.1, .nesterov = 1},
    {.lr = 0.01, .weight_decay = 0.1, .maximize = 1},
    {.lr = 0.01, .momentum = 0.5, .dampening = 0.1, .weight_decay = 0.1, .maximize = 1},
};

Array<double> Values(const Hyper& h) {
  const double values[15] = {h.lr,       0, 0, 0, h.weight_decay, 0,         h.maximize,
                             h.momentum, 0, 0, 0, h.dampening,    h.nesterov};
  Array<double> array(19);
  array.Fill([&](std::int64_t i) { return values[i]; });
  return array;
}

template <class T>
void Step(const Hyper& hyper, Parameters<T>& parameters) {
  const Array<double> values = Values(hyper);
  UpdateStep({kDtypeOf<T>,
              UpdateKind::kSgd,
              values.buffer(),
              parameters.steps.buffer(),
              {},
              parameters.state->buffer(),
              parameters.length,
              parameters.Slots()});
}

template <class T>
void CheckStep(const Hyper& h, const Parameters<T>& before, const Parameters<T>& after) {
  using Wide = WideOf<T>;
  const auto in_type = [](double x) { return static_cast<Wide>(static_cast<T>(x)); };
  for (std::int64_t i = 0; i < before.count(); ++i) {
    const Array<T>&p = *before.parameters[i], &g = *before.gradients[i];
    EXPECT_EQ(after.steps[i], before.steps[i] + 1);
    for (std::int64_t j = 0; j < p.size(); ++j) {
      const std::int64_t at = before.offsets[i] + j;
      Wide d =
          (h.maximize != 0 ? -1 : 1) * static_cast<Wide>(g[j]) + in_type(h.weight_decay) * p[j];
      Wide size = std::fabs(g[j]) + h.weight_decay * std::fabs(p[j]);
      if (h.momentum != 0) {
        const Wide b = (*before.state)[at];
        const Wide next =
            before.steps[i] == 0 ? d : in_type(h.momentum) * b + in_type(1 - h.dampening) * d;
        const Wide next_size = size + h.momentum * std::fabs(b);
        // two roundings each in d, in its product and in the sum
        ASSERT_LE(std::fabs((*after.state)[at] - next), 6 * kUnit<T> * next_size);
        size = h.nesterov != 0 ? size + h.momentum * next_size : next_size;
        d = h.nesterov != 0 ? d + in_type(h.momentum) * next : next;
      }
      // six roundings in the buffer, two for Nesterov, two in this line
      const Wide exact = p[j] - in_type(h.lr) * d;
      ASSERT_LE(std::fabs((*after.parameters[i])[j] - exact),
                kUnit<T> * (std::fabs(exact) + 10 * h.lr * size))
          << "slot " << i << " element " << j;
    }
  }
}

class SgdTest : public EveryIsaTarget {};

template <class T>
void CheckSteps() {
  for (const Hyper& hyper : kHypers) {
    Parameters<T> before(1), after(1);
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

TEST_P(SgdTest, EveryOptionStepByStep) {
  CheckSteps<float>();
  CheckSteps<double>();
}

TEST_P(SgdTest, TheFirstStepDoesNotReadTheBuffer) {
  Parameters<float> parameters(1);
  for (std::size_t i = 0; i < parameters.parameters.size(); ++i) {
    for (std::int64_t j = 0; j < parameters.parameters[i]->size(); ++j) {
      (*parameters.state)[parameters.offsets[i] + j] = std::nanf("");
    }
  }
  Step({.lr = 0.1, .momentum = 0.9}, parameters);
  for (const auto& parameter : parameters.parameters) {
    for (std::int64_t j = 0; j < parameter->size(); ++j)
      ASSERT_TRUE(std::isfinite((*parameter)[j]));
  }
}

TEST_P(SgdTest, TheSameBitsWithTwoThreads) {
  RetainPool();
  Parameters<float> one(1), two(1);
  for (int step = 0; step < 2; ++step) {
    SetThreads(1);
    Step(kHypers[3], one);
    SetThreads(2);
    Step(kHypers[3], two);
  }
  ReleasePool();
  EXPECT_TRUE(SameBits(one, two));
}

TEST_P(SgdTest, ALastSlotThatDoesNotFitLeavesTheFirstAlone) {
  Parameters<float> parameters(1), untouched(1);
  const Array<double> hyper = Values({.lr = 0.1, .momentum = 0.9});
  const auto step = [&](Buffer state, Buffer steps, const ParameterSlots& slots) {
    UpdateStep({Dtype::kFloat32,
                UpdateKind::kSgd,
                hyper.buffer(),
                steps,
                {},
                state,
                parameters.length,
                slots});
  };
  const Buffer state = parameters.state->buffer(), steps = parameters.steps.buffer();
  std::vector<ParameterSlot> slots = parameters.Slots();
  EXPECT_THROW(step({state.data, 4 * (parameters.length - 1)}, steps, slots), Error);
  EXPECT_THROW(step(state, {steps.data, steps.bytes - 8}, slots), Error);
  slots.back().gradient.bytes -= 4;
  EXPECT_THROW(step(state, steps, slots), Error);
  slots = parameters.Slots();
  slots.back().index = -1;
  EXPECT_THROW(step(state, steps, slots), Error);
  EXPECT_TRUE(SameBits(parameters, untouched));
}

TEST_P(SgdTest, NeedsNoStateWithoutMomentum) {
  Parameters<float> parameters(1);
  const Array<double> hyper = Values({.lr = 0.1});
  UpdateStep({Dtype::kFloat32,
              UpdateKind::kSgd,
              hyper.buffer(),
              parameters.steps.buffer(),
              {},
              {},
              parameters.length,
              parameters.Slots()});
  EXPECT_EQ(parameters.steps[0], 1);
}

GRADLANE_ON_EVERY_ISA_TARGET(SgdTest);

}  // namespace
}  // namespace gradlane
