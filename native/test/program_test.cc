#include "program/program.h"

#include <gtest/gtest.h>
#if defined(__linux__)
#include <sys/resource.h>
#endif

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <thread>
#include <vector>

#include "cpu/float_control.h"
#include "ops/elementwise.h"
#include "ops/gradient.h"
#include "ops/matmul.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"
#include "program/replay.h"

namespace gradlane {
namespace {

Buffer Of(std::vector<float>& values) {
  return {values.data(), static_cast<std::int64_t>(values.size() * sizeof(float))};
}

template <auto Op, class Args>
void Record(Program& program, const Args& args) {
  program.Add(OperationOf<Op>("an operation"), &args);
}

void RecordSum(Program& program, Buffer x, Buffer y, std::int64_t n, double alpha = 1,
               double beta = 1) {
  Record<&Axpby>(program, AxpbyArgs{Dtype::kFloat32, x, y, n, alpha, beta});
}

// out = a b of square matrices.
MatmulArgs ProductOf(std::vector<float>& a, std::vector<float>& b, std::vector<float>& out,
                     std::int64_t size) {
  MatmulArgs args{};
  args.dtype = Dtype::kFloat32;
  args.a = Of(a);
  args.b = Of(b);
  args.out = Of(out);
  args.m = args.n = args.k = size;
  args.alpha = 1;
  return args;
}

// Waits for `done` of a report that comes from the replay thread.
void Await(const std::atomic<bool>& done) {
  while (!done.load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST(ProgramTest, RunsItsOperationsInOrderAsOftenAsAsked) {
  std::vector<float> x = {1, 2, 3}, sum = {0, 0, 0};
  Program program;
  RecordSum(program, Of(x), Of(sum), 3);
  RecordSum(program, Of(sum), Of(sum), 3, 1, 1);
  ReplayHere(program, 3);
  EXPECT_EQ(sum, (std::vector<float>{14, 28, 42}));
}

TEST(ProgramTest, WalksOverTheRowsOfAPlaceholder) {
  std::vector<float> recorded = {9, 9}, rows = {1, 2, 3, 4, 5, 6}, sums(3), sum = {0, 0};
  std::vector<float> first = {0};
  Program program;
  RecordSum(program, Of(recorded), Of(sum), 2);
  RecordSum(program, {recorded.data() + 1, 4}, Of(first), 1, 1, 0);  // an operand inside of it
  const int input = program.AddPlaceholder(reinterpret_cast<char*>(recorded.data()), 8);
  program.Place(input, {reinterpret_cast<char*>(rows.data()), 24, 8});
  ReplayHere(program, 3);
  EXPECT_EQ(sum, (std::vector<float>{9, 12}));
  EXPECT_EQ(first[0], 6);
  // Back to one place for all steps.
  program.Place(input, {reinterpret_cast<char*>(recorded.data()), 8, 0});
  ReplayHere(program, 2);
  EXPECT_EQ(sum, (std::vector<float>{27, 30}));
}

TEST(ProgramTest, AStepBeyondTheRowsIsRefusedBeforeItReads) {
  std::vector<float> recorded = {0, 0}, rows = {1, 2, 3, 4}, sum = {0, 0};
  Program program;
  RecordSum(program, Of(recorded), Of(sum), 2);
  const int input = program.AddPlaceholder(reinterpret_cast<char*>(recorded.data()), 8);
  program.Place(input, {reinterpret_cast<char*>(rows.data()), 16, 8});
  EXPECT_THROW(ReplayHere(program, 3), Error);
  EXPECT_EQ(sum, (std::vector<float>{4, 6}));
}

TEST(ProgramTest, RefusesToLayAPlaceholderOutsideOfItsMemory) {
  std::vector<float> recorded = {1, 2}, sum = {0, 0};
  Program program;
  RecordSum(program, Of(recorded), Of(sum), 2);
  auto* const data = reinterpret_cast<char*>(recorded.data());
  const int input = program.AddPlaceholder(data, 8);
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t no_placeholder : {std::int64_t{-1}, std::int64_t{1}, kMost, -kMost}) {
    EXPECT_THROW(program.Place(no_placeholder, {data, 8, 0}), Error);
  }
  for (const std::int64_t bytes : {std::int64_t{7}, std::int64_t{0}, std::int64_t{-1}, -kMost}) {
    EXPECT_THROW(program.Place(input, {data, bytes, 0}), Error);
  }
  for (const std::int64_t stride : {std::int64_t{-1}, std::int64_t{-8}, -kMost}) {
    EXPECT_THROW(program.Place(input, {data, 8, stride}), Error);
  }
  ReplayHere(program, 1);  // where it was
  EXPECT_EQ(sum, (std::vector<float>{1, 2}));
}

TEST(ProgramTest, NoStrideTakesAStepIntoOtherMemory) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  // 4 (2^61 + 2) wraps round to -2^63 + 8
  for (const std::int64_t stride :
       {std::int64_t{5}, std::int64_t{8}, (std::int64_t{1} << 61) + 2, kMost}) {
    std::vector<float> recorded = {1, 2}, sum = {0, 0};
    Program program;
    RecordSum(program, Of(recorded), Of(sum), 2);
    auto* const data = reinterpret_cast<char*>(recorded.data());
    program.Place(program.AddPlaceholder(data, 8), {data, 8, stride});
    EXPECT_THROW(ReplayHere(program, 2), Error);
    program.MoveTo(4);
    EXPECT_THROW(program.Run(0), Error);
    program.MoveTo(kMost);
    EXPECT_THROW(program.Run(0), Error);
    EXPECT_EQ(sum, (std::vector<float>{1, 2}));
  }
}

TEST(ProgramTest, AnOptionalOperandPastTheEndIsNotTakenForAbsent) {
  std::vector<float> a = {1}, b = {2}, out = {0}, bias = {5};
  MatmulArgs args = ProductOf(a, b, out, 1);
  args.bias = Of(bias);
  Program program;
  Record<&Matmul>(program, args);
  auto* const data = reinterpret_cast<char*>(bias.data());
  program.Place(program.AddPlaceholder(data, 4), {data, 4, 8});
  EXPECT_THROW(ReplayHere(program, 2), Error);
  EXPECT_EQ(out[0], 7);
}

TEST(ProgramTest, FindsTheOperandsOfParameterSlots) {
  std::vector<float> gradient = {3, 4}, other = {6, 8};
  std::vector<double> norm = {0};
  GradNormArgs args{};
  args.dtype = Dtype::kFloat32;
  args.out = {norm.data(), 8};
  args.p = 2;
  std::vector<ParameterSlot> slots{{Of(gradient), Of(gradient), 2, 0, 0}};
  args.slots = slots;
  Program program;
  Record<&GradNorm>(program, args);
  slots[0] = {};  // the program has its own
  const int input = program.AddPlaceholder(reinterpret_cast<char*>(gradient.data()), 8);
  ReplayHere(program, 1);
  EXPECT_EQ(norm[0], 5);
  program.Place(input, {reinterpret_cast<char*>(other.data()), 8, 0});
  ReplayHere(program, 1);
  EXPECT_EQ(norm[0], 10);
}

TEST(ProgramTest, TimesEachOperation) {
  std::vector<float> x(1 << 16), y(1 << 16), z(1);
  Program program;
  RecordSum(program, Of(x), Of(y), 1 << 16);
  RecordSum(program, Of(x), Of(z), 1);
  const std::vector<double> times = TimeOperations(program, 20);
  ASSERT_EQ(times.size(), 2u);
  EXPECT_GT(times[0], 0);
}

class ReplayTest : public ::testing::Test {
 protected:
  void SetUp() override { RetainPool(); }
  void TearDown() override { ReleasePool(); }

  std::vector<float> one_ = {1}, count_ = {0};
  Program program_;
};

TEST_F(ReplayTest, ReportsItsEndAndStartsAgain) {
  RecordSum(program_, Of(one_), Of(count_), 1);
  Replay replay(program_);
  for (int round = 1; round <= 50; ++round) {
    std::atomic<bool> ended{false};
    replay.Start(7, 1e9, {}, [&] { ended.store(!replay.Running()); });
    Await(ended);
    EXPECT_EQ(replay.Done(), 7);
    EXPECT_FALSE(replay.failure().has_value());
    EXPECT_EQ(count_[0], 7 * round);
  }
}

TEST_F(ReplayTest, RefusesToStartWhileItRuns) {
  RecordSum(program_, Of(one_), Of(count_), 1);
  Replay replay(program_);
  std::atomic<bool> ended{false};
  replay.Start(std::int64_t{1} << 60, 1e9, {}, [&] { ended.store(!replay.Running()); });
  EXPECT_THROW(replay.Start(1, 1e9, {}, [] { FAIL() << "a second replay was started"; }), Error);
  EXPECT_THROW(replay.Start(1, 1e9, {1, Priority::kBackground}, [] { FAIL(); }), Error);
  replay.Stop();
  Await(ended);
  EXPECT_GT(replay.Done(), 0);
  ended.store(false);
  replay.Start(1, 1e9, {}, [&] { ended.store(!replay.Running()); });
  Await(ended);
  EXPECT_EQ(replay.Done(), 1);
}

TEST_F(ReplayTest, ReportsInBetweenAndStopsWithAWholeStep) {
  RecordSum(program_, Of(one_), Of(count_), 1);
  RecordSum(program_, Of(one_), Of(count_), 1);
  Replay replay(program_);
  std::atomic<int> reports{0};
  std::atomic<bool> ended{false};
  replay.Start(std::int64_t{1} << 60, 1, {}, [&] {
    if (++reports == 3) replay.Stop();
    if (!replay.Running()) ended.store(true);
  });
  Await(ended);
  EXPECT_GE(reports.load(), 4);
  EXPECT_GT(replay.Done(), 0);
  // 2^24 is where adding 1 to a float ends.
  if (replay.Done() < 1 << 23) {
    EXPECT_EQ(count_[0], 2 * replay.Done());
  }
}

TEST_F(ReplayTest, EndsWithTheOperationThatFails) {
  RecordSum(program_, Of(one_), Of(count_), 1);
  RecordSum(program_, Of(one_), Of(count_), 2);
  Replay replay(program_);
  std::atomic<bool> ended{false};
  replay.Start(5, 1e9, {}, [&] { ended.store(!replay.Running()); });
  Await(ended);
  ASSERT_TRUE(replay.failure().has_value());
  EXPECT_EQ(replay.failure()->operation, 1u);
  EXPECT_EQ(replay.failure()->error.code(), ErrorCode::kValue);
  EXPECT_EQ(replay.Done(), 0);
  EXPECT_EQ(count_[0], 1);
}

// Asks for more memory than any system gives, on some thread of the pool.
void Greedy(const void*) {
  ParallelFor(8,
              [](std::int64_t) { ThreadScratch(ScratchSlot::kTemporary, std::size_t{1} << 60); });
}

TEST_F(ReplayTest, EndsWhereMemoryRunsOutAndStartsAgain) {
  SetThreads(2);
  RecordSum(program_, Of(one_), Of(count_), 1);
  program_.Add({"greedy", &Greedy, {}, 0}, this);
  Replay replay(program_);
  for (int round = 1; round <= 3; ++round) {
    std::atomic<bool> ended{false};
    replay.Start(5, 1e9, {}, [&] { ended.store(!replay.Running()); });
    Await(ended);
    ASSERT_TRUE(replay.failure().has_value());
    EXPECT_EQ(replay.failure()->operation, 1u);
    EXPECT_EQ(replay.failure()->error.code(), ErrorCode::kMemory);
    EXPECT_STREQ(replay.failure()->error.what(), "out of memory: 1152921504606846976 bytes");
    EXPECT_EQ(replay.Done(), 0);
    EXPECT_EQ(count_[0], round);
  }
  SetThreads(1);
}

TEST_F(ReplayTest, IsAbandonedInTheMiddleOfAStep) {
  for (int round = 0; round < 20; ++round) {
    Program program;
    for (int i = 0; i < 100; ++i) RecordSum(program, Of(one_), Of(count_), 1);
    Replay replay(program);
    replay.Start(std::int64_t{1} << 60, 1e9, {}, [] {});
    std::this_thread::sleep_for(std::chrono::microseconds(50 * round));
  }
}

TEST_F(ReplayTest, ComputesWithDenormalsAsTheThreadThatStartsItDoes) {
  std::vector<float> x = {0x1p-149f}, y = {0};
  Program program;
  RecordSum(program, Of(x), Of(y), 1, 1, 0);
  Replay replay(program);
  for (const bool flush : {true, false, true}) {
    g_flush_denormals = flush;
    std::atomic<bool> done{false};
    {
      const ComputingScope scope;
      replay.Start(1, 1000, {}, [&] { done = true; });
    }
    Await(done);
    EXPECT_EQ(y[0], flush ? 0 : x[0]);
  }
}

TEST_F(ReplayTest, GivesTheSameBitsWithAnyThreadLimit) {
  SetThreads(4);
  constexpr std::int64_t kSize = 131;
  std::vector<float> a(kSize * kSize), b(kSize * kSize), out(kSize * kSize), expected;
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = static_cast<float>(i % 23 + 1) / 7;
    b[i] = static_cast<float>(i % 19 + 1) / 11;
  }
  Record<&Matmul>(program_, ProductOf(a, b, out, kSize));
  Replay replay(program_);
  for (const Priority priority :
       {Priority::kNormal, Priority::kBackground, Priority::kBackground, Priority::kNormal}) {
    for (const int threads : {1, 2, 0}) {
      out.assign(out.size(), 0.0f);
      std::atomic<bool> ended{false};
      std::atomic<int> nice{0};
      replay.Start(3, 1e9, {threads, priority}, [&] {
#if defined(__linux__)
        nice.store(getpriority(PRIO_PROCESS, 0));
#endif
        ended.store(!replay.Running());
      });
      Await(ended);
      EXPECT_EQ(replay.Done(), 3);
#if defined(__linux__)
      const bool background = priority == Priority::kBackground;
      EXPECT_EQ(nice.load(), background ? 19 : getpriority(PRIO_PROCESS, 0));
#endif
      if (expected.empty()) expected = out;
      EXPECT_EQ(out, expected);
    }
  }
  EXPECT_NE(expected[0], 0.0f);
  SetThreads(1);
}

TEST_F(ReplayTest, SharesThePoolWithOtherThreads) {
  constexpr std::int64_t kSize = 96;
  std::vector<float> a(kSize * kSize, 1), b(kSize * kSize, 2), out(kSize * kSize), here(out);
  SetThreads(2);
  Record<&Matmul>(program_, ProductOf(a, b, out, kSize));
  Replay replay(program_);
  std::atomic<bool> ended{false};
  replay.Start(200, 1e9, {}, [&] { ended.store(!replay.Running()); });
  for (int i = 0; i < 200; ++i) Matmul(ProductOf(a, b, here, kSize));
  Await(ended);
  SetThreads(1);
  EXPECT_EQ(out, here);
  EXPECT_EQ(out[0], 2 * kSize);
}

}  // namespace
}  // namespace gradlane
