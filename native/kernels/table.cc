// Fills one row of the kernel table from the families of this folder.
#include "kernels/row.h"

namespace gradlane::GRADLANE_ROW {

void FillActivation(KernelTable& table);
void FillCrossEntropy(KernelTable& table);
void FillElementwise(KernelTable& table);
void FillMatmulBlock(KernelTable& table);
void FillMatmulPack(KernelTable& table);
void FillReduce(KernelTable& table);
void FillSoftmax(KernelTable& table);

void FillTable(KernelTable& table) {
  table.name = GRADLANE_STRING(GRADLANE_ROW);
  FillActivation(table);
  FillCrossEntropy(table);
  FillElementwise(table);
  FillMatmulBlock(table);
  FillMatmulPack(table);
  FillReduce(table);
  FillSoftmax(table);
}

}  // namespace gradlane::GRADLANE_ROW
