// A mutex with the three operations that the pool needs. std::mutex would do, but its try_lock,
// compiled on a system with glibc 2.34 or newer, does not load on an older one.
#pragma once

#include <atomic>
#include <cstdint>

#include "parallel/park.h"

namespace gradlane {

class Lock {
 public:
  bool try_lock() {
    std::uint32_t expected = kFree;
    return state_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }
  void lock() {
    if (try_lock()) return;
    // From here on the lock counts as waited for, so that whoever holds it wakes us.
    while (state_.exchange(kWaitedFor, std::memory_order_acquire) != kFree) {
      Park(state_, kWaitedFor);
    }
  }
  void unlock() {
    if (state_.exchange(kFree, std::memory_order_release) == kWaitedFor) WakeAll(state_);
  }

 private:
  static constexpr std::uint32_t kFree = 0, kHeld = 1, kWaitedFor = 2;
  std::atomic<std::uint32_t> state_{kFree};
};

}  // namespace gradlane
