#include "cpu/dispatch.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <iterator>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "cpu/cpu.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

// The first of its suite, so that the target has not been chosen before.
TEST(Dispatch, ManyThreadsSeeTheSameTarget) {
  std::vector<const KernelTable*> seen(8);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    threads.emplace_back([&seen, i] { seen[i] = &Kernels(); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const KernelTable* table : seen) EXPECT_EQ(table, seen.front());
}

TEST(Dispatch, BaselineComesFirstAndNamesDiffer) {
  const std::vector<IsaTarget> targets = SupportedIsaTargets();
  ASSERT_FALSE(targets.empty());
  EXPECT_EQ(targets.front(), IsaTarget::kBaseline);
  std::set<std::string> names;
  for (const IsaTarget target : targets) names.insert(KernelsOf(target).name);
  EXPECT_EQ(names.size(), targets.size());
}

TEST(Dispatch, TargetsAreThoseThatTheCpuRuns) {
  std::set<std::string> names;
  for (const IsaTarget target : SupportedIsaTargets()) names.insert(KernelsOf(target).name);
  EXPECT_EQ(names.count("avx2") == 1, Cpu().avx2);
  EXPECT_EQ(names.count("avx512") == 1, Cpu().avx512);
}

// A target is chosen once in a process, so each of these has one of its own.
TEST(DispatchDeathTest, TheVariableNamesTheTarget) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto name_of = [](const char* wanted) {
    setenv("GRADLANE_ISA", wanted, 1);
    try {
      std::cerr << "the target " << Kernels().name;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kValue) std::cerr << "refused: " << error.what();
    }
    std::_Exit(0);
  };
  EXPECT_EXIT(name_of("baseline"), ::testing::ExitedWithCode(0), "the target baseline");
  EXPECT_EXIT(name_of("sse9"), ::testing::ExitedWithCode(0), "refused: .*sse9.*baseline");
}

class DispatchTarget : public EveryIsaTarget {};

// A family that forgot a member would leave a null pointer behind and crash at its first call.
// Block sizes are not zero either, so no word of the table may be.
TEST_P(DispatchTarget, TheTableHasNoHole) {
  const KernelTable& table = KernelsOf(GetParam());
  EXPECT_EQ(&table, &Kernels());
  std::uintptr_t words[sizeof(KernelTable) / sizeof(std::uintptr_t)];
  std::memcpy(words, &table, sizeof(words));
  for (std::size_t i = 0; i < std::size(words); ++i) {
    EXPECT_NE(words[i], 0u) << "word " << i << " of " << std::size(words);
  }
}

GRADLANE_ON_EVERY_ISA_TARGET(DispatchTarget);

}  // namespace
}  // namespace gradlane
