// Fills one row of the kernel table from the families of this folder.
#include "kernels/row.h"

namespace gradlane::GRADLANE_ROW {

void FillActivation(KernelTable& table);
void FillMatmulBlock(KernelTable& table);
void FillMatmulPack(KernelTable& table);

void FillTable(KernelTable& table) {
  table.name = GRADLANE_STRING(GRADLANE_ROW);
  FillActivation(table);
  FillMatmulBlock(table);
  FillMatmulPack(table);
}

}  // namespace gradlane::GRADLANE_ROW
