#include "distributed/neighbours.h"

#include <cstring>
#include <thread>

#if defined(__linux__)
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace gradlane::distributed {

#if defined(__linux__)

namespace {

int HandleOf(std::int64_t process) {
  constexpr long kPidfdOpen = 434;  // of all architectures; unknown to old headers
  return static_cast<int>(syscall(kPidfdOpen, static_cast<int>(process), 0));
}

}  // namespace

// The machine is one start of a kernel and, in it, a space of process numbers.
void Neighbours::Introduce(Card& card) {
  card.process = getpid();
  char* const machine = card.machine;
  const int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  const ssize_t read_bytes = read(file, machine, 36);
  close(file);
  if (read_bytes != 36) return;
  // pid:[4026531836]
  if (readlink("/proc/self/ns/pid", machine + 36, sizeof(card.machine) - 37) < 0) machine[0] = 0;
}

Neighbours::~Neighbours() {
  for (const Watched& each : watched_) close(each.handle);
}

void Neighbours::Watch(const std::vector<Card>& cards, int own) {
  std::vector<int> here;
  for (std::size_t rank = 0; rank < cards.size(); ++rank) {
    const Card& card = cards[rank];
    if (std::memcmp(card.machine, cards[own].machine, sizeof(card.machine)) == 0) {
      here.push_back(static_cast<int>(rank));
    }
  }
  if (cards[own].machine[0] == 0 || here.size() < 2) return;
  if (own != here[0]) here.erase(here.begin() + (own == here[1] ? 1 : 0), here.end());
  for (const int rank : here) {
    if (rank == own) continue;
    const int handle = HandleOf(cards[rank].process);
    if (handle >= 0) watched_.push_back({rank, handle});
  }
}

int Neighbours::Ended(std::chrono::milliseconds within) {
  std::vector<pollfd> files;
  for (const Watched& each : watched_) files.push_back({each.handle, POLLIN, 0});
  if (poll(files.data(), files.size(), static_cast<int>(within.count())) <= 0) return -1;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].revents == 0) continue;
    const int rank = watched_[i].rank;
    close(watched_[i].handle);
    watched_.erase(watched_.begin() + static_cast<std::ptrdiff_t>(i));
    return rank;
  }
  return -1;
}

#else

void Neighbours::Introduce(Card&) {}
Neighbours::~Neighbours() = default;
void Neighbours::Watch(const std::vector<Card>&, int) {}
int Neighbours::Ended(std::chrono::milliseconds within) {
  std::this_thread::sleep_for(within);
  return -1;
}

#endif

}  // namespace gradlane::distributed
