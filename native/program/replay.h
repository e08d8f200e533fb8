// Replays a program on a thread of its own, which sleeps between two replays and keeps its scratch
// memory warm.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "base/error.h"
#include "cpu/float_control.h"
#include "parallel/thread_pool.h"
#include "program/program.h"

namespace gradlane {

// Why a replay ended early: an operation refused its arguments or found no memory.
struct ReplayFailure {
  Error error;
  std::size_t operation;
};

// Runs all operations `times` times on the calling thread. Throws what an operation throws.
void ReplayHere(Program& program, std::int64_t times);

// The same, with a clock around each operation: milliseconds of each, summed over the steps.
std::vector<double> TimeOperations(Program& program, std::int64_t times);

class Replay {
 public:
  explicit Replay(Program& program) : program_(program) {}
  ~Replay() { End(); }
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  // Starts `times` steps with these threads at most; in the background the replay thread has low
  // priority, too. `report` is called on the replay thread, about every `interval_ms` milliseconds
  // between two steps and once at the end, when Running() is false already. Throws ERR_VALUE when
  // one is Running(), std::system_error when there is no thread to be had.
  void Start(std::int64_t times, double interval_ms, const ThreadLimit& limit,
             std::function<void()> report);

  // Ends a replay in flight after its current operation, joins the thread and starts no other.
  void End();

  // Ends a replay in flight after its current step.
  void Stop() { stop_.store(true, std::memory_order_relaxed); }

  bool Running() const { return running_.load(std::memory_order_acquire); }
  // Whole steps of the replay in flight, or of the last one.
  std::int64_t Done() const { return done_.load(std::memory_order_relaxed); }
  // Of the last replay; not while Running().
  const std::optional<ReplayFailure>& failure() const { return failure_; }

 private:
  void ThreadLoop(Priority priority);
  void RunSteps();
  void Fail(ErrorCode code, const char* message, std::size_t operation) noexcept;

  Program& program_;
  std::int64_t times_ = 0;
  double interval_ms_ = 0;
  ThreadLimit limit_;
  FloatControl control_ = 0;  // of the thread that started the replay
  std::function<void()> report_;
  std::optional<ReplayFailure> failure_;
  std::atomic<std::int64_t> done_{0};
  std::atomic<bool> running_{false};
  std::atomic<bool> stop_{false};     // after the current step
  std::atomic<bool> abandon_{false};  // after the current operation, and the thread with it
  std::atomic<std::uint32_t> wake_{0};
  std::thread thread_;  // last: it uses all of the above from its start
};

}  // namespace gradlane
