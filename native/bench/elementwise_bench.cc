// Memory-bound operations against memcpy, interleaved in one run: GB/s of what is read and written,
// and the ratio to the copy; then what a small call costs. One thread, float32.
//   elementwise_bench [--json FILE]
// GRADLANE_ISA chooses the row.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "cpu/cpu.h"
#include "cpu/dispatch.h"
#include "ops/activation.h"
#include "ops/cross_entropy.h"
#include "ops/elementwise.h"
#include "ops/pointwise_loss.h"
#include "ops/reduce.h"
#include "ops/softmax.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

constexpr std::int64_t kLength = 1 << 24;  // 64 MiB an array: past any cache of ours
constexpr int kRounds = 7;

struct Trial {
  std::string name;
  double arrays;  // of kLength floats that are read or written
  std::function<void()> run;
};

// CPU time of the calling thread, so that others on the machine disturb less.
double CpuTime() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double Seconds(const std::function<void()>& run) {
  const double start = CpuTime();
  run();
  return CpuTime() - start;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Arrays {
  explicit Arrays(std::int64_t n) : x(Make(n)), y(Make(n)), z(Make(n)), out(Make(n)), n(n) {
    for (std::int64_t i = 0; i < n; ++i) labels.push_back(static_cast<std::int32_t>(i % 10));
  }
  static std::vector<float> Make(std::int64_t n) {
    std::vector<float> values(static_cast<std::size_t>(n));
    std::uint32_t state = 1;
    for (float& value : values) {
      state = state * 1664525u + 1013904223u;
      value = static_cast<float>(state >> 8) * 0x1p-22f - 2;
    }
    return values;
  }
  static Buffer Of(std::vector<float>& values) {
    return {values.data(), static_cast<std::int64_t>(values.size() * sizeof(float))};
  }
  Buffer Labels() {
    return {labels.data(), static_cast<std::int64_t>(labels.size() * sizeof(std::int32_t))};
  }
  std::vector<float> x, y, z, out;
  std::vector<std::int32_t> labels;
  std::int64_t n;
};

std::vector<Trial> TrialsOf(Arrays& a) {
  constexpr Dtype kFloat = Dtype::kFloat32;
  const Buffer x = Arrays::Of(a.x), y = Arrays::Of(a.y), z = Arrays::Of(a.z);
  const Buffer out = Arrays::Of(a.out);
  const std::int64_t n = a.n;
  std::vector<Trial> trials;
  const auto add = [&](const char* name, double arrays, std::function<void()> run) {
    trials.push_back({name, arrays, std::move(run)});
  };
  const auto activation = [&](const char* name, Activation kind, double parameter) {
    add(name, 2, [=] { ActivationForward({kFloat, kind, x, out, n, parameter}); });
    // Some gradients look at x, some at y, none at both.
    const bool neither = kind == Activation::kIdentity;
    add((std::string(name) + "Gradient").c_str(), neither ? 2 : 3, [=] {
      ActivationGradient({kFloat, kind, x, y, z, out, n, parameter});
    });
  };
  activation("relu", Activation::kRelu, 0);
  activation("sigmoid", Activation::kSigmoid, 0);
  activation("tanh", Activation::kTanh, 0);
  activation("swish", Activation::kSwish, 1);
  activation("gelu", Activation::kGelu, 0);
  activation("geluTanh", Activation::kGeluTanh, 0);
  activation("softplus", Activation::kSoftplus, 1);
  add("exp", 2, [=] { ElementwiseUnary({kFloat, Unary::kExp, x, out, n}); });
  add("log", 2, [=] { ElementwiseUnary({kFloat, Unary::kLog, x, out, n}); });
  const auto binary = [&](const char* name, Broadcast broadcast, double arrays, std::int64_t cols) {
    add(name, arrays, [=] {
      ElementwiseBinary({kFloat, Binary::kAdd, broadcast, x, y, out, n / cols, cols});
    });
  };
  binary("add", Broadcast::kNone, 3, 512);
  binary("add row 512", Broadcast::kRow, 2, 512);
  binary("add row 16", Broadcast::kRow, 2, 16);
  binary("add column 512", Broadcast::kColumn, 2, 512);
  add("affine", 2, [=] { Affine({kFloat, x, out, n, 0.5, 1}); });
  add("axpby", 3, [=] { Axpby({kFloat, x, out, n, 0.5, 0.5}); });
  const auto reduce = [&](const char* name, Reduce kind, std::int64_t outer, std::int64_t inner) {
    add(name, 1, [=] { ReduceAlong({kFloat, kind, x, out, outer, n / outer / inner, inner, 0}); });
  };
  reduce("sum", Reduce::kSum, 1, 1);
  reduce("sum rows 1024", Reduce::kSum, n / 1024, 1);
  reduce("sum columns 1024", Reduce::kSum, 1, 1024);
  reduce("sum columns 16", Reduce::kSum, 1, 16);
  reduce("max", Reduce::kMax, 1, 1);
  add("argmax rows 16", 1, [=] { Argmax({kFloat, x, out, n / 16, 16, 1}); });
  const auto softmax = [&](const char* name, std::int64_t length, std::int64_t inner, bool log) {
    add(name, 2, [=] { Softmax({kFloat, x, out, n / length / inner, length, inner, log}); });
  };
  softmax("softmax 16", 16, 1, false);
  softmax("softmax 1024", 1024, 1, false);
  softmax("logSoftmax 1024", 1024, 1, true);
  softmax("softmax 16 x 1024", 16, 1024, false);
  const Buffer labels = a.Labels();
  add("crossEntropy 16", 1, [=] {
    CrossEntropy({kFloat, x, labels, true, {}, out, y, n / 16, 16, Reduction::kMean, -100, 0});
  });
  add("crossEntropyGradient 16", 2, [=] {
    CrossEntropyGradient({kFloat, x, labels, true, {}, y, out, n / 16, 16, -100, 0});
  });
  constexpr auto kMse = PointwiseLossKind::kMse;
  add("mse", 2, [=] { PointwiseLoss({kFloat, kMse, x, y, {}, {}, out, n, 0, false, double(n)}); });
  add("mseGradient", 3, [=] {
    PointwiseLossGradient({kFloat, kMse, x, y, {}, {}, out, n, 0, 0.25});
  });
  return trials;
}

struct Result {
  std::string name;
  double gigabytes, ratio;  // per second; to memcpy, the median of ratios within a round
};

std::vector<Result> Bandwidths() {
  Arrays arrays(kLength);
  const std::vector<Trial> trials = TrialsOf(arrays);
  const double bytes = static_cast<double>(kLength) * sizeof(float);
  const std::function<void()> copy = [&] {
    std::memcpy(arrays.out.data(), arrays.x.data(), static_cast<std::size_t>(bytes));
  };
  std::vector<std::vector<double>> rates(trials.size() + 1), ratios(trials.size() + 1);
  for (int round = 0; round <= kRounds; ++round) {  // the first one warms up
    for (std::size_t i = 0; i < trials.size(); ++i) {
      const double copy_rate = 2 * bytes / Seconds(copy);
      const double rate = trials[i].arrays * bytes / Seconds(trials[i].run);
      if (round == 0) continue;
      rates[i].push_back(rate * 1e-9);
      ratios[i].push_back(rate / copy_rate);
      rates.back().push_back(copy_rate * 1e-9);
      ratios.back().push_back(1);
    }
  }
  std::vector<Result> results{{"memcpy", Median(rates.back()), 1}};
  for (std::size_t i = 0; i < trials.size(); ++i) {
    results.push_back({trials[i].name, Median(rates[i]), Median(ratios[i])});
  }
  return results;
}

// Nanoseconds of one call, inside caches.
std::vector<Result> SmallCalls(std::int64_t n) {
  Arrays arrays(n);
  std::vector<Result> results;
  for (const Trial& trial : TrialsOf(arrays)) {
    if (n % 512 != 0 && trial.name.find(' ') != std::string::npos &&
        trial.name.find("16") == std::string::npos) {
      continue;  // longer rows than the array
    }
    std::vector<double> times;
    for (int round = 0; round < 9; ++round) {
      constexpr int kCalls = 2000;
      times.push_back(Seconds([&] {
                        for (int call = 0; call < kCalls; ++call) trial.run();
                      }) /
                      kCalls);
    }
    results.push_back({trial.name, Median(times) * 1e9, 0});
  }
  return results;
}

int Main(int argc, char** argv) {
  SetThreads(1);
  std::printf("%s, row %s, 1 thread, float32, %d MiB an array, median of %d rounds\n", CpuBrand(),
              Kernels().name, static_cast<int>(kLength >> 18), kRounds);
  const std::vector<Result> bandwidths = Bandwidths();
  for (const Result& r : bandwidths) {
    std::printf("  %-24s %7.2f GB/s  %5.2f of memcpy\n", r.name.c_str(), r.gigabytes, r.ratio);
  }
  std::string small_json;
  for (const std::int64_t n : {16, 160, 1024}) {
    std::printf("one call over %d elements, ns\n", static_cast<int>(n));
    for (const Result& r : SmallCalls(n)) {
      std::printf("  %-24s %7.0f\n", r.name.c_str(), r.gigabytes);
      small_json += (small_json.empty() ? "" : ",\n    ");
      small_json += "{\"operation\": \"" + r.name + "\", \"elements\": " + std::to_string(n) +
                    ", \"nanoseconds\": " + std::to_string(r.gigabytes) + "}";
    }
  }
  if (argc == 3 && std::string(argv[1]) == "--json") {
    std::FILE* file = std::fopen(argv[2], "w");
    if (file == nullptr) return 1;
    std::fprintf(file,
                 "{\n  \"benchmark\": \"elementwise_bench\",\n  \"cpu\": \"%s\",\n  \"isa\": "
                 "\"%s\",\n  \"threads\": 1,\n  \"dtype\": \"float32\",\n  \"mebibytes\": %d,\n"
                 "  \"bandwidth\": [\n    ",
                 CpuBrand(), Kernels().name, static_cast<int>(kLength >> 18));
    for (std::size_t i = 0; i < bandwidths.size(); ++i) {
      std::fprintf(file,
                   "%s{\"operation\": \"%s\", \"gigabytesPerSecond\": %.3f, \"ofMemcpy\": %.3f}",
                   i == 0 ? "" : ",\n    ", bandwidths[i].name.c_str(), bandwidths[i].gigabytes,
                   bandwidths[i].ratio);
    }
    std::fprintf(file, "\n  ],\n  \"smallCalls\": [\n    %s\n  ]\n}\n", small_json.c_str());
    std::fclose(file);
  }
  return 0;
}

}  // namespace
}  // namespace gradlane

int main(int argc, char** argv) { return gradlane::Main(argc, argv); }
