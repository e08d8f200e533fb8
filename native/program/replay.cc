#include "program/replay.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "distributed/world.h"
#include "parallel/park.h"

namespace gradlane {

namespace {

using Clock = std::chrono::steady_clock;

double Milliseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

// Around the steps of a run: what these have begun is over before their memory can go, also when an
// operation in between has failed.
struct Settling {
  ~Settling() { distributed::World::Of().Settle(); }
};

}  // namespace

void ReplayHere(Program& program, std::int64_t times) {
  const Settling settling;
  for (std::int64_t step = 0; step < times; ++step) {
    program.MoveTo(step);
    for (std::size_t i = 0; i < program.size(); ++i) program.Run(i);
  }
}

std::vector<double> TimeOperations(Program& program, std::int64_t times) {
  std::vector<double> milliseconds(program.size());
  const Settling settling;
  for (std::int64_t step = 0; step < times; ++step) {
    program.MoveTo(step);
    for (std::size_t i = 0; i < program.size(); ++i) {
      const Clock::time_point start = Clock::now();
      program.Run(i);
      milliseconds[i] += Milliseconds(Clock::now() - start);
    }
  }
  return milliseconds;
}

void Replay::End() {
  abandon_.store(true, std::memory_order_seq_cst);
  wake_.fetch_add(1, std::memory_order_seq_cst);
  WakeAll(wake_);
  if (thread_.joinable()) thread_.join();
}

void Replay::Start(std::int64_t times, double interval_ms, const ThreadLimit& limit,
                   std::function<void()> report) {
  if (Running()) Throw(ErrorCode::kValue, {"program: a replay is running"});
  if (thread_.joinable() && limit.priority != limit_.priority) {
    End();
    abandon_.store(false, std::memory_order_seq_cst);
  }
  limit_ = limit;
  if (!thread_.joinable()) thread_ = std::thread([this, limit] { ThreadLoop(limit.priority); });
  control_ = ReadFloatControl();
  times_ = times;
  interval_ms_ = interval_ms;
  report_ = std::move(report);
  failure_.reset();
  done_.store(0, std::memory_order_relaxed);
  stop_.store(false, std::memory_order_relaxed);
  running_.store(true, std::memory_order_release);
  wake_.fetch_add(1, std::memory_order_seq_cst);
  WakeAll(wake_);
}

void Replay::ThreadLoop(Priority priority) {
  if (priority == Priority::kBackground) LowerThisThread();
  std::uint32_t seen = 0;
  for (;;) {
    while (wake_.load(std::memory_order_seq_cst) == seen) Park(wake_, seen);
    seen = wake_.load(std::memory_order_seq_cst);
    if (abandon_.load(std::memory_order_seq_cst)) return;
    if (!running_.load(std::memory_order_acquire)) continue;
    RunSteps();
    // Moved out first: once `running_` is false the next Start may set it anew.
    const std::function<void()> report = std::move(report_);
    running_.store(false, std::memory_order_release);
    report();
  }
}

void Replay::RunSteps() {
  SetThreadLimit(limit_);
  WriteFloatControl(control_);
  Clock::time_point reported = Clock::now();
  Clock::time_point looked = reported;
  // Looking at the clock costs as much as a small operation, so of steps that take a microsecond
  // only each `look`-th does, some 4 to 8 an interval.
  std::int64_t look = 1;
  std::int64_t until_look = look;
  std::size_t operation = 0;
  try {
    const Settling settling;
    for (std::int64_t step = 0; step < times_; ++step) {
      program_.MoveTo(step);
      for (operation = 0; operation < program_.size(); ++operation) {
        if (abandon_.load(std::memory_order_relaxed)) return;
        program_.Run(operation);
      }
      done_.store(step + 1, std::memory_order_relaxed);
      if (stop_.load(std::memory_order_relaxed)) return;
      if (--until_look > 0) continue;
      const Clock::time_point now = Clock::now();
      const double since_look = Milliseconds(now - looked);
      if (since_look < interval_ms_ / 8) look *= 2;
      if (since_look > interval_ms_ / 4) look = std::max<std::int64_t>(look / 2, 1);
      looked = now;
      until_look = look;
      if (Milliseconds(now - reported) < interval_ms_) continue;
      report_();
      reported = now;
    }
  } catch (const Error& error) {
    Fail(error.code(), error.what(), operation);
  } catch (const OutOfMemory& error) {
    Fail(ErrorCode::kMemory, error.what(), operation);
  } catch (const std::bad_alloc&) {
    Fail(ErrorCode::kMemory, OutOfMemory(0).what(), operation);
  } catch (const std::exception& error) {
    Fail(ErrorCode::kValue, error.what(), operation);
  }
}

// What leaves the thread ends the process, also where there is no memory left for the message.
void Replay::Fail(ErrorCode code, const char* message, std::size_t operation) noexcept {
  try {
    failure_ = ReplayFailure{Error(code, message), operation};
  } catch (const std::bad_alloc&) {
    failure_ = ReplayFailure{Error(ErrorCode::kMemory, {}), operation};
  }
}

}  // namespace gradlane
