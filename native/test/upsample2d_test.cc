// Resized images against their definition, element by element.
#include "ops/upsample2d.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

struct Case {
  UpsampleMode mode;
  std::int64_t planes, in_height, in_width, out_height, out_width;
  double scale;
  bool align;

  std::int64_t in() const { return planes * in_height * in_width; }
  std::int64_t out() const { return planes * out_height * out_width; }
};

const std::vector<Case> kCases = [] {
  std::vector<Case> cases;
  for (const UpsampleMode mode : {UpsampleMode::kNearest, UpsampleMode::kBilinear}) {
    for (const std::int64_t width : {1, 2, 3, 7, 8, 9, 16, 17, 18, 33, 66}) {
      cases.push_back({mode, 2, 3, width, 6, 2 * width, 0, false});
      cases.push_back({mode, 2, 4, width, 7, width + 5, 0, false});
      cases.push_back({mode, 1, 5, width, 3, 40, 0, mode == UpsampleMode::kBilinear});
    }
    cases.push_back({mode, 0, 4, 4, 8, 8, 0, false});
    cases.push_back({mode, 2, 5, 6, 8, 10, 1.7, false});
    cases.push_back({mode, 400, 9, 10, 18, 20, 0, false});
    cases.push_back({mode, 1, 200, 210, 333, 300, 0, false});
  }
  return cases;
}();

// The first neighbour and the weight of the second one.
struct Source {
  std::int64_t index;
  double weight;
};

Source SourceOf(const Case& c, std::int64_t o, std::int64_t in, std::int64_t out) {
  const double last = static_cast<double>(in - 1);
  const double scale = c.scale == 0 ? double(out) / double(in) : c.scale;
  if (c.mode == UpsampleMode::kNearest) {
    if (c.scale == 0) return {o * in / out, 0};
    return {static_cast<std::int64_t>(std::min(std::floor(double(o) / scale), last)), 0};
  }
  double place = (double(o) + 0.5) / scale - 0.5;
  if (c.align) place = out > 1 ? double(o) * last / double(out - 1) : 0;
  place = std::min(std::max(place, 0.0), last);
  return {static_cast<std::int64_t>(place), place - std::floor(place)};
}

// body(output, element, weight)
template <class Body>
void ForTerms(const Case& c, Body&& body) {
  for (std::int64_t o = 0; o < c.out(); ++o) {
    const std::int64_t plane = o / (c.out_height * c.out_width);
    const Source row = SourceOf(c, o / c.out_width % c.out_height, c.in_height, c.out_height);
    const Source col = SourceOf(c, o % c.out_width, c.in_width, c.out_width);
    for (int p = 0; p < 2; ++p) {
      for (int q = 0; q < 2; ++q) {
        const std::int64_t y = row.index + p, x = col.index + q;
        const double weight =
            (p == 0 ? 1 - row.weight : row.weight) * (q == 0 ? 1 - col.weight : col.weight);
        if (weight != 0) body(o, (plane * c.in_height + y) * c.in_width + x, weight);
      }
    }
  }
}

template <class T>
Upsample2dArgs ArgsOf(const Case& c, const Array<T>& from, const Array<T>& to) {
  return {kDtypeOf<T>, c.mode,       from.buffer(), to.buffer(), c.planes, c.in_height,
          c.in_width,  c.out_height, c.out_width,   c.scale,     c.scale,  c.align};
}

class Upsample2dTest : public EveryIsaTarget {
 protected:
  template <class T>
  static void FollowsItsDefinition() {
    using W = WideOf<T>;
    for (const Case& c : kCases) {
      Array<T> x(c.in(), 1), out(c.out(), 2), g(c.out()), gx(c.in(), 3);
      x.FillRandom(1);
      g.FillRandom(2);
      std::vector<W> forward(static_cast<std::size_t>(c.out()));
      std::vector<W> backward(static_cast<std::size_t>(c.in()));
      std::vector<W> terms(static_cast<std::size_t>(c.in()));
      ForTerms(c, [&](std::int64_t o, std::int64_t e, double weight) {
        forward[static_cast<std::size_t>(o)] += W(weight) * W(x[e]);
        backward[static_cast<std::size_t>(e)] += W(weight) * W(g[o]);
        terms[static_cast<std::size_t>(e)] += 1;
      });
      Upsample2d(ArgsOf(c, x, out));
      // at most four terms below 1, whose weights and products are rounded six times
      for (std::int64_t o = 0; o < c.out(); ++o) {
        ASSERT_LE(std::fabs(W(out[o]) - forward[static_cast<std::size_t>(o)]), 10 * kUnit<T>) << o;
      }
      Upsample2dGradient(ArgsOf(c, g, gx));
      for (std::int64_t e = 0; e < c.in(); ++e) {
        const W n = terms[static_cast<std::size_t>(e)];
        ASSERT_LE(std::fabs(W(gx[e]) - backward[static_cast<std::size_t>(e)]),
                  n * (n + 6) * kUnit<T>)
            << e;
      }
      EXPECT_TRUE(out.GuardsIntact() && gx.GuardsIntact());
    }
  }
};

TEST_P(Upsample2dTest, FollowsItsDefinition) {
  FollowsItsDefinition<float>();
  FollowsItsDefinition<double>();
}

TEST_P(Upsample2dTest, SameBitsAtOneAndTwoThreads) {
  RetainPool();
  for (const Case& c : {Case{UpsampleMode::kBilinear, 300, 10, 12, 20, 24, 0, false},
                        Case{UpsampleMode::kBilinear, 1, 200, 210, 333, 300, 0, true},
                        Case{UpsampleMode::kNearest, 2, 200, 210, 401, 420, 0, false}}) {
    Array<float> x(c.in()), one(c.out()), two(c.out()), gx_one(c.in()), gx_two(c.in());
    x.FillRandom(3);
    for (const int threads : {1, 2}) {
      SetThreads(threads);
      const Array<float>& out = threads == 1 ? one : two;
      Upsample2d(ArgsOf(c, x, out));
      Upsample2dGradient(ArgsOf(c, out, threads == 1 ? gx_one : gx_two));
    }
    EXPECT_TRUE(one.SameBits(two) && gx_one.SameBits(gx_two));
  }
  ReleasePool();
}

TEST_P(Upsample2dTest, RefusesWhatDoesNotFit) {
  const Case c = {UpsampleMode::kBilinear, 1, 4, 4, 6, 6, 0, false};
  Array<float> x(16), out(36), short_out(35);
  EXPECT_THROW(Upsample2d(ArgsOf(c, x, short_out)), Error);
  EXPECT_THROW(Upsample2dGradient(ArgsOf(c, short_out, x)), Error);
  for (const double scale : {-1.0, std::nan(""), HUGE_VAL}) {
    Upsample2dArgs bad = ArgsOf(c, x, out);
    bad.scale_width = scale;
    EXPECT_THROW(Upsample2d(bad), Error);
  }
  for (std::int64_t Upsample2dArgs::*size :
       {&Upsample2dArgs::in_height, &Upsample2dArgs::out_width}) {
    Upsample2dArgs bad = ArgsOf(c, x, out);
    bad.*size = 0;
    EXPECT_THROW(Upsample2d(bad), Error);
  }
  Upsample2dArgs bad = ArgsOf(c, x, out);
  bad.mode = static_cast<UpsampleMode>(2);
  EXPECT_THROW(Upsample2d(bad), Error);
  EXPECT_TRUE(x.GuardsIntact() && out.GuardsIntact());
}

GRADLANE_ON_EVERY_ISA_TARGET(Upsample2dTest);

}  // namespace
}  // namespace gradlane
