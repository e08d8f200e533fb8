#include "cpu/dispatch.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "cpu/cpu.h"
#include "test/rows.h"

namespace gradlane {
namespace {

TEST(Dispatch, BaselineComesFirstAndNamesDiffer) {
  const std::vector<Row> rows = SupportedRows();
  ASSERT_FALSE(rows.empty());
  EXPECT_EQ(rows.front(), Row::kBaseline);
  std::set<std::string> names;
  for (const Row row : rows) names.insert(KernelsOf(row).name);
  EXPECT_EQ(names.size(), rows.size());
}

TEST(Dispatch, RowsAreThoseThatTheCpuRuns) {
  std::set<std::string> names;
  for (const Row row : SupportedRows()) names.insert(KernelsOf(row).name);
  EXPECT_EQ(names.count("avx2") == 1, Cpu().avx2);
  EXPECT_EQ(names.count("avx512") == 1, Cpu().avx512);
}

// One process per test under ctest, so the choice has not been made before.
TEST(Dispatch, AnUnknownRowIsRefusedWithTheOnesThatRun) {
  setenv("GRADLANE_ISA", "sse9", 1);
  try {
    Kernels();
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kValue);
    EXPECT_NE(std::string(error.what()).find("sse9"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("baseline"), std::string::npos);
  }
  setenv("GRADLANE_ISA", "baseline", 1);
  EXPECT_STREQ(Kernels().name, "baseline");
  unsetenv("GRADLANE_ISA");
}

TEST(Dispatch, ManyThreadsSeeTheSameRow) {
  std::vector<const KernelTable*> seen(8);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    threads.emplace_back([&seen, i] { seen[i] = &Kernels(); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const KernelTable* table : seen) EXPECT_EQ(table, seen.front());
}

class DispatchRow : public EveryRow {};

// A family that forgot a member would leave a null pointer behind and crash at its first call.
// Block sizes are not zero either, so no word of the table may be.
TEST_P(DispatchRow, TheTableHasNoHole) {
  const KernelTable& table = KernelsOf(GetParam());
  EXPECT_EQ(&table, &Kernels());
  std::uintptr_t words[sizeof(KernelTable) / sizeof(std::uintptr_t)];
  std::memcpy(words, &table, sizeof(words));
  for (std::size_t i = 0; i < std::size(words); ++i) {
    EXPECT_NE(words[i], 0u) << "word " << i << " of " << std::size(words);
  }
}

GRADLANE_ON_EVERY_ROW(DispatchRow);

}  // namespace
}  // namespace gradlane
