// Parameters, gradients and state for the tests of operations over many parameters.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "ops/slots.h"
#include "test/arrays.h"

namespace gradlane {

// Sizes around a vector, some empty, one of several tasks (8192 elements each).
inline constexpr std::int64_t kSlotSizes[] = {1, 0, 3, 16, 17, 100, 20003, 7};

template <class T>
struct Parameters {
  static constexpr std::int64_t kGap = 2;  // of the state, between two slots: to be left alone

  explicit Parameters(std::uint64_t seed) : steps(std::size(kSlotSizes)) {
    steps.Fill([](std::int64_t) { return 0; });
    for (const std::int64_t n : kSlotSizes) {
      parameters.push_back(std::make_unique<Array<T>>(n, length % 3));
      gradients.push_back(std::make_unique<Array<T>>(n, 1 + length % 2));
      parameters.back()->FillRandom(seed++);
      gradients.back()->FillRandom(seed++);
      offsets.push_back(length);
      length += n + kGap;
    }
    state = std::make_unique<Array<T>>(3 * length);
    state->Fill([](std::int64_t) { return 0; });
  }
  Parameters(const Parameters&) = delete;

  std::int64_t count() const { return static_cast<std::int64_t>(parameters.size()); }
  std::vector<ParameterSlot> Slots() const {
    std::vector<ParameterSlot> slots;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      slots.push_back({parameters[i]->buffer(), gradients[i]->buffer(), parameters[i]->size(),
                       static_cast<std::int64_t>(i), offsets[i]});
    }
    return slots;
  }
  void NewGradients(std::uint64_t seed) {
    for (auto& gradient : gradients) gradient->FillRandom(seed++);
  }
  bool GuardsIntact() const {
    bool intact = state->GuardsIntact() && steps.GuardsIntact();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      intact = intact && parameters[i]->GuardsIntact() && gradients[i]->GuardsIntact();
      for (std::int64_t gap = 0; gap < kGap; ++gap) {
        intact = intact && (*state)[offsets[i] + parameters[i]->size() + gap] == 0;
      }
    }
    return intact;
  }

  std::vector<std::unique_ptr<Array<T>>> parameters, gradients;
  std::vector<std::int64_t> offsets;
  std::int64_t length = 0;  // of one state array
  std::unique_ptr<Array<T>> state;
  Array<double> steps;
};

template <class T>
bool SameBits(const Parameters<T>& a, const Parameters<T>& b) {
  bool same = a.state->SameBits(*b.state) && a.steps.SameBits(b.steps);
  for (std::size_t i = 0; i < a.parameters.size(); ++i) {
    same = same && a.parameters[i]->SameBits(*b.parameters[i]) &&
           a.gradients[i]->SameBits(*b.gradients[i]);
  }
  return same;
}

}  // namespace gradlane
