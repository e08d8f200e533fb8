#include "cpu/dispatch.h"

#include <atomic>
#include <cstdlib>

#include "base/error.h"
#include "cpu/cpu.h"

namespace gradlane {

// Defined in native/kernels/table.cc, once per row.
namespace baseline {
void FillTable(KernelTable& table);
}
// The build for ThreadSanitizer has one row: threads are the same on all.
#if defined(__x86_64__) && !defined(GRADLANE_BASELINE_ALONE)
#define GRADLANE_X64_ROWS
#endif
#if defined(GRADLANE_X64_ROWS)
namespace avx2 {
void FillTable(KernelTable& table);
}
namespace avx512 {
void FillTable(KernelTable& table);
}
#if defined(GRADLANE_WIDE_ROW)
namespace avx2_wide {
void FillTable(KernelTable& table);
}
#endif
#endif

namespace {

KernelTable Make(Row row) {
  KernelTable table{};
  baseline::FillTable(table);
#if defined(GRADLANE_X64_ROWS)
  if (row != Row::kBaseline) avx2::FillTable(table);
  if (row == Row::kAvx512) avx512::FillTable(table);
#if defined(GRADLANE_WIDE_ROW)
  if (row == Row::kAvx2Wide) avx2_wide::FillTable(table);
#endif
#else
  (void)row;
#endif
  return table;
}

// Filled when it is first asked for: what fills a row is compiled for it and may not run elsewhere.
template <Row kRow>
const KernelTable& TableOf() {
  static const KernelTable table = Make(kRow);
  return table;
}

std::string Names(const std::vector<Row>& rows) {
  std::string names;
  for (const Row row : rows)
    names += (names.empty() ? "" : ", ") + std::string(KernelsOf(row).name);
  return names;
}

const KernelTable* Choose() {
  const std::vector<Row> rows = SupportedRows();
  const char* wanted = std::getenv("GRADLANE_ISA");
  if (wanted == nullptr || *wanted == '\0') return &KernelsOf(rows.back());
  for (const Row row : rows) {
    if (wanted == std::string(KernelsOf(row).name)) return &KernelsOf(row);
  }
  Throw(ErrorCode::kValue,
        {"GRADLANE_ISA=", wanted,
         " is unknown or not supported by this CPU; it runs: ", Names(rows).c_str()});
}

std::atomic<const KernelTable*> g_current{nullptr};

}  // namespace

std::vector<Row> SupportedRows() {
  std::vector<Row> rows{Row::kBaseline};
#if defined(GRADLANE_X64_ROWS)
#if defined(GRADLANE_WIDE_ROW)
  if (Cpu().avx2) rows.push_back(Row::kAvx2Wide);
#endif
  if (Cpu().avx2) rows.push_back(Row::kAvx2);
  if (Cpu().avx512) rows.push_back(Row::kAvx512);
#endif
  return rows;
}

const KernelTable& KernelsOf(Row row) {
  switch (row) {
#if defined(GRADLANE_X64_ROWS)
    case Row::kAvx2:
      return TableOf<Row::kAvx2>();
    case Row::kAvx512:
      return TableOf<Row::kAvx512>();
#if defined(GRADLANE_WIDE_ROW)
    case Row::kAvx2Wide:
      return TableOf<Row::kAvx2Wide>();
#endif
#endif
    default:
      return TableOf<Row::kBaseline>();
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

void ForceRowForTesting(Row row) { g_current.store(&KernelsOf(row), std::memory_order_release); }

}  // namespace gradlane
