#include "cpu/caches.h"

#include <cstdio>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace gradlane {
namespace {

void Set(CacheSizes& sizes, int level, std::int64_t bytes) {
  if (bytes <= 0) return;
  if (level == 1) sizes.l1d = bytes;
  if (level == 2) sizes.l2 = bytes;
  if (level == 3) sizes.l3 = bytes;
}

#if defined(__x86_64__)
// Two leaves of one layout: AMD's where its extension is there, else Intel's.
void ReadCpuid(CacheSizes& sizes) {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned kTopologyExtensions = 1u << 22;
  const bool amd = __get_cpuid(0x80000001u, &a, &b, &c, &d) && (c & kTopologyExtensions);
  const unsigned leaf = amd ? 0x8000001du : 4u;
  constexpr unsigned kMost = 16;  // of caches; the list ends with one of no kind
  for (unsigned i = 0; i < kMost && __get_cpuid_count(leaf, i, &a, &b, &c, &d); ++i) {
    const unsigned kind = a & 31, level = (a >> 5) & 7;
    constexpr unsigned kNone = 0, kInstructions = 2;
    if (kind == kNone) return;
    if (kind == kInstructions) continue;
    const std::int64_t ways = (b >> 22) + 1, partitions = ((b >> 12) & 1023) + 1;
    const std::int64_t line = (b & 4095) + 1, sets = std::int64_t{c} + 1;
    Set(sizes, static_cast<int>(level), ways * partitions * line * sets);
  }
}
#endif

#if defined(__APPLE__)
std::int64_t Sysctl(const char* name) {
  std::int64_t value = 0;  // of 4 or 8 bytes, little-endian
  std::size_t size = sizeof(value);
  return sysctlbyname(name, &value, &size, nullptr, 0) == 0 ? value : 0;
}

// Of the fast cores, several of which share a second level; there is no third one.
void ReadSysctl(CacheSizes& sizes) {
  Set(sizes, 1, Sysctl("hw.perflevel0.l1dcachesize"));
  const std::int64_t cores = Sysctl("hw.perflevel0.cpusperl2");
  Set(sizes, 2, Sysctl("hw.perflevel0.l2cachesize") / (cores > 0 ? cores : 1));
}
#endif

// The first line of a file; empty where there is none.
template <std::size_t kSize>
void ReadLine(const char* folder, int index, const char* name, char (&line)[kSize]) {
  line[0] = '\0';
  char path[512];
  const int length = std::snprintf(path, sizeof(path), "%s/index%d/%s", folder, index, name);
  if (length < 0 || length >= static_cast<int>(sizeof(path))) return;
  std::FILE* file = std::fopen(path, "r");
  if (file == nullptr) return;
  if (std::fgets(line, kSize, file) == nullptr) line[0] = '\0';
  std::fclose(file);
}

// Bits that are set in hexadecimal digits.
int CountBits(const char* digits) {
  int count = 0;
  for (; *digits != '\0'; ++digits) {
    constexpr char kDigits[] = "0123456789abcdef";
    const char* digit = std::strchr(kDigits, *digits);
    if (digit != nullptr) count += __builtin_popcount(static_cast<unsigned>(digit - kDigits));
  }
  return count;
}

// "48K" in bytes. By hand: what the C library offers binds a build on a new system to new systems.
std::int64_t BytesOf(const char* text) {
  std::int64_t number = 0;
  for (; *text >= '0' && *text <= '9' && number < (1 << 30); ++text) {
    number = 10 * number + (*text - '0');
  }
  return number << (*text == 'K' ? 10 : *text == 'M' ? 20 : 0);
}

CacheSizes ReadCaches() {
  CacheSizes sizes;
#if defined(__x86_64__)
  ReadCpuid(sizes);
#elif defined(__APPLE__)
  ReadSysctl(sizes);
#elif defined(__linux__)
  ReadCacheFolders("/sys/devices/system/cpu/cpu0/cache", sizes);
#endif
  return sizes;
}

}  // namespace

void ReadCacheFolders(const char* folder, CacheSizes& sizes) {
  for (int i = 0;; ++i) {
    char level[16], kind[32], size[32], shared[1024];
    ReadLine(folder, i, "level", level);
    if (level[0] == '\0') return;
    ReadLine(folder, i, "type", kind);
    ReadLine(folder, i, "size", size);
    ReadLine(folder, i, "shared_cpu_map", shared);
    if (std::strncmp(kind, "Instruction", 11) == 0) continue;
    const int depth = level[0] - '0';
    const int sharers = depth < 3 ? CountBits(shared) : 1;
    Set(sizes, depth, BytesOf(size) / (sharers > 0 ? sharers : 1));
  }
}

const CacheSizes& Caches() {
  static const CacheSizes sizes = ReadCaches();
  return sizes;
}

}  // namespace gradlane
