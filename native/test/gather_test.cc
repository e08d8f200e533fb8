// Rows picked by index, as they are or turned into floats.
#include "ops/gather.h"

#include <gtest/gtest.h>

#include <cmath>

#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

class GatherTest : public EveryIsaTarget {};

template <class From, class To>
void Check(Dtype from, Dtype to, double scale, double shift) {
  constexpr std::int64_t kSrcRows = 40;
  for (const std::int64_t cols : {0, 1, 3, 16, 17, 784}) {
    for (const std::int64_t rows : {0, 1, 2, 5, 120}) {
      Array<From> src(kSrcRows * cols, 1);
      src.Fill([](std::int64_t i) { return i * 13 % 256; });
      Array<std::int32_t> index(rows, 1);
      index.Fill([](std::int64_t r) { return r * 17 % kSrcRows; });
      Array<To> out(rows * cols, 3);
      Gather({from, src.buffer(), index.buffer(), to, out.buffer(), kSrcRows, rows, cols, scale,
              shift, 1, false});
      for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t c = 0; c < cols; ++c) {
          const double product = scale * static_cast<double>(src[index[r] * cols + c]);
          const double exact = product + shift;
          // the scale, the product and the sum are rounded to float
          const double bound = scale == 1 && shift == 0 ? 0 : 0x1p-24 * (2 * product + 2 * exact);
          ASSERT_LE(std::fabs(static_cast<double>(out[r * cols + c]) - exact), bound)
              << Name(from) << " to " << Name(to) << " " << rows << " x " << cols;
        }
      }
      EXPECT_TRUE(out.GuardsIntact());
    }
  }
}

TEST_P(GatherTest, EveryAllowedPairOfTypes) {
  RetainPool();
  for (const int threads : {1, 2}) {
    SetThreads(threads);
    Check<float, float>(Dtype::kFloat32, Dtype::kFloat32, 1, 0);
    Check<double, double>(Dtype::kFloat64, Dtype::kFloat64, 1, 0);
    Check<std::int32_t, std::int32_t>(Dtype::kInt32, Dtype::kInt32, 1, 0);
    Check<std::uint8_t, std::uint8_t>(Dtype::kUint8, Dtype::kUint8, 1, 0);
    Check<std::uint8_t, float>(Dtype::kUint8, Dtype::kFloat32, 1.0 / 255, 0.5);
    Check<std::uint8_t, double>(Dtype::kUint8, Dtype::kFloat64, 1.0 / 255, 0.5);
    Check<std::int32_t, float>(Dtype::kInt32, Dtype::kFloat32, 1.0 / 3, 0.5);
    Check<float, float>(Dtype::kFloat32, Dtype::kFloat32, 1.0 / 3, 0.5);
    Check<double, float>(Dtype::kFloat64, Dtype::kFloat32, 1.0 / 3, 0.5);
    Check<float, double>(Dtype::kFloat32, Dtype::kFloat64, 1, 0);
  }
  ReleasePool();
}

TEST_P(GatherTest, ABadIndexIsNamedAndNothingIsWritten) {
  Array<float> src(12), out(6);
  out.Fill([](std::int64_t) { return 5; });
  for (const std::int32_t bad : {-1, 4, 2147483647}) {
    Array<std::int32_t> index(2);
    index[0] = 1;
    index[1] = bad;
    try {
      Gather({Dtype::kFloat32, src.buffer(), index.buffer(), Dtype::kFloat32, out.buffer(), 4, 2, 3,
              1, 0, 1, false});
      FAIL() << "accepted " << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kValue);
      EXPECT_NE(std::string(error.what()).find(std::to_string(bad)), std::string::npos);
    }
  }
  for (std::int64_t i = 0; i < 6; ++i) EXPECT_EQ(out[i], 5);
}

TEST_P(GatherTest, RefusesOtherTypesAndShortBuffers) {
  Array<float> src(12), out(6);
  Array<std::int32_t> index(2);
  index.Fill([](std::int64_t) { return 0; });
  EXPECT_THROW(Gather({Dtype::kFloat32, src.buffer(), index.buffer(), Dtype::kInt32, out.buffer(),
                       4, 2, 3, 1, 0, 1, false}),
               Error);
  EXPECT_THROW(Gather({Dtype::kFloat32, src.buffer(), index.buffer(), Dtype::kFloat32, out.buffer(),
                       5, 2, 3, 1, 0, 1, false}),
               Error);
  EXPECT_THROW(Gather({Dtype::kFloat32, src.buffer(), index.buffer(), Dtype::kFloat32, out.buffer(),
                       4, 3, 3, 1, 0, 1, false}),
               Error);
  EXPECT_TRUE(out.GuardsIntact());
}

TEST_P(GatherTest, AlongADimensionAndForEach) {
  constexpr std::int64_t kOuter = 9, kCount = 30, kRows = 170, kCols = 23;
  Array<double> src(kOuter * kCount * kCols, 1);
  src.FillRandom(5);
  RetainPool();
  for (const bool each : {false, true}) {
    Array<std::int32_t> index(each ? kOuter * kRows * kCols : kRows);
    index.Fill([](std::int64_t i) { return i * 17 % kCount; });
    for (const int threads : {1, 2}) {
      SetThreads(threads);
      Array<double> out(kOuter * kRows * kCols, 2);
      Gather({Dtype::kFloat64, src.buffer(), index.buffer(), Dtype::kFloat64, out.buffer(), kCount,
              kRows, kCols, 1, 0, kOuter, each});
      for (std::int64_t e = 0; e < kOuter * kRows * kCols; ++e) {
        const std::int64_t at = index[each ? e : e / kCols % kRows];
        ASSERT_EQ(out[e], src[(e / (kRows * kCols) * kCount + at) * kCols + e % kCols]);
      }
      EXPECT_TRUE(out.GuardsIntact());
    }
  }
  ReleasePool();
}

TEST_P(GatherTest, RowsThatBeginInsideOfEachOther) {
  constexpr std::int64_t kStride = 3, kCols = 24, kCount = 400, kRows = 2000;
  constexpr std::int64_t kExtent = (kCount - 1) * kStride + kCols;
  Array<float> src(kExtent, 1);
  src.FillRandom(5);
  Array<std::int32_t> index(kRows);
  index.Fill([](std::int64_t i) { return (i * 17 + kCount - 1) % kCount; });
  RetainPool();
  for (const int threads : {1, 2}) {
    SetThreads(threads);
    Array<float> out(kRows * kCols, 2);
    Gather({Dtype::kFloat32, src.buffer(), index.buffer(), Dtype::kFloat32, out.buffer(), kCount,
            kRows, kCols, 1, 0, 1, false, kStride});
    for (std::int64_t e = 0; e < kRows * kCols; ++e) {
      ASSERT_EQ(out[e], src[index[e / kCols] * kStride + e % kCols]);
    }
    EXPECT_TRUE(out.GuardsIntact());
  }
  ReleasePool();
  Array<float> out(kRows * kCols);
  const auto gather = [&](std::int64_t count, std::int64_t outer, bool each, std::int64_t stride) {
    Gather({Dtype::kFloat32, src.buffer(), index.buffer(), Dtype::kFloat32, out.buffer(), count,
            kRows, kCols, 1, 0, outer, each, stride});
  };
  EXPECT_THROW(gather(kCount + 1, 1, false, kStride), Error);  // past the end of src
  EXPECT_THROW(gather(kCount, 1, true, kStride), Error);
  EXPECT_THROW(gather(kCount, 2, false, kStride), Error);
  EXPECT_THROW(gather(kCount, 1, false, -1), Error);
}

GRADLANE_ON_EVERY_ISA_TARGET(GatherTest);

}  // namespace
}  // namespace gradlane
