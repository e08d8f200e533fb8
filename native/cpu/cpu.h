// What the processor and the operating system offer. Built without ISA flags.
#pragma once

#include <cstdint>

namespace gradlane {

struct CpuFeatures {
  bool avx2 = false;    // AVX2, FMA, F16C, BMI2, and the OS saves the ymm registers
  bool avx512 = false;  // F, BW, DQ, VL on top, and the OS saves the zmm and mask registers
};

struct CacheSizes {
  std::int64_t l1d = 32 << 10;  // bytes, of one core; the defaults stand where nothing can be read
  std::int64_t l2 = 512 << 10;
  std::int64_t l3 = 8 << 20;  // bytes, shared
};

const CpuFeatures& Cpu();
const CacheSizes& Caches();
const char* CpuBrand();  // "" where it cannot be read
int LogicalCores();      // that this process may run on, at least 1

}  // namespace gradlane
