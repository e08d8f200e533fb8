#include "ops/copy_steps.h"

#include <gtest/gtest.h>

#include <string>

#include "test/arrays.h"

namespace gradlane {
namespace {

struct Trial {
  std::int64_t steps, rows, cols;
  bool ends;
};
constexpr Trial kTrials[] = {{0, 2, 3, false}, {3, 0, 2, false},  {2, 3, 0, false}, {1, 1, 1, true},
                             {4, 5, 3, true},  {7, 2, 33, false}, {3, 20, 8, true}};

std::int32_t LengthOf(const Trial& t, std::int64_t row) {
  return static_cast<std::int32_t>(1 + (row * 5 + 2) % t.steps);
}

// From (rows, steps, cols + 2), whose last columns are gaps, to (steps, rows, cols).
template <class T>
CopyStepsArgs ArgsOf(const Trial& t, const Array<T>& x, const Array<std::int32_t>& lengths,
                     const Array<T>& out) {
  return {kDtypeOf<T>,     x.buffer(), t.ends ? lengths.buffer() : Buffer{},
          out.buffer(),    t.steps,    t.rows,
          t.cols,          t.cols + 2, t.steps * (t.cols + 2),
          t.rows * t.cols, t.cols};
}

template <class T>
void Copies() {
  for (const Trial& t : kTrials) {
    Array<T> x(t.rows * t.steps * (t.cols + 2), 1), out(t.steps * t.rows * t.cols, 3);
    Array<std::int32_t> lengths(t.rows);
    x.FillRandom(1);
    if (t.ends) lengths.Fill([&](std::int64_t n) { return LengthOf(t, n); });
    CopySteps(ArgsOf(t, x, lengths, out));
    EXPECT_TRUE(out.GuardsIntact());
    for (std::int64_t step = 0; step < t.steps; ++step) {
      for (std::int64_t n = 0; n < t.rows; ++n) {
        const bool ended = t.ends && step >= lengths[n];
        for (std::int64_t c = 0; c < t.cols; ++c) {
          const T expected = ended ? T(0) : x[(n * t.steps + step) * (t.cols + 2) + c];
          ASSERT_EQ(out[(step * t.rows + n) * t.cols + c], expected) << step << " " << n;
        }
      }
    }
  }
}

TEST(CopyStepsTest, CopiesFloat) { Copies<float>(); }
TEST(CopyStepsTest, CopiesDouble) { Copies<double>(); }

TEST(CopyStepsTest, RefusesBeforeWriting) {
  const Trial t = {4, 3, 2, true};
  Array<float> x(t.rows * t.steps * (t.cols + 2)), out(t.steps * t.rows * t.cols);
  Array<std::int32_t> lengths(t.rows);
  const auto refuses = [&](ErrorCode code, const char* what, auto&& change) {
    lengths.Fill([&](std::int64_t n) { return LengthOf(t, n); });
    out.Fill([](std::int64_t) { return 5; });
    CopyStepsArgs args = ArgsOf(t, x, lengths, out);
    change(args);
    try {
      CopySteps(args);
      FAIL() << "no error: " << what;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      EXPECT_NE(std::string(error.what()).find(what), std::string::npos) << error.what();
    }
    for (std::int64_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i], 5);
  };
  refuses(ErrorCode::kValue, "length 5 of row 2", [&](auto&) { lengths[2] = 5; });
  refuses(ErrorCode::kShape, "steps of out", [](auto& args) { args.out_row = 1; });
  refuses(ErrorCode::kShape, "steps of out", [](auto& args) { args.out_step = 5; });
  refuses(ErrorCode::kValue, "x", [](auto& args) { args.x_row += 2; });
}

}  // namespace
}  // namespace gradlane
