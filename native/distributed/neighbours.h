// The processes of a job that run on this machine, and when one of them ends: a launcher may tell
// of it late, by another's number, or not at all.
#pragma once

#include <chrono>
#include <vector>

#include "distributed/collective.h"

namespace gradlane::distributed {

class Neighbours {
 public:
  // Writes down where this process is to be found.
  static void Introduce(Card& card);

  Neighbours() = default;
  Neighbours(const Neighbours&) = delete;
  Neighbours& operator=(const Neighbours&) = delete;
  ~Neighbours();

  // The first rank of a machine watches all others of it and the second one the first, so that one
  // of them tells of an end. On systems that have no handles of processes nobody does.
  void Watch(const std::vector<Card>& cards, int own);

  // The rank of one that has ended, each once; -1 when there is none within this time.
  int Ended(std::chrono::milliseconds within);

 private:
  struct Watched {
    int rank, handle;
  };
  std::vector<Watched> watched_;
};

}  // namespace gradlane::distributed
