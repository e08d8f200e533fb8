// Messages between the processes of a job, and the MPI library that carries them. Everything else
// of MPI, its collective operations among it, is not used: their order of additions is the
// library's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace gradlane::distributed {

// Messages of one kind from one process arrive in the order in which they were sent.
enum class Tag : int { kCall = 1, kData = 2 };

// Used by one thread, the one that made it. What fails throws an Error of kind kDistributed.
class Wire {
 public:
  virtual ~Wire() = default;

  int rank() const { return rank_; }
  int size() const { return size_; }
  const std::string& library() const { return library_; }
  const std::string& host() const { return host_; }

  // At most kMostBytes; `pending` is true until the message is through, and so long the memory must
  // stay, as must `pending` itself.
  virtual void Send(const void* data, std::int64_t bytes, int to, Tag tag, bool& pending) = 0;
  virtual void Receive(void* data, std::int64_t bytes, int from, Tag tag, bool& pending) = 0;
  // Carries pending messages on, without waiting. Whether one is through.
  virtual bool Advance() = 0;
  // Waits for all processes to do so.
  virtual void Finalize() = 0;
  // Ends all processes of the job, this one among them.
  virtual void Abort(int code) = 0;

  static constexpr std::int64_t kMostBytes = std::int64_t{1} << 30;

 protected:
  int rank_ = 0;
  int size_ = 1;
  std::string library_, host_;
};

// Loads the first of these libraries, one a line, that is there and starts it on this thread, which
// waits for the other processes.
std::unique_ptr<Wire> LoadMpi(const std::string& libraries);

}  // namespace gradlane::distributed
