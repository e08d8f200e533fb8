// Indices that another thread writes to while an operation runs, as JavaScript may beside a replay:
// what is read through them lies within the operands, or the operation says that they are wrong.
#include "ops/indices.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "ops/cross_entropy.h"
#include "ops/gather.h"
#include "ops/nll.h"
#include "ops/pool2d.h"
#include "ops/scatter.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

#if defined(__SANITIZE_THREAD__)
#define GRADLANE_RACES 0  // the race is what is tested
#else
#define GRADLANE_RACES 1
#endif

namespace gradlane {
namespace {

constexpr std::int64_t kRows = 4096, kCols = 2, kCount = 8;

class IndicesTest : public EveryIsaTarget {
 protected:
  // Runs `operation` again and again while the last index goes from a good one to a far one and
  // back, until both outcomes were seen often or it has run 300 times.
  void WhileTheLastChanges(const std::function<void()>& operation) {
    if (!GRADLANE_RACES) GTEST_SKIP();
    std::atomic<bool> ended{false};
    std::thread writer([&] {
      auto* last = reinterpret_cast<std::atomic<std::int32_t>*>(&index_[kRows - 1]);
      for (std::int32_t i = 0; !ended.load(std::memory_order_relaxed); ++i) {
        last->store(i % 2 == 0 ? 1 << 30 : 3, std::memory_order_relaxed);
      }
    });
    int refused = 0, done = 0;
    for (int i = 0; i < 300 && (refused < 30 || done < 30); ++i) {
      try {
        operation();
        ++done;
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kValue);
        ++refused;
      }
    }
    ended.store(true);
    writer.join();
    EXPECT_GT(refused + done, 0);
  }

  void SetUp() override {
    EveryIsaTarget::SetUp();
    index_.Fill([](std::int64_t i) { return i % kCount; });
  }

  Array<std::int32_t> index_{kRows};
  Array<float> table_{kCount * kCols};
  Array<float> rows_{kRows * kCount};
  Array<float> result_{kRows * kCount};
  Array<float> one_{1};
};

TEST_P(IndicesTest, OfRowsThatAreGathered) {
  WhileTheLastChanges([&] {
    Gather({Dtype::kFloat32, table_.buffer(), index_.buffer(), Dtype::kFloat32, result_.buffer(),
            kCount, kRows, kCols, 1, 0, 1, false});
  });
  WhileTheLastChanges([&] {
    Gather({Dtype::kFloat32, table_.buffer(), index_.buffer(), Dtype::kFloat32, result_.buffer(),
            kCount, kRows, 1, 1, 0, 1, true});
  });
}

TEST_P(IndicesTest, OfRowsThatArePutBack) {
  WhileTheLastChanges([&] {
    Scatter({Dtype::kFloat32, rows_.buffer(), index_.buffer(), table_.buffer(), kRows, kCols,
             kCount, -1, 0, 1, false, true});
  });
  WhileTheLastChanges([&] {
    Scatter({Dtype::kFloat32, rows_.buffer(), index_.buffer(), table_.buffer(), kRows, 1, kCount,
             -1, 1, 1, true, false});
  });
}

TEST_P(IndicesTest, OfTheClassesOfACrossEntropy) {
  WhileTheLastChanges([&] {
    CrossEntropy({Dtype::kFloat32, rows_.buffer(), index_.buffer(), Dtype::kInt32, table_.buffer(),
                  one_.buffer(), one_.buffer(), kRows, kCount, 1, Reduction::kMean, -100, 0});
  });
  WhileTheLastChanges([&] {
    CrossEntropyGradient({Dtype::kFloat32, rows_.buffer(), index_.buffer(), Dtype::kInt32,
                          table_.buffer(), one_.buffer(), result_.buffer(), kRows, kCount, 1, -100,
                          0});
  });
}

TEST_P(IndicesTest, OfTheClassesOfANegativeLogLikelihood) {
  WhileTheLastChanges([&] {
    Nll({Dtype::kFloat32, rows_.buffer(), index_.buffer(), table_.buffer(), one_.buffer(),
         one_.buffer(), kRows, kCount, 1, Reduction::kMean, -100});
  });
  WhileTheLastChanges([&] {
    NllGradient({Dtype::kFloat32, index_.buffer(), table_.buffer(), one_.buffer(), result_.buffer(),
                 kRows, kCount, 1, -100});
  });
}

TEST_P(IndicesTest, OfTheLargestElementsOfWindows) {
  // one plane of kRows rows of 8, windows of 3 x 8 side by side below each other
  const Pool2dShape shape = {kRows + 2, kCount, kRows, 1, 3, kCount, 1, 1, 0, 0, 1, 1};
  Array<float> plane((kRows + 2) * kCount);
  WhileTheLastChanges([&] {
    MaxPool2dGradient({Dtype::kFloat32, rows_.buffer(), index_.buffer(), plane.buffer(), 1, shape});
  });
  EXPECT_TRUE(plane.GuardsIntact());
}

GRADLANE_ON_EVERY_ISA_TARGET(IndicesTest);

}  // namespace
}  // namespace gradlane
