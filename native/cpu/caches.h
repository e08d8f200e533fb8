// Sizes of the caches: from the processor itself on x64, else from the operating system.
#pragma once

#include <cstdint>

namespace gradlane {

struct CacheSizes {
  std::int64_t l1d = 32 << 10;  // bytes, of one core; the defaults stand where nothing can be read
  std::int64_t l2 = 512 << 10;
  std::int64_t l3 = 8 << 20;  // bytes, shared
};

const CacheSizes& Caches();

// Of Linux: what the folders index0, index1, … below `folder` describe replaces `sizes`. A cache
// that several cores share (the second level of small ARM cores) counts with the part of one.
void ReadCacheFolders(const char* folder, CacheSizes& sizes);

}  // namespace gradlane
