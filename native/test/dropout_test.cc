// Dropout against Bernoulli numbers from the same state and one product.
#include "ops/dropout.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

#include "ops/random.h"
#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

struct Shape {
  std::int64_t n, inner;
};
// Around the vectors, one batch of the kernel (256 words), one task of the op (8192 numbers).
const std::vector<Shape> kShapes = [] {
  std::vector<Shape> shapes = {{0, 4},    {4, 0},    {1, 5},       {3, 7},     {6, 16},
                               {200, 33}, {9000, 5}, {2, 100'000}, {255, 1},   {256, 1},
                               {257, 1},  {8191, 1}, {8193, 1},    {40'003, 1}};
  for (const std::int64_t n : kSizes) shapes.push_back({n, 1});
  return shapes;
}();

class State {
 public:
  State() : words_(4) {
    words_.Fill([](std::int64_t i) { return i == 2 ? -3 : i + 1; });
  }
  Buffer buffer() const { return words_.buffer(); }
  bool SameBits(const State& other) const { return words_.SameBits(other.words_); }

 private:
  Array<std::int32_t> words_;
};

class DropoutTest : public EveryIsaTarget {
 protected:
  template <class T>
  static void Formulas(double p) {
    const T scale = static_cast<T>(p < 1 ? 1 / (1 - p) : 0);
    for (const Shape& s : kShapes) {
      const std::int64_t length = s.n * s.inner;
      State state, reference;
      Array<T> x(length, 1), out(length, 2), gradient(length, 3), dropped(s.n);
      Array<std::uint8_t> mask(s.n, 5);
      x.FillRandom(7);
      Dropout({kDtypeOf<T>, state.buffer(), x.buffer(), mask.buffer(), out.buffer(), s.n, s.inner,
               p, scale});
      Bernoulli({kDtypeOf<T>, reference.buffer(), dropped.buffer(), s.n, p, 1});
      EXPECT_TRUE(state.SameBits(reference));
      for (std::int64_t i = 0; i < s.n; ++i) ASSERT_EQ(mask[i], dropped[i] == 0) << i;
      for (std::int64_t i = 0; i < length; ++i) {
        ASSERT_EQ(out[i], mask[i / s.inner] ? x[i] * scale : T(0)) << s.n << " at " << i;
      }
      DropoutGradient(
          {kDtypeOf<T>, mask.buffer(), x.buffer(), gradient.buffer(), s.n, s.inner, scale});
      EXPECT_TRUE(gradient.SameBits(out));
      Array<T> in_place(x);
      DropoutGradient(
          {kDtypeOf<T>, mask.buffer(), in_place.buffer(), in_place.buffer(), s.n, s.inner, scale});
      EXPECT_TRUE(in_place.SameBits(out));
      Array<T> over(x);
      State again;
      Dropout({kDtypeOf<T>, again.buffer(), over.buffer(), mask.buffer(), over.buffer(), s.n,
               s.inner, p, scale});
      EXPECT_TRUE(over.SameBits(out));
      EXPECT_TRUE(out.GuardsIntact() && gradient.GuardsIntact() && mask.GuardsIntact());
    }
  }
};

TEST_P(DropoutTest, KeepsWithTheProbabilityAndScales) {
  for (const double p : {0.5, 0.25, 0.0, 1.0, 1 / 3.0}) {
    Formulas<float>(p);
    Formulas<double>(p);
  }
}

TEST_P(DropoutTest, PartsOfACallAreAsInTheWhole) {
  RetainPool();
  for (const DrawPlace& place :
       {DrawPlace{1, 1, 6}, DrawPlace{1, 4, 0}, DrawPlace{1, 3, 5}, DrawPlace{3, 6, 1}}) {
    for (const Shape& part : {Shape{3, 1}, Shape{300, 1}, Shape{9003, 1}, Shape{303, 5}}) {
      const std::int64_t run = part.n / place.runs, stride = place.before + run + place.after;
      const std::int64_t n = place.runs * stride;
      Array<float> x(n * part.inner, 1), out(n * part.inner, 2);
      Array<float> own_x(part.n * part.inner, 3), own(part.n * part.inner, 1);
      Array<std::uint8_t> mask(n), own_mask(part.n, 3);
      x.FillRandom(7);
      const auto at = [&](std::int64_t i) { return i / run * stride + place.before + i % run; };
      own_x.Fill(
          [&](std::int64_t i) { return x[at(i / part.inner) * part.inner + i % part.inner]; });
      State whole;
      Dropout({Dtype::kFloat32, whole.buffer(), x.buffer(), mask.buffer(), out.buffer(), n,
               part.inner, 0.4, 2});
      for (const int threads : {1, 2}) {
        SetThreads(threads);
        State state;
        Dropout({Dtype::kFloat32, state.buffer(), own_x.buffer(), own_mask.buffer(), own.buffer(),
                 part.n, part.inner, 0.4, 2, place});
        EXPECT_TRUE(state.SameBits(whole));
        for (std::int64_t i = 0; i < part.n; ++i) ASSERT_EQ(own_mask[i], mask[at(i)]) << i;
        for (std::int64_t i = 0; i < own.size(); ++i) {
          ASSERT_EQ(own[i], out[at(i / part.inner) * part.inner + i % part.inner]) << i;
        }
        EXPECT_TRUE(own.GuardsIntact() && own_mask.GuardsIntact());
      }
    }
  }
  ReleasePool();
}

TEST_P(DropoutTest, WhatIsDroppedIsZero) {
  constexpr std::int64_t n = 300;
  Array<float> x(n), out(n);
  Array<std::uint8_t> mask(n);
  x.Fill([](std::int64_t i) { return i % 2 ? NAN : std::numeric_limits<float>::infinity(); });
  for (const std::int64_t inner : {1, 3}) {
    State state;
    Dropout({Dtype::kFloat32, state.buffer(), x.buffer(), mask.buffer(), out.buffer(), n / inner,
             inner, 1, 0});
    for (std::int64_t i = 0; i < n; ++i) ASSERT_EQ(out[i], 0) << i;
  }
}

TEST_P(DropoutTest, TheSameBitsWithTwoThreads) {
  RetainPool();
  for (const Shape& s : {Shape{50'001, 1}, Shape{20'011, 7}}) {
    const std::int64_t length = s.n * s.inner;
    Array<float> x(length), one(length), two(length);
    Array<std::uint8_t> mask_one(s.n), mask_two(s.n);
    x.FillRandom(3);
    for (const int threads : {1, 2}) {
      SetThreads(threads);
      State state;
      const auto& [mask, out] = threads == 1 ? std::tie(mask_one, one) : std::tie(mask_two, two);
      Dropout({Dtype::kFloat32, state.buffer(), x.buffer(), mask.buffer(), out.buffer(), s.n,
               s.inner, 0.5, 2});
    }
    EXPECT_TRUE(one.SameBits(two) && mask_one.SameBits(mask_two));
  }
  ReleasePool();
}

TEST_P(DropoutTest, RefusesWhatDoesNotFitAndDrawsNothing) {
  State state, before;
  Array<float> x(6), out(6), short_out(5);
  Array<std::uint8_t> mask(6), short_mask(2);
  const auto run = [&](Dtype dtype, const Array<std::uint8_t>& m, const Array<float>& y) {
    Dropout({dtype, state.buffer(), x.buffer(), m.buffer(), y.buffer(), 3, 2, 0.5, 2});
  };
  EXPECT_THROW(run(Dtype::kFloat32, short_mask, out), Error);
  EXPECT_THROW(run(Dtype::kFloat32, mask, short_out), Error);
  EXPECT_THROW(run(Dtype::kInt32, mask, out), Error);
  EXPECT_THROW(
      DropoutGradient({Dtype::kFloat32, mask.buffer(), x.buffer(), short_out.buffer(), 3, 2, 2}),
      Error);
  EXPECT_TRUE(state.SameBits(before));
}

GRADLANE_ON_EVERY_ISA_TARGET(DropoutTest);

}  // namespace
}  // namespace gradlane
