// What is asked of a world by the threads that compute.
#include "distributed/world.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "test/table_wire.h"

namespace gradlane::distributed {
namespace {

constexpr int kRanks = 3;

Table* table = nullptr;
std::atomic<int> next_rank{0};

std::unique_ptr<Wire> Connected(const std::string&) {
  return std::make_unique<TableWire>(*table, next_rank++, kRanks);
}

// Runs `body(world)` on a thread a rank.
template <class Body>
void OnRanks(Body body) {
  Table messages;
  table = &messages;
  next_rank = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kRanks; ++i) {
    threads.emplace_back([&] {
      World world;
      Job opening;
      world.Open(&Connected, "", "1", "a rank", {}, opening);
      while (opening.finished.load() == 0) std::this_thread::yield();
      ASSERT_FALSE(opening.failure);
      body(world);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

Call SumOf(std::vector<float>& x) {
  return {Kind::kAllReduce, Dtype::kFloat32, 0, x.data(), static_cast<std::int64_t>(x.size())};
}

TEST(WorldTest, WaitsInAnyOrderForWhatAThreadHasStarted) {
  OnRanks([](World& world) {
    const auto own = static_cast<float>(world.rank() + 1);
    std::vector<float> a(5, own), b(3, 10 * own), c(1, 100 * own);
    world.Start(SumOf(a));
    world.Start(SumOf(b));
    world.Wait(b.data());
    EXPECT_EQ(b, std::vector<float>(3, 60));
    world.Run(SumOf(c));
    EXPECT_EQ(c, std::vector<float>(1, 600));
    world.Wait(a.data());
    EXPECT_EQ(a, std::vector<float>(5, 6));
    world.Wait(a.data());  // there is none any more
    EXPECT_EQ(a, std::vector<float>(5, 6));
  });
}

TEST(WorldTest, SettlesWhatNobodyWaitsFor) {
  OnRanks([](World& world) {
    std::vector<float> a(4, 1), b(4, 2);
    world.Start(SumOf(a));
    world.Start(SumOf(b));
    world.Settle();
    EXPECT_EQ(a, std::vector<float>(4, 3));
    EXPECT_EQ(b, std::vector<float>(4, 6));
    world.Settle();
  });
}

TEST(WorldTest, WhatFailsEndsAllThatAThreadHasStarted) {
  OnRanks([](World& world) {
    std::vector<float> a(4, 1), b(world.rank() == 1 ? 2 : 3, 1), c(4, 1);
    world.Start(SumOf(a));
    world.Start(SumOf(b));
    world.Start(SumOf(c));
    world.Wait(a.data());
    EXPECT_EQ(a, std::vector<float>(4, 3));
    EXPECT_THROW(world.Wait(b.data()), Error);
    world.Wait(c.data());  // was given up together with it
    world.Start(SumOf(c));
    EXPECT_THROW(world.Wait(c.data()), Error);
  });
}

TEST(WorldTest, TellsOfRanksThatRunAnotherVersion) {
  Table messages;
  table = &messages;
  next_rank = 0;
  const auto two = [](const std::string&) -> std::unique_ptr<Wire> {
    return std::make_unique<TableWire>(*table, next_rank++, 2);
  };
  World old, present;
  Job opening_old, opening_present;
  old.Open(two, "", "0.9.0", "a rank", {}, opening_old);
  while (next_rank == 0) std::this_thread::yield();
  present.Open(two, "", "1.0.0", "a rank", {}, opening_present);
  for (Job* const job : {&opening_old, &opening_present}) {
    while (job->finished.load() == 0) std::this_thread::yield();
    ASSERT_TRUE(job->failure);
  }
  EXPECT_STREQ(opening_present.failure->what(),
               "the ranks run different versions of gradlane: rank 0 () 0.9.0, this one 1.0.0");
}

#if defined(GTEST_HAS_DEATH_TEST) && GTEST_HAS_DEATH_TEST

// A library that does not return once the ranks know each other.
class StuckWire final : public TableWire {
 public:
  using TableWire::TableWire;
  bool Advance() override {
    while (stuck) std::this_thread::yield();
    return TableWire::Advance();
  }
  std::atomic<bool> stuck{false};
};

StuckWire* stuck_wire = nullptr;

std::unique_ptr<Wire> Stuck(const std::string&) {
  auto wire = std::make_unique<StuckWire>(*table, 0, 2);
  stuck_wire = wire.get();
  return wire;
}

std::unique_ptr<Wire> Other(const std::string&) {
  return std::make_unique<TableWire>(*table, 1, 2);
}

std::unique_ptr<Wire> Never(const std::string&) {
  for (;;) std::this_thread::sleep_for(std::chrono::seconds(1));
}

void CallThatDoesNotReturn() {
  Table messages;
  table = &messages;
  Settings settings;
  settings.timeout = std::chrono::milliseconds(20);
  World stuck, other;
  Job opening, opening_other;
  other.Open(&Other, "", "1", "rank 1", settings, opening_other);
  stuck.Open(&Stuck, "", "1", "rank 0", settings, opening);
  while (opening.finished.load() == 0) std::this_thread::yield();
  stuck_wire->stuck = true;
  stuck.Run({});
}

void StartThatDoesNotReturn() {
  Settings settings;
  settings.timeout = std::chrono::milliseconds(20);
  World world;
  Job opening;
  world.Open(&Never, "", "1", "rank 5 (here)", settings, opening);
  std::this_thread::sleep_for(std::chrono::seconds(60));
}

TEST(WorldDeathTest, EndsTheProcessWhereTheLibraryDoesNotReturn) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(CallThatDoesNotReturn(), testing::ExitedWithCode(1),
              "gradlane, rank 0: a call of the MPI library has not returned for 20 ms at barrier "
              "of rank 1 .*; this process ends, and the job with it");
  EXPECT_EXIT(StartThatDoesNotReturn(), testing::ExitedWithCode(1),
              "gradlane, rank 5 .here.: MPI_Init_thread has not returned for 20 ms: not all ranks "
              "have come to distributed.init");
}

#endif

}  // namespace
}  // namespace gradlane::distributed
