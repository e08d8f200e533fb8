// What several processes do together, here threads that pass messages through a table.
#include "distributed/collective.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "test/table_wire.h"

namespace gradlane::distributed {
namespace {

// Runs `body(rank, collectives)` on a thread a rank; what each of them threw.
template <class Body>
std::vector<std::string> OnRanks(int size, const Settings& settings, Body body) {
  Table table;
  std::vector<std::string> thrown(size);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      TableWire wire(table, rank, size);
      const std::atomic<bool> abandoned{false};
      Collectives collectives(wire, settings, abandoned);
      try {
        body(rank, collectives);
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kDistributed);
        thrown[rank] = error.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return thrown;
}

TEST(CollectiveTest, AddsUpInTheOrderOfRanksWhateverTheBlocks) {
  for (const int ranks : {2, 3, 5}) {
    for (const std::int64_t block_bytes : {std::int64_t{1} << 20, std::int64_t{28}}) {
      for (const std::int64_t n : {0, 1, 2, 7, 50}) {
        const auto value = [](int rank, std::int64_t i) {
          return (rank % 2 == 0 ? 1e8f : -3.3e7f) / static_cast<float>(rank + i + 1);
        };
        std::vector<float> expected(n);
        for (std::int64_t i = 0; i < n; ++i) {
          expected[i] = value(0, i);
          for (int rank = 1; rank < ranks; ++rank) expected[i] += value(rank, i);
        }
        Settings settings;
        settings.block_bytes = block_bytes;
        const auto thrown = OnRanks(ranks, settings, [&](int rank, Collectives& collectives) {
          std::vector<float> x(n);
          for (std::int64_t i = 0; i < n; ++i) x[i] = value(rank, i);
          collectives.Run({Kind::kAllReduce, Dtype::kFloat32, 0, x.data(), n});
          EXPECT_EQ(x, expected);
        });
        EXPECT_EQ(thrown, std::vector<std::string>(ranks));
      }
    }
  }
}

TEST(CollectiveTest, BroadcastsAndGathersInBlocks) {
  constexpr int kRanks = 3;
  constexpr std::int64_t kN = 11;
  Settings settings;
  settings.block_bytes = 16;
  const auto thrown = OnRanks(kRanks, settings, [&](int rank, Collectives& collectives) {
    std::vector<std::int32_t> x(kN, rank);
    collectives.Run({Kind::kBroadcast, Dtype::kInt32, 2, x.data(), kN});
    EXPECT_EQ(x, std::vector<std::int32_t>(kN, 2));
    std::vector<std::int32_t> all(kRanks * kN, -1);
    std::fill_n(all.begin() + rank * kN, kN, rank);
    collectives.Run({Kind::kAllGather, Dtype::kInt32, 0, all.data(), kN});
    for (std::int64_t i = 0; i < kRanks * kN; ++i) EXPECT_EQ(all[i], i / kN);
    collectives.Run({Kind::kBarrier});
  });
  EXPECT_EQ(thrown, std::vector<std::string>(kRanks));
}

TEST(CollectiveTest, TellsOfACallThatIsAnotherOne) {
  const auto thrown = OnRanks(2, {}, [](int rank, Collectives& collectives) {
    std::vector<double> x(4);
    collectives.Run({Kind::kAllReduce, Dtype::kFloat64, 0, x.data(), rank == 0 ? 4 : 3});
  });
  EXPECT_EQ(thrown[0],
            "the ranks are not at the same place of the program: rank 1 has come to allReduce of 3 "
            "x float64, sum, rank 0 to allReduce of 4 x float64, sum");
  EXPECT_NE(thrown[1].find("rank 0 has come to allReduce of 4"), std::string::npos);
}

TEST(CollectiveTest, NamesWhoHasNotCome) {
  Settings settings;
  settings.timeout = std::chrono::milliseconds(20);
  const auto thrown = OnRanks(3, settings, [](int rank, Collectives& collectives) {
    if (rank != 1) collectives.Run({Kind::kBarrier});
  });
  EXPECT_EQ(thrown[0], "nothing was heard for 20 ms at barrier of rank 1");
  EXPECT_EQ(thrown[2], thrown[0]);
}

}  // namespace
}  // namespace gradlane::distributed
