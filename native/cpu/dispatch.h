// Chooses the row of kernels that this process runs.
#pragma once

#include <string>
#include <vector>

#include "cpu/kernel_table.h"

namespace gradlane {

enum class Row {
  kBaseline,
  kAvx2,
  kAvx512,
  kAvx2Wide,  // the 64-byte body compiled for AVX2, in the build of the native tests alone
};

// The row in use: the best that this CPU runs, or the one that GRADLANE_ISA names. Throws
// ERR_VALUE when that name is unknown or this CPU lacks it.
const KernelTable& Kernels();

// All rows that are compiled in and that this CPU runs, best last.
std::vector<Row> SupportedRows();

// A row for tests and benchmarks. Precondition: it is among SupportedRows().
const KernelTable& KernelsOf(Row row);

// Makes Kernels() return `row` for the rest of the process. For the native tests alone.
void ForceRowForTesting(Row row);

}  // namespace gradlane
