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

template <class T>
void Blocks(Dtype dtype) {
  // count, size, offset and stride of x, offset and stride of out
  const std::int64_t cases[][6] = {{0, 3, 5, 3, 0, 4},
                                   {4, 0, 0, 0, 9, 2},
                                   {1, 1, 0, 1, 0, 1},
                                   {5, 1, 2, 3, 1, 2},
                                   {7, 3, 0, 3, 2, 8},
                                   {3, 17, 4, 33, 0, 17},
                                   {2, 40000, 7, 40011, 3, 40000},
                                   {1, 70001, 1, 70001, 2, 70001},
                                   {33000, 2, 0, 3, 1, 4}};
  for (const auto& [count, size, x_at, x_stride, out_at, out_stride] : cases) {
    const std::int64_t in = x_at + count * x_stride, to = out_at + count * out_stride;
    Array<T> x(in, 1), first(to, 2);
    x.Fill([](std::int64_t i) { return i * 7 % 251 + 1; });
    for (const int threads : {1, 2}) {
      SetThreads(threads);
      Array<T> out(to, 2);
      out.Fill([](std::int64_t) { return 0; });
      CopyBlocks(
          {dtype, x.buffer(), out.buffer(), count, size, x_at, x_stride, out_at, out_stride});
      EXPECT_TRUE(x.GuardsIntact() && out.GuardsIntact());
      for (std::int64_t i = 0; i < to; ++i) {
        const std::int64_t at = i - out_at, r = at < 0 ? 0 : at / out_stride;
        const std::int64_t j = at < 0 ? size : at % out_stride;
        ASSERT_EQ(out[i], j < size ? x[x_at + r * x_stride + j] : T(0)) << count << " x " << size;
      }
      if (threads == 1) first.Fill([&](std::int64_t i) { return out[i]; });
      EXPECT_TRUE(out.SameBits(first));
    }
  }
}

TEST_P(MemoryTest, CopiesBlocksOfEveryType) {
  RetainPool();
  Blocks<float>(Dtype::kFloat32);
  Blocks<double>(Dtype::kFloat64);
  Blocks<std::int32_t>(Dtype::kInt32);
  Blocks<std::uint8_t>(Dtype::kUint8);
  ReleasePool();
}

TEST_P(MemoryTest, RefusesBlocksThatDoNotFit) {
  Array<float> x(12), out(11);
  out.Fill([](std::int64_t) { return 5; });
  const auto copy = [&](std::int64_t count, std::int64_t size, std::int64_t x_at,
                        std::int64_t x_stride, std::int64_t out_at, std::int64_t out_stride) {
    CopyBlocks({Dtype::kFloat32, x.buffer(), out.buffer(), count, size, x_at, x_stride, out_at,
                out_stride});
  };
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  EXPECT_THROW(copy(3, 4, 0, 4, 0, 4), Error);  // out has one too few
  EXPECT_THROW(copy(2, 5, 3, 5, 0, 5), Error);  // so has x
  EXPECT_THROW(copy(2, 3, 0, 2, 0, 3), Error);  // blocks that overlap
  EXPECT_THROW(copy(2, 3, 0, 3, 0, 2), Error);
  EXPECT_THROW(copy(2, 3, -1, 3, 0, 3), Error);
  EXPECT_THROW(copy(2, 3, 0, 3, -1, 3), Error);
  EXPECT_THROW(copy(-2, -3, 0, 3, 0, 3), Error);
  EXPECT_THROW(copy(2, 3, 0, kHuge, 0, 3), Error);
  EXPECT_THROW(copy(2, 3, kHuge, 3, 0, 3), Error);
  EXPECT_THROW(copy(kHuge, 4, 0, 4, 0, 4), Error);
  for (std::int64_t i = 0; i < 11; ++i) EXPECT_EQ(out[i], 5);
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
