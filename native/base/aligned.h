// Grow-only scratch memory, aligned to a cache line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/error.h"

namespace gradlane {

class AlignedScratch {
 public:
  AlignedScratch() = default;
  AlignedScratch(const AlignedScratch&) = delete;
  AlignedScratch& operator=(const AlignedScratch&) = delete;
  ~AlignedScratch() { std::free(data_); }

  std::size_t capacity() const { return capacity_; }

  // At least `bytes` bytes, 64-byte aligned. Their content is undefined and does not survive a
  // later call that asks for more. Throws OutOfMemory and holds nothing then.
  void* Reserve(std::size_t bytes) {
    if (bytes > capacity_) {
      std::free(data_);
      data_ = nullptr;
      capacity_ = 0;
      if (bytes > static_cast<std::size_t>(PTRDIFF_MAX) - 4095) throw OutOfMemory(bytes);
      const std::size_t rounded = (bytes + 4095) / 4096 * 4096;
#if defined(_WIN32)
      data_ = std::malloc(rounded);  // over-aligned use is not needed for correctness
#else
      data_ = std::aligned_alloc(64, rounded);
#endif
      if (data_ == nullptr) throw OutOfMemory(rounded);
      capacity_ = rounded;
    }
    return data_;
  }

 private:
  void* data_ = nullptr;
  std::size_t capacity_ = 0;
};

}  // namespace gradlane
