// Memory-bound operations against memcpy, interleaved in one run: GB/s of what is read and written,
// and the ratio to the copy. CPU time of one thread, float32.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "bench/serve.h"
#include "cpu/cpu.h"
#include "cpu/dispatch.h"

namespace gradlane {

inline constexpr std::int64_t kBenchLength = 1 << 24;  // 64 MiB an array: past any cache of ours
inline constexpr int kBenchRounds = 7;

struct Trial {
  std::string name;
  double arrays;  // of kBenchLength floats that are read or written
  std::function<void()> run;
};

inline double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Floats in [-2, 2), the same on every machine.
inline std::vector<float> BenchFloats(std::int64_t n) {
  std::vector<float> values(static_cast<std::size_t>(n));
  std::uint32_t state = 1;
  for (float& value : values) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<float>(state >> 8) * 0x1p-22f - 2;
  }
  return values;
}

template <class T>
Buffer BufferOf(std::vector<T>& values) {
  return {values.data(), static_cast<std::int64_t>(values.size() * sizeof(T))};
}

struct Result {
  std::string name;
  double gigabytes, ratio;  // per second; to memcpy, the median of ratios within a round
};

// For benchmarks/peers/torch_memory.py, which asks in turn with PyTorch.
inline void ServeTrials(const std::vector<Trial>& trials) {
  std::vector<std::string> names;
  for (const Trial& trial : trials) names.push_back(trial.name);
  Serve(names, [&](std::size_t i) { return Seconds(trials[i].run); });
}

// The copy is from x to out, of kBenchLength floats each. `only`: names that begin so.
inline std::vector<Result> Bandwidths(const std::vector<Trial>& all, const std::vector<float>& x,
                                      std::vector<float>& out, const std::string& only = "") {
  std::vector<Trial> trials;
  for (const Trial& trial : all) {
    if (trial.name.compare(0, only.size(), only) == 0) trials.push_back(trial);
  }
  const double bytes = static_cast<double>(kBenchLength) * sizeof(float);
  const std::function<void()> copy = [&] {
    std::memcpy(out.data(), x.data(), static_cast<std::size_t>(bytes));
  };
  std::vector<std::vector<double>> rates(trials.size() + 1), ratios(trials.size() + 1);
  for (int round = 0; round <= kBenchRounds; ++round) {  // the first one warms up
    for (std::size_t i = 0; i < trials.size(); ++i) {
      const double copy_rate = 2 * bytes / Seconds(copy);
      const double rate = trials[i].arrays * bytes / Seconds(trials[i].run);
      if (round == 0) continue;
      rates[i].push_back(rate * 1e-9);
      ratios[i].push_back(rate / copy_rate);
      rates.back().push_back(copy_rate * 1e-9);
    }
  }
  std::vector<Result> results;
  if (trials.empty()) return results;
  results.push_back({"memcpy", Median(rates.back()), 1});
  for (std::size_t i = 0; i < trials.size(); ++i) {
    results.push_back({trials[i].name, Median(rates[i]), Median(ratios[i])});
  }
  return results;
}

inline void PrintBandwidths(const std::vector<Result>& results) {
  std::printf("%s, %s, 1 thread, float32, %d MiB an array, median of %d rounds\n", CpuBrand(),
              Kernels().name, static_cast<int>(kBenchLength >> 18), kBenchRounds);
  for (const Result& r : results) {
    std::printf("  %-26s %7.2f GB/s  %5.2f of memcpy\n", r.name.c_str(), r.gigabytes, r.ratio);
  }
}

// Writes {..., "bandwidth": [...]<more>}; `more` begins with a comma or is empty.
inline bool WriteBandwidths(const char* path, const char* benchmark,
                            const std::vector<Result>& results, const std::string& more = "") {
  std::FILE* file = std::fopen(path, "w");
  if (file == nullptr) return false;
  std::fprintf(file,
               "{\n  \"benchmark\": \"%s\",\n  \"cpu\": \"%s\",\n  \"isa\": \"%s\",\n"
               "  \"threads\": 1,\n  \"dtype\": \"float32\",\n  \"mebibytes\": %d,\n"
               "  \"bandwidth\": [\n    ",
               benchmark, CpuBrand(), Kernels().name, static_cast<int>(kBenchLength >> 18));
  for (std::size_t i = 0; i < results.size(); ++i) {
    std::fprintf(
        file, "%s{\"operation\": \"%s\", \"gigabytesPerSecond\": %.3f, \"ofMemcpy\": %.3f}",
        i == 0 ? "" : ",\n    ", results[i].name.c_str(), results[i].gigabytes, results[i].ratio);
  }
  std::fprintf(file, "\n  ]%s\n}\n", more.c_str());
  std::fclose(file);
  return true;
}

}  // namespace gradlane
