// CTC against all paths, one by one.
#include "ops/ctc.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

constexpr std::int64_t kSteps = 5, kRows = 4, kClasses = 3, kBlank = 1;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <class T>
struct Trial {
  // An empty one, one that repeats, one that is shorter, and one without a path.
  std::vector<std::vector<std::int32_t>> rows{{}, {2, 2}, {0}, {0, 0, 2}};
  Array<std::int32_t> input_lengths{kRows}, target_lengths{kRows}, padded{3 * kRows}, joined{6};
  Array<T> x{kSteps * kRows * kClasses, 1}, loss{kRows, 1}, slope{kRows, 1},
      grad{kSteps * kRows * kClasses, 1};
  Array<double> likelihood{kRows, 1};
  bool concatenated, zero_infinity;

  Trial(bool joined_rows, bool zero) : concatenated(joined_rows), zero_infinity(zero) {
    x.FillRandom(31, 3, -4);
    slope.FillRandom(32, 1, 0.5);
    // Behind a row's length anything may stand.
    padded.Fill([](std::int64_t) { return -7; });
    const std::int32_t steps[] = {5, 5, 3, 3};
    std::int64_t next = 0;
    for (std::size_t n = 0; n < kRows; ++n) {
      input_lengths[n] = steps[n];
      target_lengths[n] = static_cast<std::int32_t>(rows[n].size());
      for (std::size_t i = 0; i < rows[n].size(); ++i) {
        padded[3 * n + i] = joined[next++] = rows[n][i];
      }
    }
  }
  std::int64_t labels() const { return concatenated ? 6 : 3 * kRows; }
  std::int64_t cells() const { return kSteps * (2 * labels() + kRows); }

  void Run() {
    Array<double> lattice(cells(), 1);
    const Buffer targets = (concatenated ? joined : padded).buffer();
    Ctc({kDtypeOf<T>, x.buffer(), targets, input_lengths.buffer(), target_lengths.buffer(),
         loss.buffer(), lattice.buffer(), likelihood.buffer(), kSteps, kRows, kClasses, labels(),
         kBlank, concatenated, zero_infinity});
    CtcGradient({kDtypeOf<T>, x.buffer(), targets, input_lengths.buffer(), target_lengths.buffer(),
                 lattice.buffer(), likelihood.buffer(), slope.buffer(), grad.buffer(), kSteps,
                 kRows, kClasses, labels(), kBlank, concatenated, zero_infinity});
    ASSERT_TRUE(lattice.GuardsIntact() && loss.GuardsIntact() && grad.GuardsIntact());
  }
};

std::vector<std::int32_t> LabelsOf(const std::vector<std::int32_t>& path) {
  std::vector<std::int32_t> labels;
  for (std::size_t t = 0; t < path.size(); ++t) {
    if (path[t] != kBlank && (t == 0 || path[t] != path[t - 1])) labels.push_back(path[t]);
  }
  return labels;
}

template <class T>
void MatchesAllPaths(bool concatenated, bool zero_infinity) {
  Trial<T> trial(concatenated, zero_infinity);
  SetThreads(1);
  trial.Run();
  Trial<T> again(concatenated, zero_infinity);
  SetThreads(2);
  again.Run();
  EXPECT_TRUE(again.loss.SameBits(trial.loss) && again.grad.SameBits(trial.grad));
  for (std::int64_t n = 0; n < kRows; ++n) {
    const int length = trial.input_lengths[n];
    double total = 0;
    std::vector<double> share(kSteps * kClasses);
    const int paths = static_cast<int>(std::lround(std::pow(kClasses, length)));
    for (int code = 0; code < paths; ++code) {
      std::vector<std::int32_t> path;
      double log = 0;
      for (int t = 0, rest = code; t < length; ++t, rest /= kClasses) {
        path.push_back(rest % kClasses);
        log += static_cast<double>(trial.x[(t * kRows + n) * kClasses + path.back()]);
      }
      if (LabelsOf(path) != trial.rows[static_cast<std::size_t>(n)]) continue;
      total += std::exp(log);
      for (int t = 0; t < length; ++t) {
        share[static_cast<std::size_t>(t * kClasses + path[static_cast<std::size_t>(t)])] +=
            std::exp(log);
      }
    }
    const double expected = -std::log(total);
    const bool none = total == 0;
    // Sums of double, and at most `length` roundings of a logarithm of some size in each.
    const double within = 1e-13 + static_cast<double>(kUnit<T>) * std::fabs(expected);
    if (none) {
      EXPECT_EQ(trial.loss[n], zero_infinity ? T(0) : static_cast<T>(kInfinity));
    } else {
      EXPECT_NEAR(trial.loss[n], expected, within) << "row " << n;
    }
    for (int t = 0; t < kSteps; ++t) {
      for (int c = 0; c < kClasses; ++c) {
        const T got = trial.grad[(t * kRows + n) * kClasses + c];
        if (t >= length || (none && zero_infinity)) {
          EXPECT_EQ(got, T(0));
        } else if (none) {
          EXPECT_TRUE(std::isnan(got));
        } else {
          const double slope = -static_cast<double>(trial.slope[n]) *
                               share[static_cast<std::size_t>(t * kClasses + c)] / total;
          // A place's share, their sum and the product are rounded.
          EXPECT_NEAR(got, slope, 1e-12 + 8 * static_cast<double>(kUnit<T>))
              << n << " " << t << " " << c;
        }
      }
    }
  }
}

class CtcTest : public EveryIsaTarget {};

TEST_P(CtcTest, MatchesAllPaths) {
  for (const bool concatenated : {false, true}) {
    for (const bool zero_infinity : {false, true}) {
      MatchesAllPaths<float>(concatenated, zero_infinity);
      MatchesAllPaths<double>(concatenated, zero_infinity);
    }
  }
}
GRADLANE_ON_EVERY_ISA_TARGET(CtcTest);

TEST(CtcTest, RefusesBeforeWriting) {
  const auto refuses = [](const char* what, auto&& change) {
    Trial<float> trial(true, false);
    trial.loss.Fill([](std::int64_t) { return 7; });
    change(trial);
    try {
      trial.Run();
      FAIL() << "no error: " << what;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kValue);
      EXPECT_NE(std::string(error.what()).find(what), std::string::npos) << error.what();
    }
    for (int i = 0; i < kRows; ++i) EXPECT_EQ(trial.loss[i], 7);
  };
  refuses("inputLengths[2] = 6 is outside 0..5", [](auto& t) { t.input_lengths[2] = 6; });
  refuses("inputLengths[2] = -1", [](auto& t) { t.input_lengths[2] = -1; });
  refuses("targetLengths[3] = 4 is outside 0..3", [](auto& t) { t.target_lengths[3] = 4; });
  refuses("targetLengths add up to 5", [](auto& t) { t.target_lengths[3] = 2; });
  refuses("label 1 of row 1 is 1", [](auto& t) { t.joined[1] = kBlank; });
  refuses("label 0 of row 2 is 3", [](auto& t) { t.joined[2] = 3; });
}

}  // namespace
}  // namespace gradlane
