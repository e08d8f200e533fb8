#include "parallel/thread_pool.h"

#include <gtest/gtest.h>
#include <pthread.h>
#if defined(__linux__)
#include <sys/resource.h>
#endif

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <new>
#include <set>
#include <system_error>
#include <thread>
#include <vector>

#include "base/error.h"
#include "cpu/float_control.h"
#include "parallel/lock.h"
#include "parallel/scratch.h"

// For what is refused here on purpose; without it the sanitizers end the process.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }
extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() { return "allocator_may_return_null=1"; }

namespace gradlane {
namespace {

class ThreadPoolTest : public ::testing::Test {
 protected:
  void SetUp() override { RetainPool(); }
  void TearDown() override {
    ReleasePool();
    SetThreads(1);
  }
};

TEST_F(ThreadPoolTest, EveryTaskRunsOnce) {
  for (const int threads : {1, 2, 3, 8}) {
    SetThreads(threads);
    for (const std::int64_t tasks : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> runs(static_cast<std::size_t>(tasks));
      ParallelFor(tasks, [&](std::int64_t task) { ++runs[static_cast<std::size_t>(task)]; });
      for (const auto& count : runs) ASSERT_EQ(count.load(), 1);
    }
  }
}

TEST_F(ThreadPoolTest, ThreadsComputeWithDenormalsAsTheirCallerDoes) {
  SetThreads(3);
  for (const bool flush : {true, false, true}) {
    g_flush_denormals = flush;
    const FloatControl before = ReadFloatControl();
    {
      const ComputingScope scope;
      std::set<std::thread::id> threads;
      std::mutex mutex;
      // Until a second thread has taken part, which a busy machine may keep from it for a while.
      for (int round = 0; round < 10000 && threads.size() < 2; ++round) {
        ParallelFor(64, [&](std::int64_t) {
          EXPECT_EQ(ReadFloatControl() & kFlush, flush ? kFlush : 0);
          const std::lock_guard<std::mutex> lock(mutex);
          threads.insert(std::this_thread::get_id());
        });
      }
      EXPECT_GE(threads.size(), 2U);
    }
    EXPECT_EQ(ReadFloatControl(), before);
  }
}

TEST_F(ThreadPoolTest, AFailureLeavesTheControlOfItsThreadAsItWas) {
  const FloatControl before = ReadFloatControl();
  try {
    const ComputingScope scope;
    EXPECT_EQ(ReadFloatControl() & kFlush, kFlush);
    throw std::bad_alloc();
  } catch (const std::bad_alloc&) {
    EXPECT_EQ(ReadFloatControl(), before);
  }
}

// More than any system gives.
constexpr std::size_t kTooMuch = std::size_t{1} << 60;

TEST_F(ThreadPoolTest, MemoryThatRunsOutInATaskIsTheCallersException) {
  for (const int threads : {1, 2, 5}) {
    SetThreads(threads);
    for (const std::int64_t failing : {0, 1, 500, 999}) {
      for (int round = 0; round < 20; ++round) {
        try {
          ParallelFor(1000, [&](std::int64_t task) {
            if (task == failing) ThreadScratch(ScratchSlot::kTemporary, kTooMuch);
          });
          FAIL() << "nothing was thrown";
        } catch (const OutOfMemory& error) {
          EXPECT_EQ(error.bytes(), kTooMuch);
          EXPECT_STREQ(error.what(), "out of memory: 1152921504606846976 bytes");
        }
        // The pool takes the next job, and that one alone.
        std::atomic<int> runs{0};
        ParallelFor(1000, [&](std::int64_t) { ++runs; });
        ASSERT_EQ(runs.load(), 1000);
      }
    }
  }
}

TEST_F(ThreadPoolTest, MemoryThatRunsOutInEveryTaskIsOneException) {
  SetThreads(4);
  EXPECT_THROW(ParallelFor(1000, [](std::int64_t) { throw std::bad_alloc(); }), OutOfMemory);
  std::atomic<int> begun{0};
  EXPECT_THROW(ParallelFor(1000000,
                           [&](std::int64_t) {
                             ++begun;
                             throw std::bad_alloc();
                           }),
               OutOfMemory);
  EXPECT_LE(begun.load(), 4);  // nobody goes on after that
}

TEST_F(ThreadPoolTest, ScratchThatIsNotToBeHadLeavesTheThreadUsable) {
  for (const std::size_t bytes : {kTooMuch, ~std::size_t{0}, ~std::size_t{0} - 4095}) {
    EXPECT_THROW(ThreadScratch(ScratchSlot::kTemporary, bytes), OutOfMemory);
    auto* const memory = static_cast<char*>(ThreadScratch(ScratchSlot::kTemporary, 100));
    memory[0] = memory[99] = 1;
  }
}

#if defined(__GLIBC__)
TEST_F(ThreadPoolTest, RunsEverythingWithoutTheThreadsThatTheSystemRefuses) {
  pthread_attr_t usual, impossible;
  ASSERT_EQ(pthread_getattr_default_np(&usual), 0);
  ASSERT_EQ(pthread_getattr_default_np(&impossible), 0);
  // No thread gets a stack of 2^46 bytes: half of the address space.
  ASSERT_EQ(pthread_attr_setstacksize(&impossible, std::size_t{1} << 46), 0);
  ASSERT_EQ(pthread_setattr_default_np(&impossible), 0);
  EXPECT_THROW(std::thread([] {}).join(), std::system_error);
  SetThreads(7);  // a number that no test before had, so the pool is made anew
  std::atomic<int> runs{0};
  ParallelFor(100, [&](std::int64_t) { ++runs; });
  EXPECT_EQ(runs.load(), 100);
  ASSERT_EQ(pthread_setattr_default_np(&usual), 0);
  ParallelFor(100, [&](std::int64_t) { ++runs; });
  EXPECT_EQ(runs.load(), 200);
}
#endif

TEST_F(ThreadPoolTest, RangesCoverTheWholeAndDependOnTheGrainAlone) {
  for (const int threads : {1, 4}) {
    SetThreads(threads);
    for (const std::int64_t n : {0, 1, 9, 10, 11, 100}) {
      std::vector<int> covered(static_cast<std::size_t>(n));
      ParallelRanges(n, 10, [&](std::int64_t begin, std::int64_t end) {
        EXPECT_EQ(begin % 10, 0);
        EXPECT_TRUE(end == begin + 10 || end == n);
        for (std::int64_t i = begin; i < end; ++i) ++covered[static_cast<std::size_t>(i)];
      });
      for (const int count : covered) ASSERT_EQ(count, 1);
    }
  }
}

TEST_F(ThreadPoolTest, ACallFromInsideATaskRunsSerially) {
  SetThreads(4);
  std::atomic<int> inner{0};
  ParallelFor(8, [&](std::int64_t) {
    const std::thread::id outside = std::this_thread::get_id();
    ParallelFor(8, [&](std::int64_t) {
      EXPECT_EQ(std::this_thread::get_id(), outside);
      ++inner;
    });
  });
  EXPECT_EQ(inner.load(), 64);
}

TEST_F(ThreadPoolTest, ManyCallersAtOnceAndChangingCounts) {
  std::atomic<std::int64_t> sum{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&sum, caller] {
      RetainPool();
      for (int round = 0; round < 50; ++round) {
        if (caller == 0) SetThreads(1 + round % 4);
        ParallelFor(16, [&](std::int64_t task) { sum += task; });
      }
      ReleasePool();
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(sum.load(), 4 * 50 * 120);
}

TEST_F(ThreadPoolTest, SleepingThreadsWakeUpAgain) {
  SetThreads(3);
  for (int round = 0; round < 20; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // past the spinning, so parked
    std::atomic<int> runs{0};
    ParallelFor(32, [&](std::int64_t) { ++runs; });
    ASSERT_EQ(runs.load(), 32);
  }
}

// The threads that tasks ran on, when each of them took its time.
std::set<std::thread::id> ThreadsOf(std::int64_t tasks) {
  std::set<std::thread::id> threads;
  std::mutex mutex;
  ParallelFor(tasks, [&](std::int64_t) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    const std::lock_guard<std::mutex> lock(mutex);
    threads.insert(std::this_thread::get_id());
  });
  return threads;
}

class ThreadLimitTest : public ThreadPoolTest {
 protected:
  void TearDown() override {
    SetThreadLimit({});
    ThreadPoolTest::TearDown();
  }
};

TEST_F(ThreadLimitTest, HasAtMostSoManyThreadsAndThenAllOfThemAgain) {
  SetThreads(4);
  for (const int limit : {2, 0, 1, 3, 9, 1, 2}) {
    SetThreadLimit({limit});
    const std::size_t expected = limit == 0 || limit > 4 ? 4 : static_cast<std::size_t>(limit);
    std::set<std::thread::id> threads = ThreadsOf(60);
    // Until all have taken part: on a busy machine some wake up late.
    while (threads.size() < expected) threads.merge(ThreadsOf(60));
    EXPECT_EQ(threads.size(), expected) << limit;
    EXPECT_EQ(threads.count(std::this_thread::get_id()), 1u);
  }
}

TEST_F(ThreadLimitTest, EveryTaskRunsOnceWhateverTheLimits) {
  SetThreads(4);
  for (int round = 0; round < 2000; ++round) {
    SetThreadLimit({round % 5});
    std::atomic<int> sum{0};
    ParallelFor(16, [&](std::int64_t task) { sum += static_cast<int>(task); });
    ASSERT_EQ(sum.load(), 120);
  }
}

TEST_F(ThreadLimitTest, IsTheCallingThreadsOwn) {
  SetThreads(4);
  SetThreadLimit({1});
  std::set<std::thread::id> elsewhere;
  std::thread([&] {
    while (elsewhere.size() < 4) elsewhere.merge(ThreadsOf(60));
  }).join();
  EXPECT_EQ(elsewhere.size(), 4u);
  EXPECT_EQ(ThreadsOf(60).size(), 1u);
}

TEST_F(ThreadLimitTest, BackgroundAndNormalThreadsWorkSideBySide) {
  SetThreads(3);
  std::atomic<std::int64_t> sum{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&sum, caller] {
      const Priority priority = caller % 2 == 0 ? Priority::kNormal : Priority::kBackground;
      for (int round = 0; round < 200; ++round) {
        SetThreadLimit({round % 4, priority});
        ParallelFor(16, [&](std::int64_t task) { sum += task; });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(sum.load(), 4 * 200 * 120);
}

#if defined(__linux__)
// How nice the threads are that help the calling one, once they do.
std::set<int> NicenessOfHelpers() {
  std::set<int> found;
  std::mutex mutex;
  const std::thread::id caller = std::this_thread::get_id();
  while (found.empty()) {
    ParallelFor(60, [&](std::int64_t) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      if (std::this_thread::get_id() == caller) return;
      const std::lock_guard<std::mutex> lock(mutex);
      found.insert(getpriority(PRIO_PROCESS, 0));
    });
  }
  return found;
}

TEST_F(ThreadLimitTest, ThreadsOfTheBackgroundAreNiceAndTheOthersAreNot) {
  SetThreads(3);
  const int usual = getpriority(PRIO_PROCESS, 0);
  for (int round = 0; round < 2; ++round) {
    SetThreadLimit({0, Priority::kBackground});
    EXPECT_EQ(NicenessOfHelpers(), std::set<int>{19});
    SetThreadLimit({});
    EXPECT_EQ(NicenessOfHelpers(), std::set<int>{usual});
  }
  EXPECT_EQ(getpriority(PRIO_PROCESS, 0), usual);
}
#endif

TEST(ThreadPoolLife, ThePoolComesBackAfterItsLastUser) {
  SetThreads(4);
  for (int round = 0; round < 50; ++round) {
    RetainPool();
    std::atomic<int> runs{0};
    ParallelFor(8, [&](std::int64_t) { ++runs; });
    ReleasePool();
    ASSERT_EQ(runs.load(), 8);
  }
  SetThreads(1);
}

TEST(Lock, OneHolderAtATime) {
  Lock lock;
  int count = 0;  // not atomic: the lock is what keeps it right
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 5000; ++round) {
        if (round % 2 == 0) {
          lock.lock();
        } else {
          while (!lock.try_lock()) std::this_thread::yield();
        }
        ++count;
        lock.unlock();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, 20000);
}

TEST(Scratch, SlotsAreApartAndAlignedAndOwnedByTheirThread) {
  char* a = static_cast<char*>(ThreadScratch(ScratchSlot::kPackA, 100));
  char* b = static_cast<char*>(ThreadScratch(ScratchSlot::kPackB, 100));
  EXPECT_NE(a, b);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(a) % 64, 0u);
  EXPECT_EQ(ThreadScratch(ScratchSlot::kPackA, 50), a);
  char* grown = static_cast<char*>(ThreadScratch(ScratchSlot::kPackA, 1 << 20));
  grown[(1 << 20) - 1] = 1;
  void* elsewhere = nullptr;
  std::thread([&] { elsewhere = ThreadScratch(ScratchSlot::kPackA, 100); }).join();
  EXPECT_NE(elsewhere, static_cast<void*>(grown));
}

}  // namespace
}  // namespace gradlane
