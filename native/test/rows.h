// Runs a native test once for every row of kernels that this machine has:
//
//   class SoftmaxTest : public EveryRow {};
//   TEST_P(SoftmaxTest, SumsToOne) { ... }
//   GRADLANE_ON_EVERY_ROW(SoftmaxTest);
#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "cpu/dispatch.h"

namespace gradlane {

inline void PrintTo(Row row, std::ostream* out) { *out << KernelsOf(row).name; }

class EveryRow : public ::testing::TestWithParam<Row> {
 protected:
  void SetUp() override { ForceRowForTesting(GetParam()); }
  void TearDown() override { ForceRowForTesting(SupportedRows().back()); }
};

}  // namespace gradlane

#define GRADLANE_ON_EVERY_ROW(Suite)                                                     \
  INSTANTIATE_TEST_SUITE_P(Row, Suite, ::testing::ValuesIn(::gradlane::SupportedRows()), \
                           [](const ::testing::TestParamInfo<::gradlane::Row>& info) {   \
                             return std::string(::gradlane::KernelsOf(info.param).name); \
                           })
