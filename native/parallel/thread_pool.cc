#include "parallel/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.h"
#include "cpu/cpu.h"
#include "cpu/float_control.h"
#include "parallel/lock.h"
#include "parallel/park.h"

namespace gradlane {
namespace {

thread_local bool t_inside = false;  // on a pool thread, or in a ParallelRun of this thread
thread_local ThreadLimit t_limit;

// One job at a time. A worker joins a job only while it is open and counts itself in `active_`
// around it, so the caller never waits for a thread that was still asleep when the work ran out.
class Pool {
 public:
  // Where the system gives fewer threads, as in a container with a limit, the pool has those: tasks
  // belong to no thread, and an operation that is under way must not fail.
  Pool(int threads, Priority priority) : threads_(threads), limit_(threads) {
    try {
      workers_.reserve(static_cast<std::size_t>(threads - 1));
      for (int i = 1; i < threads; ++i) {
        workers_.emplace_back([this, priority, i] {
          if (priority == Priority::kBackground) LowerThisThread();
          WorkerLoop(static_cast<std::uint32_t>(i));
        });
      }
    } catch (const std::exception&) {
    }
  }

  ~Pool() {
    stop_.store(true, std::memory_order_seq_cst);
    Limit(0);  // a number that nobody sleeps on
    Announce();
    for (std::thread& worker : workers_) worker.join();
  }

  int threads() const { return threads_; }  // that were asked for

  // With at most `most` threads, the calling one included. False when memory ran out; `wanted` is
  // how much of it was asked for.
  bool Run(int most, std::int64_t tasks, TaskFn fn, void* context, std::size_t& wanted) noexcept {
    Limit(static_cast<std::uint32_t>(most));
    fn_ = fn;
    context_ = context;
    tasks_ = tasks;
    control_ = ReadFloatControl();
    failed_.store(false, std::memory_order_relaxed);
    next_.store(0, std::memory_order_relaxed);
    open_.store(true, std::memory_order_seq_cst);
    Announce();
    Work();
    // Closed first, then waited for: a worker counts itself in before it looks whether the job is
    // open, so either it sees the job closed or it is seen here.
    open_.store(false, std::memory_order_seq_cst);
    for (int spin = 0; active_.load(std::memory_order_seq_cst) != 0; ++spin) {
      if (spin < kSpins) {
        CpuRelax();
      } else {
        std::this_thread::yield();
      }
    }
    wanted = wanted_;
    return !failed_.load(std::memory_order_relaxed);
  }

 private:
  // About 20 us: longer than the gap between two kernels of one training step, shorter than what
  // a busy core would be missed for.
  static constexpr int kSpins = 1000;

  // Workers from this number on sleep until it changes, so that they take no core from the others.
  void Limit(std::uint32_t limit) {
    if (limit_.load(std::memory_order_relaxed) == limit) return;
    limit_.store(limit, std::memory_order_seq_cst);
    WakeAll(limit_);
  }

  void Announce() {
    generation_.fetch_add(1, std::memory_order_seq_cst);
    if (parked_.load(std::memory_order_seq_cst) > 0) WakeAll(generation_);
  }

  // What leaves a thread ends the process, so a failure is noted for the caller to throw.
  void Work() noexcept {
    try {
      for (;;) {
        const std::int64_t task = next_.fetch_add(1, std::memory_order_relaxed);
        if (task >= tasks_) return;
        fn_(context_, task);
      }
    } catch (const OutOfMemory& error) {
      Fail(error.bytes());
    } catch (const std::bad_alloc&) {
      Fail(0);
    }
  }

  void Fail(std::size_t bytes) {
    next_.store(tasks_, std::memory_order_relaxed);  // no further tasks
    if (!failed_.exchange(true, std::memory_order_relaxed)) wanted_ = bytes;
  }

  void WorkerLoop(std::uint32_t number) {
    t_inside = true;
    std::uint32_t seen = 0;
    for (;;) {
      const std::uint32_t limit = limit_.load(std::memory_order_seq_cst);
      if (stop_.load(std::memory_order_seq_cst)) return;
      if (number >= limit) {
        Park(limit_, limit);
        continue;
      }
      active_.fetch_add(1, std::memory_order_seq_cst);
      // The limit of an open job stays as it is until all who are counted in have left.
      if (open_.load(std::memory_order_seq_cst) &&
          number < limit_.load(std::memory_order_seq_cst)) {
        WriteFloatControl(control_);
        Work();
      }
      active_.fetch_sub(1, std::memory_order_seq_cst);
      seen = AwaitChange(seen);
    }
  }

  std::uint32_t AwaitChange(std::uint32_t seen) {
    for (int spin = 0; spin < kSpins; ++spin) {
      const std::uint32_t now = generation_.load(std::memory_order_acquire);
      if (now != seen) return now;
      CpuRelax();
    }
    parked_.fetch_add(1, std::memory_order_seq_cst);
    while (generation_.load(std::memory_order_seq_cst) == seen) Park(generation_, seen);
    parked_.fetch_sub(1, std::memory_order_seq_cst);
    return generation_.load(std::memory_order_acquire);
  }

  const int threads_;
  TaskFn fn_ = nullptr;
  void* context_ = nullptr;
  std::int64_t tasks_ = 0;
  FloatControl control_ = 0;  // of the caller, for all who help it
  std::size_t wanted_ = 0;    // of the failed job; read when all have left it
  std::atomic<bool> failed_{false};
  alignas(64) std::atomic<std::int64_t> next_{0};
  alignas(64) std::atomic<std::int32_t> active_{0};
  alignas(64) std::atomic<std::uint32_t> generation_{0};
  std::atomic<std::int32_t> parked_{0};
  std::atomic<std::uint32_t> limit_;
  std::atomic<bool> open_{false};
  std::atomic<bool> stop_{false};
  std::vector<std::thread> workers_;  // last: they use all of the above from their start
};

struct Slot {
  Lock lock;  // held by the one caller that uses the pool
  std::unique_ptr<Pool> pool;
};

struct Shared {
  Slot normal, background;
  std::atomic<int> threads{0};  // 0: not asked for yet
  Lock lock;
  int users = 0;
};

// Leaked on purpose: threads of other environments may still look at it while the process exits.
Shared& State() {
  static Shared* const shared = new Shared;
  return *shared;
}

}  // namespace

int Threads() {
  const int threads = State().threads.load(std::memory_order_relaxed);
  return threads > 0 ? threads : LogicalCores();
}

void SetThreads(int count) {
  State().threads.store(count < 1 ? 1 : count, std::memory_order_relaxed);
}

void SetDefaultThreads(int count) {
  int unset = 0;
  State().threads.compare_exchange_strong(unset, count < 1 ? 1 : count, std::memory_order_relaxed);
}

void SetThreadLimit(const ThreadLimit& limit) { t_limit = limit; }

void ParallelRun(std::int64_t tasks, TaskFn fn, void* context) {
  const int threads = Threads();
  const auto [limit, priority] = t_limit;
  const int most = limit == 0 ? threads : std::min(limit, threads);
  if (tasks > 1 && most > 1 && !t_inside) {
    Slot& slot = priority == Priority::kBackground ? State().background : State().normal;
    std::unique_lock<Lock> lock(slot.lock, std::try_to_lock);
    if (lock.owns_lock()) {
      if (slot.pool == nullptr || slot.pool->threads() != threads) {
        slot.pool.reset();
        slot.pool = std::make_unique<Pool>(threads, priority);
      }
      std::size_t wanted = 0;
      t_inside = true;
      const bool done = slot.pool->Run(most, tasks, fn, context, wanted);
      t_inside = false;
      if (!done) throw OutOfMemory(wanted);
      return;
    }
  }
  for (std::int64_t task = 0; task < tasks; ++task) fn(context, task);
}

void RetainPool() {
  Shared& shared = State();
  const std::lock_guard<Lock> lock(shared.lock);
  ++shared.users;
}

void ReleasePool() {
  Shared& shared = State();
  const std::lock_guard<Lock> lock(shared.lock);
  if (--shared.users > 0) return;
  for (Slot* const slot : {&shared.normal, &shared.background}) {
    const std::lock_guard<Lock> unused(slot->lock);
    slot->pool.reset();
  }
}

}  // namespace gradlane
