// Messages between the processes of a job, and the MPI library that carries them. Everything else
// of MPI, its collective operations among it, is not used: their order of additions is the
// library's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace gradlane::distributed {

// A message on its way, as large as any of the libraries wants it.
union Request {
  void* pointer;
  int number;
};

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

  // At most kMostBytes; the memory must stay until `Done`.
  virtual Request Send(const void* data, std::int64_t bytes, int to, Tag tag) = 0;
  virtual Request Receive(void* data, std::int64_t bytes, int from, Tag tag) = 0;
  // Does not wait. Not to be asked again once it is.
  virtual bool Done(Request& request) = 0;
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
