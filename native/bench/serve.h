// What a call takes, and the end of a conversation with a script that measures a peer in turn with
// us.
#pragma once

#include <time.h>

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "cpu/cpu.h"
#include "cpu/dispatch.h"

namespace gradlane {

// CPU time of the calling thread, so that others on the machine disturb less.
inline double CpuTime() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

inline double Seconds(const std::function<void()>& run) {
  const double start = CpuTime();
  run();
  return CpuTime() - start;
}

// Prints one line "isa|cpu|name;name;...", then for each number of a name that is read the seconds
// that `seconds` returns for it; ends with the input.
inline void Serve(const std::vector<std::string>& names,
                  const std::function<double(std::size_t)>& seconds) {
  std::printf("%s|%s|", Kernels().name, CpuBrand());
  for (const std::string& name : names) std::printf("%s;", name.c_str());
  std::printf("\n");
  std::fflush(stdout);
  int trial = 0;
  while (std::scanf("%d", &trial) == 1) {
    std::printf("%.9f\n", seconds(static_cast<std::size_t>(trial)));
    std::fflush(stdout);
  }
}

}  // namespace gradlane
