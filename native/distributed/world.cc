#include "distributed/world.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "distributed/neighbours.h"
#include "parallel/park.h"

namespace gradlane::distributed {

namespace {

using std::chrono::milliseconds;

constexpr const char* kStarting = "MPI_Init_thread";
constexpr const char* kCalling = "a call of the MPI library";
constexpr const char* kEnding = "MPI_Finalize";

thread_local Job* t_begun = nullptr;  // the last one first

}  // namespace

World& World::Of() {
  static World* const world = new World;  // its thread may outlive what is destroyed at exit
  return *world;
}

World::~World() { Leave(); }

void World::Open(Connector connect, std::string libraries, std::string version, std::string name,
                 const Settings& settings, Job& job) {
  if (!idle_.exchange(false)) {
    Throw(ErrorCode::kDistributed, {"MPI can be started once in a process"});
  }
  Join();
  broken_.reset();
  connect_ = connect;
  libraries_ = std::move(libraries);
  version_ = std::move(version);
  name_ = std::move(name);
  settings_ = settings;
  first_ = last_ = &job;
  wake_.fetch_add(1, std::memory_order_seq_cst);
  left_.store(false, std::memory_order_relaxed);
  thread_ = std::thread([this] {
    ThreadLoop();
    left_.store(true, std::memory_order_release);
  });
  watchdog_ = std::thread([this] { Watch(); });
}

void World::Post(Job& job) {
  {
    const std::lock_guard guard(lock_);
    if (ended_) Throw(ErrorCode::kDistributed, {"the world is closed"});
    (first_ == nullptr ? first_ : last_->next) = &job;
    last_ = &job;
  }
  wake_.fetch_add(1, std::memory_order_seq_cst);
  WakeAll(wake_);
}

void World::Run(const Call& call) {
  Start(call);
  Wait(call.data);
}

void World::Start(const Call& call) {
  auto job = std::make_unique<Job>();
  job->call = call;
  Post(*job);
  job->begun = t_begun;
  t_begun = job.release();
}

void World::Wait(const void* data) {
  Job** link = &t_begun;
  while (*link != nullptr && (*link)->call.data != data) link = &(*link)->begun;
  if (*link == nullptr) return;
  const std::unique_ptr<Job> job(*link);
  *link = job->begun;
  Await(*job);
  if (!job->failure) return;
  Settle();
  throw *job->failure;
}

void World::Settle() noexcept {
  while (t_begun != nullptr) {
    const std::unique_ptr<Job> job(t_begun);
    t_begun = job->begun;
    Await(*job);
  }
}

void World::Await(Job& job) {
  if (job.finished.load(std::memory_order_acquire) != 0) return;
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  while (job.finished.load(std::memory_order_acquire) == 0) Park(job.finished, 0);
  const std::chrono::nanoseconds waited = Clock::now() - start;
  waited_ns_.fetch_add(waited.count(), std::memory_order_relaxed);
}

void World::Abort(int code) {
  abort_code_.store(code, std::memory_order_seq_cst);
  abandoned_.store(true, std::memory_order_seq_cst);
  wake_.fetch_add(1, std::memory_order_seq_cst);
  WakeAll(wake_);
  std::this_thread::sleep_for(milliseconds(1000));
  std::_Exit(code);  // the library does not do it
}

void World::Leave() {
  abandoned_.store(true, std::memory_order_seq_cst);
  wake_.fetch_add(1, std::memory_order_seq_cst);
  WakeAll(wake_);
  Join();
}

void World::Join() {
  if (thread_.joinable()) thread_.join();
  if (watchdog_.joinable()) watchdog_.join();
}

void World::ThreadLoop() {
  std::uint32_t seen = 0;
  while (!ended_) {
    while (wake_.load(std::memory_order_seq_cst) == seen) Park(wake_, seen);
    seen = wake_.load(std::memory_order_seq_cst);
    while (Job* const job = Next()) Perform(*job);
    if (wire_ == nullptr) return;
    const int code = abort_code_.load(std::memory_order_seq_cst);
    if (code >= 0) wire_->Abort(code);
    if (abandoned_.load(std::memory_order_seq_cst)) return;
  }
}

Job* World::Next() {
  const std::lock_guard guard(lock_);
  Job* const job = first_;
  if (job != nullptr) first_ = job->next;
  return job;
}

void World::Perform(Job& job) {
  try {
    if (broken_) throw *broken_;
    if (ended_) Throw(ErrorCode::kDistributed, {"the world is closed"});
    if (wire_ == nullptr) {
      Connect();
    } else {
      if (job.call.kind == Kind::kClose) closing_.store(true, std::memory_order_release);
      call_.store(kCalling, std::memory_order_release);
      collectives_->Run(job.call);
    }
    if (job.call.kind == Kind::kClose) Close();
  } catch (const Error& error) {
    job.failure = error;
  } catch (const std::exception& error) {
    job.failure = Error(ErrorCode::kDistributed, error.what());
  }
  call_.store(nullptr, std::memory_order_release);
  if (job.failure) broken_ = job.failure;
  if (wire_ == nullptr) idle_.store(true, std::memory_order_release);
  const auto done = job.done;  // read first: once it is finished, the job may be gone
  job.finished.store(1, std::memory_order_release);
  WakeAll(job.finished);
  if (done != nullptr) done(job);
}

// Introduces the ranks to each other.
void World::Connect() {
  call_.store(kStarting, std::memory_order_release);
  wire_ = connect_(libraries_);
  collectives_ = std::make_unique<Collectives>(*wire_, settings_, abandoned_);
  call_.store(kCalling, std::memory_order_release);
  std::vector<Card> cards(size());
  Card& own = cards[rank()];
  wire_->host().copy(own.host, sizeof(own.host) - 1);
  version_.copy(own.version, sizeof(own.version) - 1);
  Neighbours::Introduce(own);
  collectives_->Run({Kind::kAllGather, Dtype::kUint8, 0, cards.data(), sizeof(Card)});
  collectives_->cards = std::move(cards);
  for (std::int64_t other = 0; other < size(); ++other) {
    const Card& card = collectives_->cards[other];
    if (version_ == card.version) continue;
    Throw(ErrorCode::kDistributed,
          {"the ranks run different versions of gradlane: rank ", other, " (", card.host, ") ",
           card.version, ", this one ", version_.c_str()});
  }
  open_.store(true, std::memory_order_release);
}

void World::Close() {
  open_.store(false, std::memory_order_release);
  {
    const std::lock_guard guard(lock_);
    ended_ = true;
  }
  call_.store(kEnding, std::memory_order_release);
  wire_->Finalize();
}

// On a thread of its own, for what the world's cannot see: that a call of the library does not
// return, and that another process of this machine has ended. It ends this process then, which ends
// the job.
void World::Watch() {
  const auto tick = std::clamp(settings_.timeout / 8, milliseconds(10), milliseconds(200));
  Neighbours neighbours;
  bool met = false;
  std::uint32_t seen = 0;
  milliseconds silent{0};
  const auto left = [&] { return left_.load(std::memory_order_acquire); };
  while (!left()) {
    if (!met && IsOpen()) {
      met = true;
      neighbours.Watch(collectives_->cards, rank());
    }
    const int ended = neighbours.Ended(tick);
    if (ended >= 0) {
      // Behind a close it may have; else the launcher, which ends the job as well, may be quick.
      if (closing_.load(std::memory_order_acquire)) std::this_thread::sleep_for(milliseconds(500));
      if (left() || call_.load(std::memory_order_acquire) == kEnding) continue;
      Tell(collectives_->NameOf(ended) + " has ended, and the job with it");
      std::this_thread::sleep_for(milliseconds(500));
      Abort(1);
    }
    const char* const call = call_.load(std::memory_order_acquire);
    const bool started = call == kCalling || call == kEnding;
    const std::uint32_t looks = started ? collectives_->looks.load(std::memory_order_acquire) : 0;
    if (call == nullptr || looks != seen) {
      silent = milliseconds(0);
      seen = looks;
      continue;
    }
    // By ticks and not by a clock, which goes on while this process is stopped. The second more is
    // for the world's thread, which tells by an error of what it still sees.
    silent += tick;
    if (silent < settings_.timeout + milliseconds(1000)) continue;
    std::string what = call;
    what += " has not returned for ";
    what += std::to_string(settings_.timeout.count());
    what += started ? " ms at " + collectives_->Stand()
                    : " ms: not all ranks have come to distributed.init";
    Tell(what + "; this process ends, and the job with it");
    std::_Exit(1);
  }
}

void World::Tell(const std::string& what) const {
  const std::string line = "gradlane, " + name_ + ": " + what + '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace gradlane::distributed
