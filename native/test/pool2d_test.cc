// Poolings against their definitions, window by window.
#include "ops/pool2d.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

struct Case {
  std::int64_t planes;
  Pool2dShape shape;
};

Case Make(std::int64_t planes, std::int64_t height, std::int64_t width, std::int64_t kernel,
          std::int64_t stride, std::int64_t pad, std::int64_t dilation, std::int64_t more = 0) {
  const auto count = [&](std::int64_t size) {
    return (size + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1 + more;
  };
  return {planes,
          {height, width, count(height), count(width), kernel, kernel, stride, stride, pad, pad,
           dilation, dilation}};
}

const std::vector<Case> kCases = [] {
  std::vector<Case> cases = {Make(0, 4, 4, 2, 2, 0, 1),    Make(2, 2, 2, 2, 5, 0, 1),
                             Make(2, 9, 12, 2, 5, 0, 1),   Make(1, 8, 8, 8, 8, 0, 1),
                             Make(2, 5, 6, 3, 2, 1, 1, 1), Make(900, 7, 6, 2, 2, 0, 1),
                             Make(900, 7, 6, 3, 2, 1, 1)};
  for (const std::int64_t width : {2, 3, 8, 15, 16, 17, 31, 33, 64, 67}) {
    cases.push_back(Make(2, 5, width, 2, 2, 0, 1));
    cases.push_back(Make(2, 5, width, 2, 1, 1, 1));
    cases.push_back(Make(2, 5, width + 3, 3, 2, 1, 1));
    cases.push_back(Make(2, 7, width + 3, 3, 1, 1, 2));
  }
  return cases;
}();

std::int64_t In(const Case& c) { return c.planes * c.shape.in_height * c.shape.in_width; }
std::int64_t Out(const Case& c) { return c.planes * c.shape.out_height * c.shape.out_width; }

// body(place in the input, place in its plane) for the elements of window o
template <class Body>
void ForWindow(const Case& c, std::int64_t o, Body&& body) {
  const Pool2dShape& s = c.shape;
  const std::int64_t plane = o / (s.out_height * s.out_width);
  const std::int64_t i = o / s.out_width % s.out_height, j = o % s.out_width;
  for (std::int64_t p = 0; p < s.kernel_height; ++p) {
    for (std::int64_t q = 0; q < s.kernel_width; ++q) {
      const std::int64_t y = i * s.stride_height - s.pad_top + p * s.dilation_height;
      const std::int64_t x = j * s.stride_width - s.pad_left + q * s.dilation_width;
      if (y < 0 || y >= s.in_height || x < 0 || x >= s.in_width) continue;
      const std::int64_t at = y * s.in_width + x;
      body(plane * s.in_height * s.in_width + at, at);
    }
  }
}

class Pool2dTest : public EveryIsaTarget {
 protected:
  template <class T>
  static void MaxFollowsItsDefinition() {
    for (const Case& c : kCases) {
      Array<T> x(In(c), 1), out(Out(c), 2), g(Out(c)), gx(In(c), 3), expected(In(c));
      Array<std::int32_t> index(Out(c), 1);
      Numbers numbers(5);
      // whole numbers, so that there are equals and sums are exact
      x.Fill([&](std::int64_t) { return std::floor(numbers.Next() * 4); });
      g.Fill([&](std::int64_t) { return std::floor(numbers.Next() * 100); });
      if (In(c) > 9) x[9] = std::numeric_limits<T>::quiet_NaN();
      MaxPool2d({kDtypeOf<T>, x.buffer(), out.buffer(), index.buffer(), c.planes, c.shape});
      expected.Fill([](std::int64_t) { return 0; });
      for (std::int64_t o = 0; o < Out(c); ++o) {
        T best = -std::numeric_limits<T>::infinity();
        std::int64_t place = -1, winner = 0;
        ForWindow(c, o, [&](std::int64_t at, std::int64_t in_plane) {
          if (place >= 0 && !(x[at] > best) && !(std::isnan(x[at]) && !std::isnan(best))) return;
          best = x[at];
          place = in_plane;
          winner = at;
        });
        ASSERT_TRUE(out[o] == best || (std::isnan(out[o]) && std::isnan(best))) << o;
        ASSERT_EQ(index[o], std::max<std::int64_t>(place, 0)) << o;
        if (place >= 0) {
          expected[winner] += g[o];
        } else {
          expected[o / (c.shape.out_height * c.shape.out_width) * c.shape.in_height *
                   c.shape.in_width] += g[o];
        }
      }
      MaxPool2dGradient({kDtypeOf<T>, g.buffer(), index.buffer(), gx.buffer(), c.planes, c.shape});
      for (std::int64_t i = 0; i < In(c); ++i) ASSERT_EQ(gx[i], expected[i]) << i;
      EXPECT_TRUE(out.GuardsIntact() && index.GuardsIntact() && gx.GuardsIntact());
    }
  }

  template <class T>
  static void AverageFollowsItsDefinition() {
    using W = WideOf<T>;
    for (const Case& c : kCases) {
      if (c.shape.dilation_height != 1) continue;
      for (const double fixed : {0.0, 3.0}) {
        Array<T> x(In(c), 1), out(Out(c), 2), g(Out(c)), gx(In(c), 3);
        x.FillRandom(1);
        g.FillRandom(2);
        std::vector<W> expected(static_cast<std::size_t>(In(c)));
        AvgPool2d({kDtypeOf<T>, x.buffer(), out.buffer(), c.planes, c.shape, false, fixed});
        AvgPool2dGradient({kDtypeOf<T>, g.buffer(), gx.buffer(), c.planes, c.shape, false, fixed});
        // kernel^2 additions of numbers below 1 and the quotient
        const std::int64_t terms = c.shape.kernel_height * c.shape.kernel_width;
        const W bound = W(terms) * W(terms + 2) * kUnit<T>;
        for (std::int64_t o = 0; o < Out(c); ++o) {
          W sum = 0;
          std::int64_t count = 0;
          ForWindow(c, o, [&](std::int64_t at, std::int64_t) {
            sum += x[at];
            ++count;
          });
          const W divisor = fixed != 0 ? W(fixed) : W(count);
          ASSERT_LE(std::fabs(W(out[o]) - (count == 0 ? W(0) : sum / divisor)), bound) << o;
          ForWindow(c, o, [&](std::int64_t at, std::int64_t) {
            expected[static_cast<std::size_t>(at)] += W(g[o]) / divisor;
          });
        }
        for (std::int64_t i = 0; i < In(c); ++i) {
          ASSERT_LE(std::fabs(W(gx[i]) - expected[static_cast<std::size_t>(i)]), bound) << i;
        }
        EXPECT_TRUE(out.GuardsIntact() && gx.GuardsIntact());
      }
    }
  }
};

TEST_P(Pool2dTest, MaxFollowsItsDefinition) {
  MaxFollowsItsDefinition<float>();
  MaxFollowsItsDefinition<double>();
}

TEST_P(Pool2dTest, AverageFollowsItsDefinition) {
  AverageFollowsItsDefinition<float>();
  AverageFollowsItsDefinition<double>();
}

TEST_P(Pool2dTest, AdaptiveIsThePlainAverageWhereSizesDivide) {
  Array<float> x(2 * 6 * 8), adaptive(2 * 2 * 4), plain(2 * 2 * 4), gx(2 * 6 * 8), plain_gx(96);
  Numbers numbers;
  x.Fill([&](std::int64_t) { return std::floor(numbers.Next() * 50); });
  const Pool2dShape shape = {6, 8, 2, 4, 3, 2, 3, 2, 0, 0, 1, 1};
  AdaptiveAvgPool2d({Dtype::kFloat32, x.buffer(), adaptive.buffer(), 2, 6, 8, 2, 4});
  AvgPool2d({Dtype::kFloat32, x.buffer(), plain.buffer(), 2, shape, true, 0});
  EXPECT_TRUE(adaptive.SameBits(plain));
  AdaptiveAvgPool2dGradient({Dtype::kFloat32, plain.buffer(), gx.buffer(), 2, 6, 8, 2, 4});
  AvgPool2dGradient({Dtype::kFloat32, plain.buffer(), plain_gx.buffer(), 2, shape, true, 0});
  EXPECT_TRUE(gx.SameBits(plain_gx));
}

TEST_P(Pool2dTest, SameBitsAtOneAndTwoThreads) {
  RetainPool();
  for (const Case& c : {Make(2000, 9, 10, 2, 2, 0, 1), Make(2000, 9, 10, 3, 2, 1, 1),
                        Make(1, 401, 303, 2, 2, 0, 1), Make(1, 401, 303, 3, 2, 1, 1)}) {
    Array<float> x(In(c)), one(Out(c)), two(Out(c)), gx_one(In(c)), gx_two(In(c));
    Array<std::int32_t> index(Out(c));
    x.FillRandom(3);
    for (const int threads : {1, 2}) {
      SetThreads(threads);
      const Array<float>& out = threads == 1 ? one : two;
      const Array<float>& gx = threads == 1 ? gx_one : gx_two;
      MaxPool2d({Dtype::kFloat32, x.buffer(), out.buffer(), index.buffer(), c.planes, c.shape});
      MaxPool2dGradient(
          {Dtype::kFloat32, out.buffer(), index.buffer(), gx.buffer(), c.planes, c.shape});
    }
    EXPECT_TRUE(one.SameBits(two) && gx_one.SameBits(gx_two));
    for (const int threads : {1, 2}) {
      SetThreads(threads);
      const Array<float>& out = threads == 1 ? one : two;
      const Array<float>& gx = threads == 1 ? gx_one : gx_two;
      AvgPool2d({Dtype::kFloat32, x.buffer(), out.buffer(), c.planes, c.shape, true, 0});
      AvgPool2dGradient({Dtype::kFloat32, out.buffer(), gx.buffer(), c.planes, c.shape, true, 0});
    }
    EXPECT_TRUE(one.SameBits(two) && gx_one.SameBits(gx_two));
  }
  ReleasePool();
}

TEST_P(Pool2dTest, RefusesWhatDoesNotFit) {
  const Case c = Make(1, 4, 4, 2, 2, 0, 1);
  Array<float> x(16), out(4), short_out(3);
  Array<std::int32_t> index(4), short_index(3);
  index.Fill([](std::int64_t i) { return i == 3 ? 16 : 0; });
  const auto max = [&](const Array<float>& y, const Array<std::int32_t>& at, Pool2dShape s) {
    MaxPool2d({Dtype::kFloat32, x.buffer(), y.buffer(), at.buffer(), 1, s});
  };
  EXPECT_THROW(max(short_out, index, c.shape), Error);
  EXPECT_THROW(max(out, short_index, c.shape), Error);
  for (std::int64_t Pool2dShape::*size : {&Pool2dShape::stride_width, &Pool2dShape::kernel_height,
                                          &Pool2dShape::dilation_width, &Pool2dShape::in_height}) {
    Pool2dShape bad = c.shape;
    bad.*size = size == &Pool2dShape::in_height ? -1 : 0;
    EXPECT_THROW(max(out, index, bad), Error);
  }
  EXPECT_THROW(
      MaxPool2dGradient({Dtype::kFloat32, out.buffer(), index.buffer(), x.buffer(), 1, c.shape}),
      Error);
  EXPECT_THROW(AvgPool2d({Dtype::kInt32, x.buffer(), out.buffer(), 1, c.shape, true, 0}), Error);
  EXPECT_THROW(AdaptiveAvgPool2d({Dtype::kFloat32, x.buffer(), out.buffer(), 1, 5, 4, 2, 2}),
               Error);
  EXPECT_TRUE(x.GuardsIntact() && out.GuardsIntact());
}

GRADLANE_ON_EVERY_ISA_TARGET(Pool2dTest);

// Before, each of these took seconds or gigabytes an output: taps and padding were counted one by
// one.
TEST(Pool2dSizes, NoWorkGoesOverTapsAndPaddingOutsideOfThePlane) {
  constexpr std::int64_t kMost = 2147483647, kOuts = 500;
  std::vector<double> x = {1, 2, 3, 4}, out(kOuts, 9);
  std::vector<std::int32_t> index(kOuts, 9);
  const auto buffer = [](auto& values) {
    return Buffer{values.data(), static_cast<std::int64_t>(values.size() * sizeof(values[0]))};
  };
  // kernel and padding above and to the left of a plane of 2 x 2, one window a row of outputs
  const auto max = [&](std::int64_t kernel, std::int64_t pad, std::int64_t dilation) {
    MaxPool2d({Dtype::kFloat64,
               buffer(x),
               buffer(out),
               buffer(index),
               1,
               {2, 2, kOuts, 1, kernel, kernel, 1, 1, pad, pad, dilation, dilation}});
  };
  max(kMost, kMost, 1);
  EXPECT_EQ(out[0], -std::numeric_limits<double>::infinity());  // the plane begins after it
  EXPECT_EQ(out[1], -std::numeric_limits<double>::infinity());
  max(kMost, kMost - 1, 1);
  EXPECT_EQ(out[0], 1);
  EXPECT_EQ(out[1], 3);
  EXPECT_EQ(index[1], 2);
  max(kMost, 0, kMost);
  EXPECT_EQ(out[0], 1);
  EXPECT_EQ(out[1], 3);
  max(kMost, kMost, kMost);
  EXPECT_EQ(out[0], 1);  // by its second tap
  EXPECT_EQ(out[1], 3);
  EXPECT_EQ(out[2], -std::numeric_limits<double>::infinity());

  const auto average = [&](std::int64_t outs, std::int64_t kernel, std::int64_t stride,
                           std::int64_t pad, bool count_include_pad) {
    AvgPool2d({Dtype::kFloat64,
               buffer(x),
               buffer(out),
               1,
               {2, 2, 1, outs, kernel, kernel, 1, stride, 0, pad, 1, 1},
               count_include_pad,
               0});
  };
  average(2, kMost, 1, 1, true);
  EXPECT_EQ(out[0], 10.0 / 8);  // a column of padding before and one behind
  EXPECT_EQ(out[1], 10.0 / 6);
  average(2, kMost, 1, 1, false);
  EXPECT_EQ(out[0], 10.0 / 4);
  EXPECT_EQ(out[1], 10.0 / 4);
  EXPECT_THROW(average(2, 1, 4, 0, false), Error);
  EXPECT_THROW(average(2, 1, kMost, 0, false), Error);
  EXPECT_THROW(average(1, kMost, 1, kMost, false), Error);
}

}  // namespace
}  // namespace gradlane
