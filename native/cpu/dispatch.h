// Chooses the ISA target whose kernels this process runs.
#pragma once

#include <string>
#include <vector>

#include "cpu/kernel_table.h"

namespace gradlane {

enum class IsaTarget {
  kBaseline,
  kAvx2,
  kAvx512,
  kAvx2Wide,  // the 64-byte body compiled for AVX2, in the build of the native tests alone
};

// The kernels in use: those of the best ISA target that this CPU runs, or the one that GRADLANE_ISA
// names. Throws ERR_VALUE when that name is unknown or this CPU lacks it.
const KernelTable& Kernels();

// All ISA targets that are compiled in and that this CPU runs, best last.
std::vector<IsaTarget> SupportedIsaTargets();

// For tests and benchmarks. Precondition: `target` is among SupportedIsaTargets().
const KernelTable& KernelsOf(IsaTarget target);

// Makes Kernels() return those of `target` for the rest of the process. For the native tests alone.
void ForceIsaTargetForTesting(IsaTarget target);

}  // namespace gradlane
