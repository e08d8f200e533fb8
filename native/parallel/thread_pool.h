// Threads with one verb. Work is split by shape, never by thread count: the caller fixes the tasks
// and any thread may run any task, so results do not depend on how many there are.
#pragma once

#include <cstdint>
#include <type_traits>

#include "parallel/priority.h"

namespace gradlane {

// Runs body(task) for every task in [0, tasks), on the calling thread and on up to Threads() - 1
// others, fewer where it has a ThreadLimit; returns when all are done. A call from inside a task,
// or while another caller holds the pool, runs on the calling thread alone. Nothing is allocated.
//
// Tasks throw nothing but std::bad_alloc. If one does, no further ones are begun, and when those
// under way are done OutOfMemory is thrown here, with the bytes that were asked for.
using TaskFn = void (*)(void* context, std::int64_t task);
void ParallelRun(std::int64_t tasks, TaskFn fn, void* context);

template <class Body>
void ParallelFor(std::int64_t tasks, Body&& body) {
  using Plain = std::remove_reference_t<Body>;
  ParallelRun(
      tasks, [](void* context, std::int64_t task) { (*static_cast<Plain*>(context))(task); },
      const_cast<void*>(static_cast<const void*>(&body)));
}

// Splits [0, n) into ranges of `grain` (the last one shorter) and runs body(begin, end) for each.
// The ranges depend on n and grain alone.
template <class Body>
void ParallelRanges(std::int64_t n, std::int64_t grain, Body&& body) {
  if (n <= grain) {
    if (n > 0) body(std::int64_t{0}, n);
    return;
  }
  ParallelFor((n + grain - 1) / grain, [&](std::int64_t task) {
    const std::int64_t begin = task * grain;
    body(begin, begin + grain < n ? begin + grain : n);
  });
}

int Threads();
void SetThreads(int count);         // at least 1; takes effect at the next ParallelRun
void SetDefaultThreads(int count);  // the same, unless a count was set before

// How many threads, and of which priority, share the tasks of a thread.
struct ThreadLimit {
  int threads = 0;  // at most so many, the calling one included; 0: Threads()
  // kBackground: threads of a second pool, which have low priority. Those of the first keep theirs.
  Priority priority = Priority::kNormal;
};

// From now on, for the calling thread.
void SetThreadLimit(const ThreadLimit& limit);

// The pools live as long as a Node environment uses the addon: the last Release joins their
// threads.
void RetainPool();
void ReleasePool();

}  // namespace gradlane
