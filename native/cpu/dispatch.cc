#include "cpu/dispatch.h"

#include <atomic>
#include <cstdlib>

#include "base/error.h"
#include "cpu/cpu.h"

namespace gradlane {

// Defined in native/kernels/table.cc, once per target.
namespace baseline {
void FillTable(KernelTable& table);
}
// The build for ThreadSanitizer has one target: threads are the same on all.
#if defined(__x86_64__) && !defined(GRADLANE_BASELINE_ALONE)
#define GRADLANE_X64_TARGETS
#endif
#if defined(GRADLANE_X64_TARGETS)
namespace avx2 {
void FillTable(KernelTable& table);
}
namespace avx512 {
void FillTable(KernelTable& table);
}
#if defined(GRADLANE_WIDE_TARGET)
namespace avx2_wide {
void FillTable(KernelTable& table);
}
#endif
#endif

namespace {

KernelTable Make(IsaTarget target) {
  KernelTable table{};
  baseline::FillTable(table);
#if defined(GRADLANE_X64_TARGETS)
  if (target != IsaTarget::kBaseline) avx2::FillTable(table);
  if (target == IsaTarget::kAvx512) avx512::FillTable(table);
#if defined(GRADLANE_WIDE_TARGET)
  if (target == IsaTarget::kAvx2Wide) avx2_wide::FillTable(table);
#endif
#else
  (void)target;
#endif
  return table;
}

// Filled when it is first asked for: what fills a target is compiled for it and may not run
// elsewhere.
template <IsaTarget kTarget>
const KernelTable& TableOf() {
  static const KernelTable table = Make(kTarget);
  return table;
}

std::string Names(const std::vector<IsaTarget>& targets) {
  std::string names;
  for (const IsaTarget target : targets)
    names += (names.empty() ? "" : ", ") + std::string(KernelsOf(target).name);
  return names;
}

const KernelTable* Choose() {
  const std::vector<IsaTarget> targets = SupportedIsaTargets();
  const char* wanted = std::getenv("GRADLANE_ISA");
  if (wanted == nullptr || *wanted == '\0') return &KernelsOf(targets.back());
  for (const IsaTarget target : targets) {
    if (wanted == std::string(KernelsOf(target).name)) return &KernelsOf(target);
  }
  Throw(ErrorCode::kValue,
        {"GRADLANE_ISA=", wanted,
         " is unknown or not supported by this CPU; it runs: ", Names(targets).c_str()});
}

std::atomic<const KernelTable*> g_current{nullptr};

}  // namespace

std::vector<IsaTarget> SupportedIsaTargets() {
  std::vector<IsaTarget> targets{IsaTarget::kBaseline};
#if defined(GRADLANE_X64_TARGETS)
#if defined(GRADLANE_WIDE_TARGET)
  if (Cpu().avx2) targets.push_back(IsaTarget::kAvx2Wide);
#endif
  if (Cpu().avx2) targets.push_back(IsaTarget::kAvx2);
  if (Cpu().avx512) targets.push_back(IsaTarget::kAvx512);
#endif
  return targets;
}

const KernelTable& KernelsOf(IsaTarget target) {
  switch (target) {
#if defined(GRADLANE_X64_TARGETS)
    case IsaTarget::kAvx2:
      return TableOf<IsaTarget::kAvx2>();
    case IsaTarget::kAvx512:
      return TableOf<IsaTarget::kAvx512>();
#if defined(GRADLANE_WIDE_TARGET)
    case IsaTarget::kAvx2Wide:
      return TableOf<IsaTarget::kAvx2Wide>();
#endif
#endif
    default:
      return TableOf<IsaTarget::kBaseline>();
  }
}

const KernelTable& Kernels() {
  const KernelTable* table = g_current.load(std::memory_order_acquire);
  if (table == nullptr) {
    table = Choose();
    g_current.store(table, std::memory_order_release);
  }
  return *table;
}

void ForceIsaTargetForTesting(IsaTarget target) {
  g_current.store(&KernelsOf(target), std::memory_order_release);
}

}  // namespace gradlane
