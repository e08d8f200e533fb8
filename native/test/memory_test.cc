// Fill and copy of every element type.
#include "ops/memory.h"

#include <gtest/gtest.h>

#include <cmath>

#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

class MemoryTest : public EveryIsaTarget {};

template <class T>
void FillAndCopy(Dtype dtype, double value, T expected) {
  for (const std::int64_t n : {0, 1, 3, 16, 17, 70001}) {
    for (const std::int64_t offset : {0, 1}) {
      Array<T> x(n, offset), y(n, 1 - offset);
      Fill({dtype, x.buffer(), n, value});
      Copy({dtype, x.buffer(), y.buffer(), n});
      for (std::int64_t i = 0; i < n; ++i) ASSERT_EQ(x[i], expected) << value;
      EXPECT_TRUE(y.SameBits(x));
      EXPECT_TRUE(x.GuardsIntact() && y.GuardsIntact());
    }
  }
}

TEST_P(MemoryTest, FillsAndCopiesEveryType) {
  FillAndCopy<float>(Dtype::kFloat32, 0.1, 0.1f);
  FillAndCopy<double>(Dtype::kFloat64, -0.1, -0.1);
  FillAndCopy<std::int32_t>(Dtype::kInt32, -7.9, -7);
  FillAndCopy<std::int32_t>(Dtype::kInt32, 1e10, 2147483647);
  FillAndCopy<std::int32_t>(Dtype::kInt32, std::nan(""), 0);
  FillAndCopy<std::uint8_t>(Dtype::kUint8, -1, 0);
  FillAndCopy<std::uint8_t>(Dtype::kUint8, 255.5, 255);
}

TEST_P(MemoryTest, CopyOntoItselfAndOfOtherDataTypesKeepsTheBits) {
  Array<float> x(100);
  x.FillRandom(1);
  Array<float> before(x);
  Copy({Dtype::kFloat32, x.buffer(), x.buffer(), 100});
  EXPECT_TRUE(x.SameBits(before));
  Array<std::int32_t> wide(70001), other(70001);
  wide.Fill([](std::int64_t i) { return i * 31; });
  RetainPool();
  for (const int threads : {1, 2}) {
    SetThreads(threads);
    other.Fill([](std::int64_t) { return 0; });
    Copy({Dtype::kInt32, wide.buffer(), other.buffer(), 70001});
    EXPECT_TRUE(other.SameBits(wide));
  }
  ReleasePool();
}

TEST_P(MemoryTest, RefusesWhatDoesNotFit) {
  Array<float> x(4), y(3);
  y.Fill([](std::int64_t) { return 5; });
  EXPECT_THROW(Copy({Dtype::kFloat32, x.buffer(), y.buffer(), 4}), Error);
  EXPECT_THROW(Fill({Dtype::kFloat32, y.buffer(), 4, 1}), Error);
  EXPECT_THROW(Fill({Dtype::kFloat32, y.buffer(), -1, 1}), Error);
  // a count whose bytes wrap around to 0
  EXPECT_THROW(Fill({Dtype::kFloat32, y.buffer(), std::int64_t{1} << 62, 1}), Error);
  EXPECT_THROW(Fill({static_cast<Dtype>(9), y.buffer(), 1, 1}), Error);
  for (std::int64_t i = 0; i < 3; ++i) EXPECT_EQ(y[i], 5);
}

GRADLANE_ON_EVERY_ISA_TARGET(MemoryTest);

}  // namespace
}  // namespace gradlane
