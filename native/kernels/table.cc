// Fills the kernel table of one ISA target from the families of this folder.
#include "kernels/isa_target.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {

void FillActivation(KernelTable& table);
void FillAdam(KernelTable& table);
void FillAttention(KernelTable& table);
void FillCast(KernelTable& table);
void FillConv2dPack(KernelTable& table);
void FillConv2dStencil(KernelTable& table);
void FillConv2dWinograd(KernelTable& table);
void FillCrossEntropy(KernelTable& table);
void FillDropout(KernelTable& table);
void FillElementwise(KernelTable& table);
void FillGradient(KernelTable& table);
void FillLayerNorm(KernelTable& table);
void FillMask(KernelTable& table);
void FillMatmulBlock(KernelTable& table);
void FillMatmulDot(KernelTable& table);
void FillMatmulPack(KernelTable& table);
void FillMatmulVector(KernelTable& table);
void FillNorm(KernelTable& table);
void FillPointwiseLoss(KernelTable& table);
void FillPool2dAverage(KernelTable& table);
void FillPool2dMax(KernelTable& table);
void FillRandom(KernelTable& table);
void FillRecurrent(KernelTable& table);
void FillReduce(KernelTable& table);
void FillSgd(KernelTable& table);
void FillSoftmax(KernelTable& table);
void FillTranspose(KernelTable& table);
void FillUpdate(KernelTable& table);
void FillUpsample2d(KernelTable& table);
void FillXnor(KernelTable& table);

void FillTable(KernelTable& table) {
  table.name = GRADLANE_STRING(GRADLANE_ISA_TARGET);
  FillActivation(table);
  FillAdam(table);
  FillAttention(table);
  FillConv2dPack(table);
  FillConv2dStencil(table);
  FillConv2dWinograd(table);
  FillDropout(table);
  FillMatmulBlock(table);
  FillMatmulDot(table);
  FillMatmulPack(table);
  FillMatmulVector(table);
  FillNorm(table);
  FillPointwiseLoss(table);
  FillRecurrent(table);
  FillReduce(table);
  FillSgd(table);
  FillXnor(table);
  if constexpr (kCompleteTarget) {
    FillCast(table);
    FillCrossEntropy(table);
    FillElementwise(table);
    FillGradient(table);
    FillLayerNorm(table);
    FillMask(table);
    FillPool2dAverage(table);
    FillPool2dMax(table);
    FillRandom(table);
    FillSoftmax(table);
    FillTranspose(table);
    FillUpdate(table);
    FillUpsample2d(table);
  }
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
