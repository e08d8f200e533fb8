// Strided copies: tiles, edges, blocks, repetition, reversal and every element size.
#include "ops/strided.h"

#include <gtest/gtest.h>

#include <array>

#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

class StridedTest : public EveryIsaTarget {};

using Three = std::array<std::int64_t, 3>;

StridedGeometry Geometry(Three size, Three x, Three out, std::int64_t x_at, std::int64_t out_at) {
  return {1,    1,    1, size[0], size[1], size[2], 0,      0,      0,    x[0],
          x[1], x[2], 0, 0,       0,       out[0],  out[1], out[2], x_at, out_at};
}

struct Case {
  Three size, x, out;
  std::int64_t x_at, out_at;
};

constexpr Case Turned(std::int64_t rows, std::int64_t cols) {
  return {{1, cols, rows}, {0, 1, cols}, {0, rows, 1}, 0, 0};
}

constexpr Case kCases[] = {
    Turned(0, 3),
    Turned(1, 9),
    Turned(9, 1),
    Turned(2, 3),
    Turned(8, 8),
    Turned(15, 17),
    Turned(31, 33),
    Turned(64, 64),
    Turned(63, 65),
    Turned(130, 257),
    Turned(1000, 7),
    {{300, 4, 4}, {16, 1, 4}, {16, 4, 1}, 0, 0},
    {{3, 33, 70}, {1, 3, -300}, {5000, 71, 1}, 69 * 300, 3},
    {{1, 7, 3}, {0, 3, 1}, {0, 8, 1}, 0, 2},
    {{1, 2, 40000}, {0, 40011, 1}, {0, 40000, 1}, 7, 3},
    {{1, 33000, 2}, {0, 3, 1}, {0, 4, 1}, 0, 1},
    {{3, 5, 4}, {4, 0, 1}, {20, 4, 1}, 0, 0},
    {{1, 5, 40000}, {0, 1, 0}, {0, 40000, 1}, 0, 0},
    {{1, 6, 7}, {0, -7, -1}, {0, 7, 1}, 41, 0},
    {{1, 1, 9}, {0, 0, 2}, {0, 0, 3}, 1, 2},
};

std::int64_t Extent(Three size, Three stride, std::int64_t at) {
  for (int i = 0; i < 3; ++i) {
    if (size[i] == 0) return 0;
    if (stride[i] > 0) at += (size[i] - 1) * stride[i];
  }
  return at + 1;
}

template <class T>
void Check(Dtype dtype) {
  for (const Case& c : kCases) {
    for (const std::int64_t offset : {0, 1}) {
      const std::int64_t to = Extent(c.size, c.out, c.out_at);
      Array<T> x(Extent(c.size, c.x, c.x_at), offset), out(to, 2 * offset), expected(to);
      x.Fill([](std::int64_t i) { return i * 7 % 251 + i / 251 % 3; });
      for (Array<T>* each : {&out, &expected}) each->Fill([](std::int64_t) { return 9; });
      for (std::int64_t i = 0; i < c.size[0]; ++i) {
        for (std::int64_t j = 0; j < c.size[1]; ++j) {
          for (std::int64_t k = 0; k < c.size[2]; ++k) {
            expected[c.out_at + i * c.out[0] + j * c.out[1] + k * c.out[2]] =
                x[c.x_at + i * c.x[0] + j * c.x[1] + k * c.x[2]];
          }
        }
      }
      CopyStrided(
          {dtype, x.buffer(), out.buffer(), Geometry(c.size, c.x, c.out, c.x_at, c.out_at)});
      EXPECT_TRUE(out.SameBits(expected)) << c.size[0] << " " << c.size[1] << " " << c.size[2];
      EXPECT_TRUE(x.GuardsIntact() && out.GuardsIntact());
    }
  }
}

TEST_P(StridedTest, EveryTypeAndShape) {
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

TEST_P(StridedTest, KeepsEveryBitOfANan) {
  Array<std::int32_t> x(256), out(256);
  x.Fill([](std::int64_t i) { return static_cast<std::int32_t>(0x7f800001u + 0x10001u * i); });
  CopyStrided({Dtype::kFloat32, x.buffer(), out.buffer(),
               Geometry({1, 16, 16}, {0, 1, 16}, {0, 16, 1}, 0, 0)});
  for (std::int64_t i = 0; i < 256; ++i) ASSERT_EQ(out[i], x[i % 16 * 16 + i / 16]);
}

TEST_P(StridedTest, RefusesWhatDoesNotFit) {
  Array<float> x(12), out(11);
  out.Fill([](std::int64_t) { return 5; });
  const auto refused = [&](std::int64_t rows, std::int64_t cols, std::int64_t x_stride,
                           std::int64_t out_stride, std::int64_t x_at, std::int64_t out_at) {
    EXPECT_THROW(CopyStrided({Dtype::kFloat32, x.buffer(), out.buffer(),
                              Geometry({1, rows, cols}, {0, x_stride, 1}, {0, out_stride, 1}, x_at,
                                       out_at)}),
                 Error);
  };
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  refused(3, 4, 4, 4, 0, 0);  // out has one too few
  refused(2, 5, 5, 5, 3, 0);  // so has x
  refused(2, 3, 3, 2, 0, 0);  // places that overlap
  refused(2, 3, 3, -3, 0, 3);
  refused(2, 3, 3, 3, -1, 0);
  refused(2, 3, -3, 3, 2, 0);
  refused(2, 3, 3, 3, 0, -1);
  refused(-2, -3, 3, 3, 0, 0);
  refused(2, 3, kHuge, 3, 0, 0);
  refused(2, 3, -kHuge, 3, 0, 0);
  refused(2, 3, 3, kHuge, 0, 0);
  refused(2, 3, 3, 3, kHuge, 0);
  refused(kHuge, 4, 4, 4, 0, 0);
  for (std::int64_t i = 0; i < 11; ++i) EXPECT_EQ(out[i], 5);
}

GRADLANE_ON_EVERY_ISA_TARGET(StridedTest);

}  // namespace
}  // namespace gradlane
