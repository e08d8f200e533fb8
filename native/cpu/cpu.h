// What the processor and the operating system offer. Built without ISA flags.
#pragma once

namespace gradlane {

struct CpuFeatures {
  bool avx2 = false;    // AVX2, FMA, F16C, BMI2, and the OS saves the ymm registers
  bool avx512 = false;  // F, BW, DQ, VL on top, and the OS saves the zmm and mask registers
};

const CpuFeatures& Cpu();
const char* CpuBrand();  // "" where it cannot be read
int LogicalCores();      // that this process may run on, at least 1

}  // namespace gradlane
