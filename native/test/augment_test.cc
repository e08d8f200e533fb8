// Images moved, mirrored and erased against the definition, element by element; the gradient
// against the inner product that it has to keep.
#include "ops/augment.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <set>
#include <vector>

#include "cpu/dispatch.h"
#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

struct Case {
  AugmentShape shape;
  std::int64_t pad_height, pad_width;
  double flip, erase;

  std::int64_t in() const { return shape.channels * shape.in_height * shape.in_width; }
  std::int64_t out() const { return shape.channels * shape.out_height * shape.out_width; }
};

// The kind of crop; mirrors alone; shifts past the edges; erasing alone; all; nothing to see;
// nothing at all; more than one task.
const Case kCases[] = {
    {{5, 3, 8, 8, 8, 8}, 2, 2, 0, 0},          {{7, 2, 5, 9, 5, 9}, 0, 0, 0.5, 0},
    {{9, 1, 4, 3, 4, 3}, 6, 5, 0, 0},          {{6, 2, 9, 7, 9, 7}, 0, 0, 0, 1},
    {{40, 3, 11, 13, 6, 17}, 3, 4, 0.5, 0.7},  {{3, 2, 0, 0, 4, 4}, 2, 2, 1, 0},
    {{0, 3, 4, 4, 4, 4}, 1, 1, 0.5, 0.5},      {{3, 2, 4, 4, 0, 4}, 1, 1, 1, 1},
    {{300, 3, 16, 15, 16, 15}, 2, 2, 0.5, 0.5}};

template <class T>
struct Images {
  explicit Images(const Case& c)
      : state(4),
        drawn(c.shape.samples * 7, 1),
        x(c.shape.samples * c.in(), 1),
        out(c.shape.samples * c.out(), 3) {
    state.Fill([](std::int64_t i) { return i == 2 ? -3 : i + 1; });
    x.FillRandom(7);
  }
  void Run(const Case& c) {
    Augment({kDtypeOf<T>, state.buffer(), x.buffer(), drawn.buffer(), out.buffer(), c.shape,
             c.pad_height, c.pad_width, c.flip, c.erase, 0.1, 0.4, 0.5, std::pow(4, 1.0 / 256), -5,
             9});
  }

  Array<std::int32_t> state, drawn;
  Array<T> x, out;
};

// Element (i, j) of a channel of a piece, from what was drawn.
template <class T>
T Expected(const AugmentShape& s, const std::int32_t* drawn, const T* channel, std::int64_t i,
           std::int64_t j) {
  if (drawn[2]) j = s.out_width - 1 - j;
  if (i >= drawn[3] && i < drawn[3] + drawn[5] && j >= drawn[4] && j < drawn[4] + drawn[6]) {
    return T(9);
  }
  const std::int64_t y = i + drawn[0], x = j + drawn[1];
  const bool inside = y >= 0 && y < s.in_height && x >= 0 && x < s.in_width;
  return inside ? channel[y * s.in_width + x] : T(-5);
}

class AugmentTest : public EveryIsaTarget {
 protected:
  template <class T>
  static void Formulas() {
    for (const Case& c : kCases) {
      const AugmentShape& s = c.shape;
      Images<T> images(c);
      images.Run(c);
      EXPECT_EQ(images.state[2], static_cast<std::int32_t>(2 * s.samples - 3));
      for (std::int64_t n = 0; n < s.samples; ++n) {
        const std::int32_t* drawn = &images.drawn[7 * n];
        Limits(c, drawn);
        for (std::int64_t k = 0; k < c.out(); ++k) {
          const std::int64_t plane = k / (s.out_height * s.out_width);
          const T* channel = c.in() == 0 ? nullptr : &images.x[n * c.in()];
          if (channel) channel += plane * s.in_height * s.in_width;
          const std::int64_t place = k % (s.out_height * s.out_width);
          ASSERT_EQ(images.out[n * c.out() + k],
                    Expected(s, drawn, channel, place / s.out_width, place % s.out_width))
              << n << " at " << k;
        }
      }
      EXPECT_TRUE(images.out.GuardsIntact() && images.drawn.GuardsIntact());
      Gradient(c, images);
    }
  }

  static void Limits(const Case& c, const std::int32_t* drawn) {
    const AugmentShape& s = c.shape;
    EXPECT_TRUE(drawn[0] >= -c.pad_height && drawn[0] <= s.in_height + c.pad_height - s.out_height);
    EXPECT_TRUE(drawn[1] >= -c.pad_width && drawn[1] <= s.in_width + c.pad_width - s.out_width);
    EXPECT_TRUE(drawn[2] == 0 || (drawn[2] == 1 && c.flip > 0));
    EXPECT_TRUE(drawn[3] >= 0 && drawn[5] >= 0 && drawn[3] + drawn[5] <= s.out_height);
    EXPECT_TRUE(drawn[4] >= 0 && drawn[6] >= 0 && drawn[4] + drawn[6] <= s.out_width);
    EXPECT_TRUE(c.erase > 0 || drawn[5] == 0);
  }

  // Only what shows an element of x has a gradient, and it is moved as it is: numbered gradients
  // tell where each came from.
  template <class T>
  static void Gradient(const Case& c, Images<T>& images) {
    Array<T> grad(images.out.size()), grad_x(images.x.size(), 1), shown(images.out.size());
    grad.Fill([](std::int64_t i) { return i + 1; });
    grad_x.Fill([](std::int64_t) { return NAN; });
    AugmentGradient({kDtypeOf<T>, images.drawn.buffer(), grad.buffer(), grad_x.buffer(), c.shape});
    // x by its number + 1, and again from the same state
    images.x.Fill([](std::int64_t i) { return i + 10; });
    images.state.Fill([](std::int64_t i) { return i == 2 ? -3 : i + 1; });
    images.Run(c);
    Array<T> expected(images.x.size());
    expected.Fill([](std::int64_t) { return 0; });
    for (std::int64_t i = 0; i < images.out.size(); ++i) {
      const std::int64_t number = static_cast<std::int64_t>(images.out[i]) - 10;
      if (images.out[i] >= 10) expected[number] = grad[i];
    }
    EXPECT_TRUE(grad_x.SameBits(expected) && grad_x.GuardsIntact());
  }
};

TEST_P(AugmentTest, ShowsWhatWasDrawn) {
  Formulas<float>();
  Formulas<double>();
}

TEST_P(AugmentTest, DrawsEverythingThatItMay) {
  const Case c = {{2000, 1, 4, 4, 3, 4}, 1, 2, 0.25, 0.75};
  Images<float> images(c);
  images.Run(c);
  std::set<std::int32_t> ys, xs, heights;
  std::int64_t flipped = 0, erased = 0;
  for (std::int64_t n = 0; n < c.shape.samples; ++n) {
    const std::int32_t* drawn = &images.drawn[7 * n];
    ys.insert(drawn[0]);
    xs.insert(drawn[1]);
    heights.insert(drawn[5]);
    flipped += drawn[2];
    erased += drawn[5] * drawn[6] > 0;
  }
  EXPECT_EQ(ys, (std::set<std::int32_t>{-1, 0, 1, 2}));
  EXPECT_EQ(xs, (std::set<std::int32_t>{-2, -1, 0, 1, 2}));
  EXPECT_GE(heights.size(), 3u);
  // Deviations of 2000 draws: 19.4 both; six of them.
  EXPECT_NEAR(static_cast<double>(flipped), 500, 117);
  EXPECT_NEAR(static_cast<double>(erased), 1500, 117);
}

TEST_P(AugmentTest, TheSameBitsWithTwoThreads) {
  RetainPool();
  const Case& c = kCases[8];
  Images<float> one(c), two(c);
  SetThreads(1);
  one.Run(c);
  SetThreads(2);
  two.Run(c);
  EXPECT_TRUE(one.out.SameBits(two.out) && one.drawn.SameBits(two.drawn));
  ReleasePool();
}

TEST_P(AugmentTest, RefusesWhatDoesNotFitAndDrawsNothing) {
  const Case c = {{2, 1, 4, 4, 4, 4}, 1, 1, 0.5, 0};
  Images<float> images(c);
  Array<std::int32_t> before(images.state);
  Array<float> small(31);
  const auto run = [&](Dtype dtype, const Buffer& x, const AugmentShape& shape, std::int64_t pad) {
    Augment({dtype, images.state.buffer(), x, images.drawn.buffer(), images.out.buffer(), shape,
             pad, 0, 0, 0, 0, 0, 1, 1, 0, 0});
  };
  EXPECT_THROW(run(Dtype::kInt32, images.x.buffer(), c.shape, 1), Error);
  EXPECT_THROW(run(Dtype::kFloat32, small.buffer(), c.shape, 1), Error);
  EXPECT_THROW(run(Dtype::kFloat32, images.x.buffer(), c.shape, -1), Error);
  EXPECT_THROW(run(Dtype::kFloat32, images.x.buffer(), {2, 1, 4, 4, 7, 4}, 1), Error);
  EXPECT_THROW(run(Dtype::kFloat32, images.x.buffer(), {-2, 1, 4, 4, 4, 4}, 1), Error);
  EXPECT_THROW(AugmentGradient({Dtype::kFloat32, images.drawn.buffer(), images.x.buffer(),
                                small.buffer(), c.shape}),
               Error);
  EXPECT_TRUE(images.state.SameBits(before));
}

// A caller past TypeScript may write anything where the draws are kept.
TEST_P(AugmentTest, TheGradientStaysInsideWhateverWasDrawn) {
  const Case c = {{40, 2, 4, 5, 5, 4}, 1, 1, 0, 0};
  Images<float> images(c);
  constexpr std::int32_t kFar[] = {-2147483647 - 1, -7, -1, 0, 1, 3, 9, 2147483647};
  Numbers numbers(3);
  for (int round = 0; round < 50; ++round) {
    images.drawn.Fill([&](std::int64_t) { return kFar[numbers.Word() % 8]; });
    AugmentGradient(
        {Dtype::kFloat32, images.drawn.buffer(), images.out.buffer(), images.x.buffer(), c.shape});
    ASSERT_TRUE(images.x.GuardsIntact());
  }
}

GRADLANE_ON_EVERY_ISA_TARGET(AugmentTest);

}  // namespace
}  // namespace gradlane
