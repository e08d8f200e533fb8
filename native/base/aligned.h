// Grow-only scratch memory, aligned to a cache line.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace gradlane {

class AlignedScratch {
 public:
  AlignedScratch() = default;
  AlignedScratch(const AlignedScratch&) = delete;
  AlignedScratch& operator=(const AlignedScratch&) = delete;
  ~AlignedScratch() { std::free(data_); }

  std::size_t capacity() const { return capacity_; }

  // At least `bytes` bytes, 64-byte aligned. Their content is undefined and does not survive a
  // later call that asks for more.
  void* Reserve(std::size_t bytes) {
    if (bytes > capacity_) {
      std::free(data_);
      capacity_ = 0;
      const std::size_t rounded = (bytes + 4095) / 4096 * 4096;
#if defined(_WIN32)
      data_ = std::malloc(rounded);  // over-aligned use is not needed for correctness
#else
      data_ = std::aligned_alloc(64, rounded);
#endif
      if (data_ == nullptr) throw std::bad_alloc();
      capacity_ = rounded;
    }
    return data_;
  }

 private:
  void* data_ = nullptr;
  std::size_t capacity_ = 0;
};

}  // namespace gradlane
