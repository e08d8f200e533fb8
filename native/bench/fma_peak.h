// The rate of multiply-adds that one core reaches with everything in registers: what a matrix
// product is measured against.
#pragma once

#include <time.h>

#include <string>

namespace gradlane {

// Two floating point operations each, 1e9 a second; 0 where it is not known how to measure.
template <class T>
double FmaPeak(const std::string& isa) {
#if defined(__x86_64__)
  // 12 independent chains: enough for two units with a latency of up to 6 cycles.
#define GRADLANE_CHAIN(op, r) op " %%" r "mm13, %%" r "mm14, %%" r
#define GRADLANE_CHAINS(op, r) \
  GRADLANE_CHAIN(op, r) "mm0\n" GRADLANE_CHAIN(op, r) "mm1\n" GRADLANE_CHAIN(op, r)    \
      "mm2\n" GRADLANE_CHAIN(op, r) "mm3\n" GRADLANE_CHAIN(op, r) "mm4\n"              \
      GRADLANE_CHAIN(op, r) "mm5\n" GRADLANE_CHAIN(op, r) "mm6\n" GRADLANE_CHAIN(op, r) \
      "mm7\n" GRADLANE_CHAIN(op, r) "mm8\n" GRADLANE_CHAIN(op, r) "mm9\n"              \
      GRADLANE_CHAIN(op, r) "mm10\n" GRADLANE_CHAIN(op, r) "mm11\n"
#define GRADLANE_PAIR(suffix, i, j) \
  "mul" suffix " %%xmm14, %%xmm" i "\nadd" suffix " %%xmm14, %%xmm" j "\n"
#define GRADLANE_PAIRS(suffix)    \
  GRADLANE_PAIR(suffix, "0", "1") \
  GRADLANE_PAIR(suffix, "2", "3") \
  GRADLANE_PAIR(suffix, "4", "5") \
  GRADLANE_PAIR(suffix, "6", "7") GRADLANE_PAIR(suffix, "8", "9") GRADLANE_PAIR(suffix, "10", "11")
#define GRADLANE_CLOBBERS                                                                  \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \
      "xmm11", "xmm13", "xmm14"
  constexpr bool kSingle = sizeof(T) == 4;
  constexpr long kRounds = 4000000;
  const int bytes = isa == "avx512" ? 64 : isa == "avx2" ? 32 : 16;
  const int a_round = bytes == 16 ? 6 : 12;
  double best = 0;
  for (int repeat = 0; repeat < 5; ++repeat) {
    timespec start, end;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    if (bytes == 16) {
      __asm__ volatile("xorps %%xmm14, %%xmm14" ::: "xmm14");
    } else {
      __asm__ volatile("vxorps %%ymm14, %%ymm14, %%ymm14\nvxorps %%ymm13, %%ymm13, %%ymm13" ::
                           : "xmm13", "xmm14");
    }
    for (long i = 0; i < kRounds; ++i) {
      if (bytes == 64 && kSingle) {
        __asm__ volatile(GRADLANE_CHAINS("vfmadd231ps", "z")::: GRADLANE_CLOBBERS);
      } else if (bytes == 64) {
        __asm__ volatile(GRADLANE_CHAINS("vfmadd231pd", "z")::: GRADLANE_CLOBBERS);
      } else if (bytes == 32 && kSingle) {
        __asm__ volatile(GRADLANE_CHAINS("vfmadd231ps", "y")::: GRADLANE_CLOBBERS);
      } else if (bytes == 32) {
        __asm__ volatile(GRADLANE_CHAINS("vfmadd231pd", "y")::: GRADLANE_CLOBBERS);
      } else if (kSingle) {
        __asm__ volatile(GRADLANE_PAIRS("ps")::: GRADLANE_CLOBBERS);
      } else {
        __asm__ volatile(GRADLANE_PAIRS("pd")::: GRADLANE_CLOBBERS);
      }
    }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    const double seconds = static_cast<double>(end.tv_sec - start.tv_sec) +
                           1e-9 * static_cast<double>(end.tv_nsec - start.tv_nsec);
    const double flops = 2.0 * a_round * (bytes / static_cast<int>(sizeof(T))) * kRounds;
    if (flops / seconds / 1e9 > best) best = flops / seconds / 1e9;
  }
  if (bytes != 16) __asm__ volatile("vzeroupper" ::: GRADLANE_CLOBBERS);
  return best;
#else
  (void)isa;
  return 0;
#endif
}

}  // namespace gradlane
