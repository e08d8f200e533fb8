// Transposition: tiles, edges, blocks and every element size.
#include "ops/transpose.h"

#include <gtest/gtest.h>

#include <utility>

#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

class TransposeTest : public EveryIsaTarget {};

template <class T>
void Check(Dtype dtype) {
  const std::pair<std::int64_t, std::int64_t> shapes[] = {
      {0, 3},   {3, 0},   {1, 1},   {1, 9},   {9, 1},   {2, 3},   {4, 4},     {8, 8},
      {16, 16}, {15, 17}, {17, 15}, {31, 33}, {64, 64}, {63, 65}, {130, 257}, {1000, 7}};
  for (const auto& [rows, cols] : shapes) {
    for (const std::int64_t offset : {0, 1}) {
      Array<T> x(rows * cols, offset), out(rows * cols, 2 * offset);
      x.Fill([](std::int64_t i) { return i * 7 % 251 + i / 251; });
      Transpose({dtype, x.buffer(), out.buffer(), rows, cols});
      for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t c = 0; c < cols; ++c) {
          ASSERT_EQ(out[c * rows + r], x[r * cols + c])
              << rows << " x " << cols << " at " << r << ", " << c;
        }
      }
      EXPECT_TRUE(out.GuardsIntact());
    }
  }
}

TEST_P(TransposeTest, EveryTypeAndShape) {
  RetainPool();
  for (const int threads : {1, 2}) {
    SetThreads(threads);
    Check<float>(Dtype::kFloat32);
    Check<double>(Dtype::kFloat64);
    Check<std::int32_t>(Dtype::kInt32);
    Check<std::uint8_t>(Dtype::kUint8);
  }
  ReleasePool();
}

TEST_P(TransposeTest, KeepsEveryBitOfANan) {
  Array<std::int32_t> x(256), out(256);
  x.Fill([](std::int64_t i) { return static_cast<std::int32_t>(0x7f800001u + 0x10001u * i); });
  Transpose({Dtype::kFloat32, x.buffer(), out.buffer(), 16, 16});
  for (std::int64_t i = 0; i < 256; ++i) ASSERT_EQ(out[i], x[i % 16 * 16 + i / 16]);
}

TEST_P(TransposeTest, RefusesWhatDoesNotFit) {
  Array<float> x(12), out(11);
  EXPECT_THROW(Transpose({Dtype::kFloat32, x.buffer(), out.buffer(), 3, 4}), Error);
  EXPECT_THROW(Transpose({Dtype::kFloat32, x.buffer(), out.buffer(), -3, -4}), Error);
  EXPECT_THROW(Transpose({Dtype::kFloat32, x.buffer(), out.buffer(), 1 << 20, 1 << 20}), Error);
  EXPECT_TRUE(out.GuardsIntact());
}

GRADLANE_ON_EVERY_ISA_TARGET(TransposeTest);

}  // namespace
}  // namespace gradlane
