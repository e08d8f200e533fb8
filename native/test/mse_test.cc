// Mean squared error and its gradient against the formulas in wider arithmetic.
#include "ops/mse.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/rows.h"

namespace gradlane {
namespace {

class MseTest : public EveryRow {
 protected:
  template <class T>
  static void Formulas() {
    std::vector<std::int64_t> sizes(std::begin(kSizes), std::end(kSizes));
    sizes.push_back(100003);  // several parts
    for (const std::int64_t n : sizes) {
      Array<T> x(n, 1), y(n, 2), each(n, 3), gradient(n, 1), sum(1), mean(1), again(1);
      x.FillRandom(81, 3);
      y.FillRandom(82, 3);
      const auto run = [&](const Array<T>& loss, Reduction reduction) {
        Mse({kDtypeOf<T>, x.buffer(), y.buffer(), loss.buffer(), n, reduction});
      };
      run(each, Reduction::kNone);
      SetThreads(1);
      run(sum, Reduction::kSum);
      SetThreads(2);
      run(again, Reduction::kSum);
      EXPECT_TRUE(sum.SameBits(again));
      run(mean, Reduction::kMean);
      MseGradient({kDtypeOf<T>, x.buffer(), y.buffer(), gradient.buffer(), n, 0.3});
      ASSERT_TRUE(each.GuardsIntact() && gradient.GuardsIntact());

      WideOf<T> exact = 0;
      for (std::int64_t i = 0; i < n; ++i) {
        const WideOf<T> d = WideOf<T>(x[i]) - y[i];
        exact += d * d;
        EXPECT_LE(std::fabs(each[i] - d * d), 4 * kUnit<T> * d * d);
        EXPECT_LE(std::fabs(gradient[i] - static_cast<T>(0.3) * d), 3 * kUnit<T> * std::fabs(d));
      }
      // The deepest lane of a block of 1024 adds 128 squares in double with 16-byte vectors; the
      // blocks' sums and the parts come on top.
      EXPECT_LE(std::fabs(sum[0] - exact), 300 * kUnit<T> * exact);
      if (n > 0) {
        EXPECT_LE(std::fabs(mean[0] - exact / n), 300 * kUnit<T> * exact / n);
      } else {
        EXPECT_EQ(sum[0], 0);
        EXPECT_TRUE(std::isnan(mean[0]));
      }
    }
  }
};

TEST_P(MseTest, FollowsTheFormulas) {
  Formulas<float>();
  Formulas<double>();
}
GRADLANE_ON_EVERY_ROW(MseTest);

}  // namespace
}  // namespace gradlane
