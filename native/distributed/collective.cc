#include "distributed/collective.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "base/error.h"

namespace gradlane::distributed {

namespace {

using Clock = std::chrono::steady_clock;

std::int64_t SizeOf(Dtype dtype) {
  switch (dtype) {
    case Dtype::kFloat64:
      return 8;
    case Dtype::kUint8:
      return 1;
    default:
      return 4;
  }
}

// The call as a program wrote it.
std::string Spelled(const Header& header) {
  static constexpr const char* kNames[] = {"barrier",
                                           "allReduce",
                                           "broadcast",
                                           "allGather",
                                           "the end of its program or world.close",
                                           "the end of fit"};
  static constexpr const char* kDtypes[] = {"float32", "float64", "int32", "uint8"};
  static constexpr const char* kReductions[] = {"sum", "mean", "min", "max"};
  const auto kind = static_cast<Kind>(header.kind);
  std::string text = kNames[header.kind % 6];
  if (kind == Kind::kEndOfFit && header.detail != 0) text += " by an error";
  if (kind == Kind::kBarrier || kind >= Kind::kClose) return text;
  text += " of ";
  text += std::to_string(header.n);
  text += " x ";
  text += kDtypes[header.dtype & 3];
  if (kind == Kind::kAllReduce) {
    text += ", ";
    text += kReductions[header.detail & 3];
  } else if (kind == Kind::kBroadcast) {
    text += " from rank ";
    text += std::to_string(header.detail);
  }
  return text;
}

// For how long nothing was heard. Looks that are far apart count little: this process was stopped
// meanwhile, perhaps with all others.
class Silence {
 public:
  explicit Silence(Clock::duration most) : most_(most), last_(Clock::now()) {}
  bool TooLong() {
    const Clock::time_point now = Clock::now();
    waited_ += std::min<Clock::duration>(now - last_, std::chrono::seconds(1));
    last_ = now;
    return waited_ >= most_;
  }

 private:
  Clock::duration most_, waited_{0};
  Clock::time_point last_;
};

constexpr int kNobody = -1;
constexpr std::int64_t kEndless = INT64_MAX;

// sum := sum + x, and so on, element by element.
template <class T>
void Accumulate(void* to, const void* from, std::int64_t n, Reduction reduction) {
  T* const sum = static_cast<T*>(to);
  const T* const x = static_cast<const T*>(from);
  for (std::int64_t i = 0; i < n; ++i) {
    if (reduction == Reduction::kMin) {
      sum[i] = x[i] < sum[i] || x[i] != x[i] ? x[i] : sum[i];
    } else if (reduction == Reduction::kMax) {
      sum[i] = x[i] > sum[i] || x[i] != x[i] ? x[i] : sum[i];
    } else if constexpr (std::is_integral_v<T>) {
      sum[i] =
          static_cast<T>(static_cast<std::uint32_t>(sum[i]) + static_cast<std::uint32_t>(x[i]));
    } else {
      sum[i] += x[i];
    }
  }
}

template <class T>
void Divide(T* x, std::int64_t n, int by) {
  for (std::int64_t i = 0; i < n; ++i) x[i] /= static_cast<T>(by);
}

}  // namespace

Collectives::Collectives(Wire& wire, const Settings& settings, const std::atomic<bool>& abandoned)
    : wire_(wire), settings_(settings), abandoned_(abandoned), peers_(wire.size()) {}

void Collectives::Run(const Call& call) {
  call_ = call;
  header_ = {static_cast<std::int32_t>(call.kind), static_cast<std::int32_t>(call.dtype),
             call.detail, 0, call.n};
  Meet();
  const std::int64_t size = SizeOf(call.dtype);
  char* const data = static_cast<char*>(call.data);
  const std::int64_t block = std::max<std::int64_t>(settings_.block_bytes / size, 1);
  for (std::int64_t at = 0; at < call.n; at += block) {
    const std::int64_t n = std::min(block, call.n - at);
    char* const from = data + at * size;
    switch (call.kind) {
      case Kind::kAllReduce:
        AllReduce(from, n, size);
        break;
      case Kind::kBroadcast:
        Broadcast(from, n, size);
        break;
      case Kind::kAllGather:
        Spread({from, call.n * size, n * size, kEndless}, kNobody);
        break;
      default:
        break;
    }
  }
  Finish();
}

// Tells all others what is called, and hears what they call.
void Collectives::Meet() {
  for (int rank = 0; rank < wire_.size(); ++rank) {
    if (rank == wire_.rank()) continue;
    Peer& peer = peers_[rank];
    peer = {};
    wire_.Receive(&peer.told, sizeof(Header), rank, Tag::kCall, peer.hearing);
    wire_.Send(&header_, sizeof(Header), rank, Tag::kCall, peer.telling);
  }
}

void Collectives::Send(int to, const void* data, std::int64_t bytes) {
  if (bytes == 0) return;
  wire_.Send(data, bytes, to, Tag::kData, peers_[to].sending);
}

void Collectives::Receive(int from, void* data, std::int64_t bytes) {
  if (bytes == 0) return;
  Peer& peer = peers_[from];
  peer.wanted = true;
  peer.into = data;
  peer.bytes = bytes;
}

// Until all messages are through.
void Collectives::Finish() {
  Silence silence(settings_.timeout);
  patience_.Renew();
  for (;;) {
    const std::uint32_t look = looks.load(std::memory_order_relaxed) + 1;
    looks.store(look, std::memory_order_release);
    const bool moved = wire_.Advance();
    bool all = true, in_motion = true;
    for (int rank = 0; rank < wire_.size(); ++rank) {
      if (rank == wire_.rank()) continue;
      Advance(rank);
      const Peer& peer = peers_[rank];
      in_motion &= !peer.hearing;
      all &= !(peer.telling || peer.hearing || peer.sending || peer.wanted || peer.receiving);
    }
    if (all) return;
    if (abandoned_.load(std::memory_order_relaxed)) {
      Throw(ErrorCode::kDistributed, {"the program ends"});
    }
    if (moved) {
      patience_.Renew();
      silence = Silence(settings_.timeout);
    } else {
      if (look % 64 == 0 && silence.TooLong()) {
        Throw(ErrorCode::kDistributed,
              {"nothing was heard for ", static_cast<std::int64_t>(settings_.timeout.count()),
               " ms at ", Stand().c_str()});
      }
      patience_.Pause(in_motion);
    }
  }
}

// What comes next with a rank, as far as it has got.
void Collectives::Advance(int rank) {
  Peer& peer = peers_[rank];
  if (!peer.met && !peer.hearing) {
    CheckSame(rank);
    peer.met = true;
  }
  if (peer.wanted && peer.met) {
    wire_.Receive(peer.into, peer.bytes, rank, Tag::kData, peer.receiving);
    peer.wanted = false;
  }
}

void Collectives::CheckSame(int rank) const {
  const Header& theirs = peers_[rank].told;
  if (std::memcmp(&theirs, &header_, sizeof(Header)) == 0) return;
  Throw(ErrorCode::kDistributed,
        {"the ranks are not at the same place of the program: ", NameOf(rank).c_str(),
         " has come to ", Spelled(theirs).c_str(), ", ", NameOf(wire_.rank()).c_str(), " to ",
         Spelled(header_).c_str()});
}

std::string Collectives::Stand() const {
  std::string missing;
  for (int rank = 0; rank < wire_.size(); ++rank) {
    const Peer& peer = peers_[rank];
    if (!(peer.hearing || peer.sending || peer.wanted || peer.receiving)) continue;
    if (!missing.empty()) missing += ", ";
    missing += NameOf(rank);
    if (!peer.hearing) missing += " in the middle of it";
  }
  return missing.empty() ? Spelled(header_) : Spelled(header_) + " of " + missing;
}

std::string Collectives::NameOf(int rank) const {
  std::string name = "rank ";
  name += std::to_string(rank);
  if (cards.empty()) return name;
  name += " (";
  name += cards[rank].host;
  name += ')';
  return name;
}

// Each rank adds up a part of the whole, in the order of the ranks, and sends it to the others.
void Collectives::AllReduce(char* data, std::int64_t n, std::int64_t size) {
  const int ranks = wire_.size(), own = wire_.rank();
  const auto reduction = static_cast<Reduction>(call_.detail);
  const Parts parts = EvenParts(data, n, size);
  const std::int64_t bytes = parts.bytes(own), count = bytes / size;
  scratch_.resize(std::max(scratch_.size(), static_cast<std::size_t>(ranks * bytes)));
  char* const theirs = scratch_.data();
  for (int rank = 0; rank < ranks; ++rank) {
    if (rank == own) continue;
    Send(rank, parts.at(rank), parts.bytes(rank));
    Receive(rank, theirs + rank * bytes, bytes);
  }
  Finish();
  if (bytes > 0) std::memcpy(theirs + own * bytes, parts.at(own), bytes);
  const auto accumulate = call_.dtype == Dtype::kFloat32   ? &Accumulate<float>
                          : call_.dtype == Dtype::kFloat64 ? &Accumulate<double>
                                                           : &Accumulate<std::int32_t>;
  for (int rank = 1; rank < ranks; ++rank) {
    accumulate(theirs, theirs + rank * bytes, count, reduction);
  }
  if (reduction == Reduction::kMean && call_.dtype == Dtype::kFloat32) {
    Divide(reinterpret_cast<float*>(theirs), count, ranks);
  } else if (reduction == Reduction::kMean) {
    Divide(reinterpret_cast<double*>(theirs), count, ranks);
  }
  if (bytes > 0) std::memcpy(parts.at(own), theirs, bytes);
  Spread(parts, kNobody);
}

// Whoever has the data deals it out in parts, which all then exchange: its own link carries it
// twice, however many they are.
void Collectives::Broadcast(char* data, std::int64_t n, std::int64_t size) {
  const int root = call_.detail, own = wire_.rank();
  const Parts parts = EvenParts(data, n, size);
  if (own == root) {
    for (int rank = 0; rank < wire_.size(); ++rank) {
      if (rank != own) Send(rank, parts.at(rank), parts.bytes(rank));
    }
  } else {
    Receive(root, parts.at(own), parts.bytes(own));
  }
  Finish();
  Spread(parts, root);
}

// Each rank sends its part to all others but to one that has them all.
void Collectives::Spread(const Parts& parts, int complete) {
  const int own = wire_.rank();
  for (int rank = 0; rank < wire_.size(); ++rank) {
    if (rank == own) continue;
    if (rank != complete) Send(rank, parts.at(own), parts.bytes(own));
    if (own != complete) Receive(rank, parts.at(rank), parts.bytes(rank));
  }
  Finish();
}

// Of n elements, the last ones perhaps smaller.
Collectives::Parts Collectives::EvenParts(char* data, std::int64_t n, std::int64_t size) const {
  const std::int64_t part = (n + wire_.size() - 1) / wire_.size() * size;
  return {data, part, part, n * size};
}

}  // namespace gradlane::distributed
