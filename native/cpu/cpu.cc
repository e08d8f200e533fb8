#include "cpu/cpu.h"

#include <cstdint>
#include <cstring>
#include <thread>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <sched.h>
#endif

namespace gradlane {
namespace {

#if defined(__x86_64__)
// XCR0 says which register files the OS saves on a context switch.
std::uint64_t ReadXcr0() {
  std::uint32_t low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<std::uint64_t>(high) << 32) | low;
}

CpuFeatures Probe() {
  CpuFeatures features;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return features;
  constexpr unsigned kFma = 1u << 12, kOsxsave = 1u << 27, kF16c = 1u << 29;
  const bool leaf1 = (c & kFma) && (c & kOsxsave) && (c & kF16c);
  if (!leaf1 || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return features;
  constexpr unsigned kAvx2 = 1u << 5, kBmi2 = 1u << 8;
  constexpr unsigned kAvx512 = (1u << 16) | (1u << 17) | (1u << 30) | (1u << 31);  // F DQ BW VL
  const std::uint64_t xcr0 = ReadXcr0();
  features.avx2 = (b & kAvx2) && (b & kBmi2) && (xcr0 & 0x6) == 0x6;
  features.avx512 = features.avx2 && (b & kAvx512) == kAvx512 && (xcr0 & 0xe6) == 0xe6;
  return features;
}

struct Brand {
  char text[49] = "";
  Brand() {
    unsigned leaf[12];
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (!__get_cpuid(0x80000000u, &a, &b, &c, &d) || a < 0x80000004u) return;
    for (unsigned i = 0; i < 3; ++i) {
      __get_cpuid(0x80000002u + i, &leaf[4 * i], &leaf[4 * i + 1], &leaf[4 * i + 2],
                  &leaf[4 * i + 3]);
    }
    std::memcpy(text, leaf, 48);
    text[48] = '\0';
  }
};
#else
CpuFeatures Probe() { return {}; }
struct Brand {
  char text[1] = "";
};
#endif

int CountCores() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    const int count = CPU_COUNT(&set);
    if (count > 0) return count;
  }
#endif
  const unsigned count = std::thread::hardware_concurrency();
  return count > 0 ? static_cast<int>(count) : 1;
}

}  // namespace

const CpuFeatures& Cpu() {
  static const CpuFeatures features = Probe();
  return features;
}

const char* CpuBrand() {
  static const Brand brand;
  return brand.text;
}

int LogicalCores() {
  static const int count = CountCores();
  return count;
}

}  // namespace gradlane
