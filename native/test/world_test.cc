// What is asked of a world by the threads that compute.
#include "distributed/world.h"

#include <gtest/gtest.h>

#include <atomic>
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
      world.Open(&Connected, "", "1", {}, opening);
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

}  // namespace
}  // namespace gradlane::distributed
