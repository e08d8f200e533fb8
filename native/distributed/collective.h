// What all processes of a job do together. The algorithms are our own, over messages from one
// process to another, so that the order of additions is fixed: by rank, whatever the sizes and
// whoever is late.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/dtype.h"
#include "distributed/patience.h"
#include "distributed/wire.h"

namespace gradlane::distributed {

// The codes of ts/distributed/calls.ts.
enum class Kind : std::int32_t { kBarrier, kAllReduce, kBroadcast, kAllGather, kClose, kEndOfFit };
enum class Reduction : std::int32_t { kSum, kMean, kMin, kMax };

// A collective operation as one process calls it; all of them have to agree.
struct Call {
  Kind kind = Kind::kBarrier;
  Dtype dtype = Dtype::kUint8;
  std::int32_t detail = 0;  // a Reduction, the rank that broadcasts, or whether fit failed
  void* data = nullptr;     // all-gather: the parts of all ranks, this one's in its place
  std::int64_t n = 0;       // elements; of an all-gather those of a part
};

// What is told of a call before its data: 24 bytes, alike on all machines of a job.
struct Header {
  std::int32_t kind, dtype, detail, unused;
  std::int64_t n;
};

struct Settings {
  std::chrono::milliseconds timeout{300'000};
  // Elements of data that are on their way at once, times their size: bounds the scratch memory.
  std::int64_t block_bytes = std::int64_t{64} << 20;
};

// A process as others name it in messages.
struct Card {
  char host[64];
  char version[64];
  char machine[64];  // alike where processes can see each other, by these numbers
  std::int64_t process;
  char unused[56];
};

class Collectives {
 public:
  // Memory of a call that fails must stay: messages may be on their way from and into it.
  Collectives(Wire& wire, const Settings& settings, const std::atomic<bool>& abandoned);

  // Throws an Error of kind kDistributed when the others call something else, when one of them has
  // not come within the timeout, or when the MPI library says so. Nothing works from then on.
  void Run(const Call& call);

  // For another thread, while this one is stuck: what was called, and who is missing at it.
  std::string Stand() const;
  std::string NameOf(int rank) const;

  // Those of all ranks, once these have told each other.
  std::vector<Card> cards;
  // Moves on while a call waits.
  std::atomic<std::uint32_t> looks{0};

 private:
  struct Peer {
    Header told{};
    bool met = false;
    bool telling = false, hearing = false, sending = false, receiving = false;
    bool wanted = false;  // data that is received as soon as its call is known to be the same
    void* into = nullptr;
    std::int64_t bytes = 0;
  };

  // The part of each rank, in bytes: from a multiple of the stride on, not behind the end.
  struct Parts {
    char* data;
    std::int64_t stride, length, end;
    char* at(int rank) const { return data + std::min(rank * stride, end); }
    std::int64_t bytes(int rank) const {
      return std::clamp<std::int64_t>(end - rank * stride, 0, length);
    }
  };

  void Meet();
  void Send(int to, const void* data, std::int64_t bytes);
  void Receive(int from, void* data, std::int64_t bytes);
  void Finish();
  void Advance(int rank);
  void CheckSame(int rank) const;

  void AllReduce(char* data, std::int64_t n, std::int64_t size);
  void Spread(const Parts& parts, int complete);
  Parts EvenParts(char* data, std::int64_t n, std::int64_t size) const;
  void Broadcast(char* data, std::int64_t n, std::int64_t size);

  Patience patience_;
  Wire& wire_;
  const Settings settings_;
  const std::atomic<bool>& abandoned_;
  Call call_;
  Header header_{};
  std::vector<Peer> peers_;
  std::vector<char> scratch_;
};

}  // namespace gradlane::distributed
