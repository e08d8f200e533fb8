// Runs a native test once for every ISA target that this machine runs:
//
//   class SoftmaxTest : public EveryIsaTarget {};
//   TEST_P(SoftmaxTest, SumsToOne) { ... }
//   GRADLANE_ON_EVERY_ISA_TARGET(SoftmaxTest);
#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "cpu/dispatch.h"

namespace gradlane {

inline void PrintTo(IsaTarget target, std::ostream* out) { *out << KernelsOf(target).name; }

class EveryIsaTarget : public ::testing::TestWithParam<IsaTarget> {
 protected:
  void SetUp() override { ForceIsaTargetForTesting(GetParam()); }
  void TearDown() override { ForceIsaTargetForTesting(SupportedIsaTargets().back()); }
};

}  // namespace gradlane

#define GRADLANE_ON_EVERY_ISA_TARGET(Suite)                                                  \
  INSTANTIATE_TEST_SUITE_P(IsaTarget, Suite,                                                 \
                           ::testing::ValuesIn(::gradlane::SupportedIsaTargets()),           \
                           [](const ::testing::TestParamInfo<::gradlane::IsaTarget>& info) { \
                             return std::string(::gradlane::KernelsOf(info.param).name);     \
                           })
