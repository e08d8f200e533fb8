// The job that this process belongs to: one thread that makes all calls of MPI, in the order in
// which they were asked for.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/error.h"
#include "distributed/collective.h"
#include "distributed/wire.h"
#include "parallel/lock.h"

namespace gradlane::distributed {

// A call on its way. Its memory and that of its data must stay until it is finished.
struct Job {
  Call call;
  std::optional<Error> failure;
  std::atomic<std::uint32_t> finished{0};
  Job* next = nullptr;   // in the queue
  Job* begun = nullptr;  // by the same thread before it
  // Called on the thread of the world, last of all; it may delete the job.
  void (*done)(Job& job) = nullptr;
};

// There is one a process, for MPI can be started once.
class World {
 public:
  using Connector = std::unique_ptr<Wire> (*)(const std::string& libraries);

  static World& Of();

  World() = default;
  ~World();

  // Starts the thread, which connects to the others and then finishes the job: from then on rank(),
  // size() and the rest hold. It fails where others run another version. Throws when that was
  // called before, unless it failed before MPI was started.
  // `name` is how messages name this process before it knows its rank.
  void Open(Connector connect, std::string libraries, std::string version, std::string name,
            const Settings& settings, Job& job);

  // Whether there are others.
  bool IsOpen() const { return open_.load(std::memory_order_acquire); }
  int rank() const { return wire_->rank(); }
  int size() const { return wire_->size(); }
  const std::string& library() const { return wire_->library(); }
  const char* host(int rank) const { return collectives_->cards[rank].host; }

  // In turn. `job.done` is called once it is finished. Throws once the world is closed.
  void Post(Job& job);
  // Waits for it; throws what it failed by.
  void Run(const Call& call);
  // The same, which the thread that asks for it waits for later.
  void Start(const Call& call);
  // Waits for what this thread has started with these data. Where that fails, so do all others of
  // the thread, and are waited for.
  void Wait(const void* data);
  // Waits for all that this thread has started, however it ends: its memory may go then.
  void Settle() noexcept;
  // For how long threads have waited so far, all of them together.
  double WaitedSeconds() const {
    return 1e-9 * static_cast<double>(waited_ns_.load(std::memory_order_relaxed));
  }
  // Ends all processes of the job, or after a second this one.
  [[noreturn]] void Abort(int code);
  // Gives up what the thread waits for, and joins it. Nothing is told to the others.
  void Leave();

 private:
  void Await(Job& job);
  void ThreadLoop();
  Job* Next();
  void Perform(Job& job);
  void Connect();
  void Close();
  void Watch();
  void Tell(const std::string& what) const;
  void Join();

  Connector connect_ = nullptr;
  std::string libraries_, version_, name_;
  Settings settings_;
  std::unique_ptr<Wire> wire_;
  std::unique_ptr<Collectives> collectives_;
  std::optional<Error> broken_;   // by what it failed first
  std::atomic<bool> idle_{true};  // nothing was started
  std::atomic<bool> open_{false};
  std::atomic<bool> abandoned_{false};
  std::atomic<int> abort_code_{-1};
  std::atomic<std::int64_t> waited_ns_{0};
  Lock lock_;  // of the three that follow
  Job* first_ = nullptr;
  Job* last_ = nullptr;
  bool ended_ = false;
  std::atomic<std::uint32_t> wake_{0};
  std::atomic<const char*> call_{nullptr};  // of the library, that is being made
  std::atomic<bool> closing_{false};
  std::atomic<bool> left_{false};  // by the thread
  std::thread thread_, watchdog_;
};

}  // namespace gradlane::distributed
