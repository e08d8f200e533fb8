// What a thread does between two looks at messages.
#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

namespace gradlane::distributed {

// First it lets others have the core, then it sleeps, for longer and longer. While data is on its
// way it looks more often, for the library carries a piece of it at each look; but the buffers of a
// network take in what comes in 50 us. (Sleeps of 5 us in between took 4 times as much of the core:
// each costs as much as half of a look.)
//
// A yield that others take up, the thread that computes among them, lasts until they have used up
// their slices: milliseconds, where one that sleeps is woken in time. So after such a one it sleeps
// at once for a while. (On a busy core steps took 5 times as long by yields, on a quiet one a tenth
// longer without them.)
class Patience {
 public:
  void Pause(bool in_motion) {
    if (yields_ < kYields) {
      const Clock::time_point start = Clock::now();
      if (start >= crowded_until_) {
        ++yields_;
        std::this_thread::yield();
        const Clock::time_point end = Clock::now();
        if (end - start > kTakenUp) crowded_until_ = end + kCrowded;
        return;
      }
    }
    std::this_thread::sleep_for(sleep_);
    sleep_ = std::min(sleep_ * 3 / 2, in_motion ? kInMotion : kLongest);
  }
  void Renew() {
    yields_ = 0;
    sleep_ = kShortest;
  }

 private:
  using Clock = std::chrono::steady_clock;
  using Sleep = std::chrono::nanoseconds;
  static constexpr int kYields = 20;  // of some 0.3 us
  static constexpr Sleep kShortest{5'000}, kInMotion{50'000}, kLongest{200'000};
  static constexpr Sleep kTakenUp{50'000}, kCrowded{100'000'000};
  int yields_ = 0;
  Sleep sleep_ = kShortest;
  Clock::time_point crowded_until_{};
};

}  // namespace gradlane::distributed
