// Padding of images and its gradient against the definition, element by element.
#include "ops/pad2d.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

struct Case {
  std::int64_t planes;
  Pad2dShape shape;

  std::int64_t out_height() const { return shape.in_height + shape.pad_top + shape.pad_bottom; }
  std::int64_t out_width() const { return shape.in_width + shape.pad_left + shape.pad_right; }
  std::int64_t in() const { return planes * shape.in_height * shape.in_width; }
  std::int64_t out() const { return planes * out_height() * out_width(); }
};

// Those that reach as far as the image fit only some of the modes.
const Case kCases[] = {{2, {4, 5, 1, 1, 1, 1}},    {3, {6, 33, 0, 2, 3, 0}},
                       {1, {5, 17, 4, 3, 16, 15}}, {2, {5, 6, -1, 2, 3, -2}},
                       {2, {7, 4, -3, -3, -1, 1}}, {0, {4, 4, 1, 1, 1, 1}},
                       {2, {1, 1, 0, 0, 0, 0}},    {300, {14, 15, 1, 1, 2, 1}}};
const Case kFar[] = {{2, {3, 4, 3, 3, 4, 4}}, {2, {1, 1, 1, 1, 1, 1}}, {2, {3, 5, -3, 3, 5, -5}}};

std::int64_t Source(std::int64_t at, std::int64_t n, PadMode mode) {
  if (at >= 0 && at < n) return at;
  if (mode == PadMode::kReflect) return at < 0 ? -at : 2 * n - 2 - at;
  if (mode == PadMode::kReplicate) return at < 0 ? 0 : n - 1;
  if (mode == PadMode::kCircular) return (at + n) % n;
  return -1;
}

// The place in the images that padded place o shows, -1 for none.
std::int64_t SourceOf(const Case& c, std::int64_t o, PadMode mode) {
  const std::int64_t j = o % c.out_width(), i = o / c.out_width() % c.out_height();
  const std::int64_t plane = o / c.out_width() / c.out_height();
  const std::int64_t y = Source(i - c.shape.pad_top, c.shape.in_height, mode);
  const std::int64_t x = Source(j - c.shape.pad_left, c.shape.in_width, mode);
  return y < 0 || x < 0 ? -1 : (plane * c.shape.in_height + y) * c.shape.in_width + x;
}

class Pad2dTest : public EveryIsaTarget {
 protected:
  void SetUp() override {
    EveryIsaTarget::SetUp();
    RetainPool();
  }
  void TearDown() override {
    ReleasePool();
    EveryIsaTarget::TearDown();
  }

  template <class T>
  static void FollowsItsDefinition(const Case& c, PadMode mode) {
    Array<T> x(c.in(), 1), g(c.out(), 2);
    x.FillRandom(1);
    g.FillRandom(2);
    std::vector<WideOf<T>> exact(static_cast<std::size_t>(c.in())), size(exact.size());
    std::vector<std::int64_t> terms(exact.size());
    for (std::int64_t o = 0; o < c.out(); ++o) {
      const std::int64_t at = SourceOf(c, o, mode);
      if (at < 0) continue;
      exact[at] += g[o];
      size[at] += std::fabs(g[o]);
      ++terms[at];
    }
    Array<T> first(c.in(), 3);
    for (const int threads : {1, 2}) {
      SetThreads(threads);
      Array<T> out(c.out(), 3), gx(c.in(), 1);
      Pad2d({kDtypeOf<T>, x.buffer(), out.buffer(), c.planes, c.shape, mode, 2.5});
      Pad2dGradient({kDtypeOf<T>, g.buffer(), gx.buffer(), c.planes, c.shape, mode});
      EXPECT_TRUE(out.GuardsIntact() && gx.GuardsIntact());
      for (std::int64_t o = 0; o < c.out(); ++o) {
        const std::int64_t at = SourceOf(c, o, mode);
        ASSERT_EQ(out[o], at < 0 ? T(2.5) : x[at]) << o;
      }
      for (std::int64_t i = 0; i < c.in(); ++i) {
        ASSERT_LE(std::fabs(gx[i] - exact[i]), terms[i] * kUnit<T> * size[i]) << i;
      }
      if (threads == 1) {
        first.Fill([&](std::int64_t i) { return gx[i]; });
      } else {
        EXPECT_TRUE(gx.SameBits(first));
      }
    }
  }
};

TEST_P(Pad2dTest, FollowsItsDefinition) {
  for (const PadMode mode :
       {PadMode::kConstant, PadMode::kReflect, PadMode::kReplicate, PadMode::kCircular}) {
    for (const Case& c : kCases) {
      FollowsItsDefinition<float>(c, mode);
      FollowsItsDefinition<double>(c, mode);
    }
    for (const Case& c : kFar) {
      if (mode != PadMode::kReflect) FollowsItsDefinition<float>(c, mode);
    }
  }
}

TEST_P(Pad2dTest, RefusesWhatDoesNotFit) {
  Array<float> x(16), out(64), short_out(35);
  const auto pad = [&](const Array<float>& y, Pad2dShape s, PadMode mode) {
    Pad2d({Dtype::kFloat32, x.buffer(), y.buffer(), 1, s, mode, 0});
  };
  const Pad2dShape one = {4, 4, 1, 1, 1, 1};
  EXPECT_THROW(pad(short_out, one, PadMode::kReflect), Error);
  EXPECT_THROW(pad(out, one, static_cast<PadMode>(4)), Error);
  EXPECT_THROW(pad(out, {4, 4, 4, 0, 0, 0}, PadMode::kReflect), Error);
  EXPECT_THROW(pad(out, {4, 3, 0, 0, 0, 4}, PadMode::kCircular), Error);
  EXPECT_THROW(pad(out, {0, 4, 1, 0, 0, 0}, PadMode::kReplicate), Error);
  EXPECT_THROW(pad(out, {4, 4, -3, -2, 0, 0}, PadMode::kConstant), Error);
  EXPECT_THROW(pad(out, {-1, 4, 2, 2, 0, 0}, PadMode::kConstant), Error);
  EXPECT_THROW(pad(out, {1, 1, 1L << 40, 0, 1L << 40, 0}, PadMode::kConstant), Error);
  // No planes, but sides whose product passes 2^63.
  const std::int64_t far = std::int64_t{1} << 33;
  EXPECT_THROW(Pad2d({Dtype::kFloat32,
                      x.buffer(),
                      out.buffer(),
                      0,
                      {1, 1, far, 0, far, 0},
                      PadMode::kConstant,
                      0}),
               Error);
  EXPECT_THROW(Pad2dGradient({Dtype::kFloat32,
                              out.buffer(),
                              x.buffer(),
                              0,
                              {1, 1, far, 0, far, 0},
                              PadMode::kConstant}),
               Error);
  EXPECT_THROW(Pad2d({Dtype::kInt32, x.buffer(), out.buffer(), 1, one, PadMode::kReflect, 0}),
               Error);
  EXPECT_THROW(
      Pad2dGradient({Dtype::kFloat32, short_out.buffer(), x.buffer(), 1, one, PadMode::kReflect}),
      Error);
  EXPECT_TRUE(x.GuardsIntact() && out.GuardsIntact() && short_out.GuardsIntact());
}

GRADLANE_ON_EVERY_ISA_TARGET(Pad2dTest);

}  // namespace
}  // namespace gradlane
