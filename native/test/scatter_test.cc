// What is put back at its indices against the formula in wider arithmetic.
#include "ops/scatter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

class ScatterTest : public EveryIsaTarget {
 protected:
  template <class T>
  static void Formula(std::int64_t rows, std::int64_t cols, std::int64_t count) {
    using W = WideOf<T>;
    Array<T> grad_out(rows * cols, 1), before(count * cols, 3);
    Array<std::int32_t> index(rows, 2);
    grad_out.FillRandom(91);
    before.FillRandom(92);
    Numbers numbers(93);
    index.Fill([&](std::int64_t) {
      return static_cast<std::int64_t>(numbers.Word() % static_cast<std::uint64_t>(count));
    });
    const std::int64_t padding = index[0];
    for (const double beta : {0.0, 1.0, 0.25}) {
      const auto run = [&](int threads) {
        SetThreads(threads);
        Array<T> grad(before);
        Scatter({kDtypeOf<T>, grad_out.buffer(), index.buffer(), grad.buffer(), rows, cols, count,
                 padding, beta, 1, false, true});
        EXPECT_TRUE(grad.GuardsIntact());
        return grad;
      };
      const Array<T> grad = run(1);
      EXPECT_TRUE(run(2).SameBits(grad));
      std::vector<W> exact(static_cast<std::size_t>(count * cols)), size(exact.size());
      for (std::int64_t i = 0; i < count * cols; ++i) {
        exact[i] = beta * before[i];
        size[i] = std::fabs(exact[i]);
      }
      for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t c = 0; c < cols && index[r] != padding; ++c) {
          exact[index[r] * cols + c] += grad_out[r * cols + c];
          size[index[r] * cols + c] += std::fabs(grad_out[r * cols + c]);
        }
      }
      for (std::int64_t i = 0; i < count * cols; ++i) {
        EXPECT_LE(std::fabs(grad[i] - exact[i]), rows * kUnit<T> * size[i]);
      }
    }
  }
};

TEST_P(ScatterTest, FollowsTheFormula) {
  Formula<float>(1, 1, 1);
  Formula<float>(40, 17, 5);
  Formula<float>(300, 33, 5003);  // several tasks
  Formula<double>(40, 17, 5);
  Formula<double>(300, 33, 5003);
}

TEST_P(ScatterTest, RefusesAnIndexBeforeWriting) {
  for (const std::int32_t bad : {-1, 4}) {
    Array<float> grad_out(6), grad(8);
    Array<std::int32_t> index(3);
    grad_out.FillRandom(1);
    grad.Fill([](std::int64_t) { return 7; });
    index.Fill([](std::int64_t) { return 0; });
    index[2] = bad;
    EXPECT_THROW(Scatter({Dtype::kFloat32, grad_out.buffer(), index.buffer(), grad.buffer(), 3, 2,
                          4, -1, 0, 1, false, true}),
                 Error);
    for (int i = 0; i < 8; ++i) EXPECT_EQ(grad[i], 7);
  }
}

TEST_P(ScatterTest, IntegersForEachOfManyParts) {
  constexpr std::int64_t kRows = 170, kCount = 30, kCols = 23;
  RetainPool();
  for (const std::int64_t outer : {3, 40}) {
    for (const bool add : {false, true}) {
      const std::int64_t n = outer * kRows * kCols;
      Array<std::int32_t> src(n), index(n, 1);
      src.Fill([](std::int64_t i) { return i % 1000 - 500; });
      index.Fill([](std::int64_t i) { return i * 17 % kCount; });
      std::vector<std::int32_t> expected(static_cast<std::size_t>(outer * kCount * kCols), 3);
      for (std::int64_t e = 0; e < n; ++e) {
        auto& to = expected[(e / (kRows * kCols) * kCount + index[e]) * kCols + e % kCols];
        to = (add ? to : 0) + src[e];
      }
      for (const int threads : {1, 2}) {
        SetThreads(threads);
        Array<std::int32_t> out(outer * kCount * kCols, 2);
        out.Fill([](std::int64_t) { return 3; });
        Scatter({Dtype::kInt32, src.buffer(), index.buffer(), out.buffer(), kRows, kCols, kCount,
                 -1, 1, outer, true, add});
        for (std::size_t i = 0; i < expected.size(); ++i) {
          ASSERT_EQ(out[static_cast<std::int64_t>(i)], expected[i]);
        }
        EXPECT_TRUE(out.GuardsIntact());
      }
    }
  }
  ReleasePool();
}

GRADLANE_ON_EVERY_ISA_TARGET(ScatterTest);

}  // namespace
}  // namespace gradlane
