// Optimizer steps over a large network's parameters against a plain copy of the same bytes,
// interleaved in one run: medians of milliseconds, and the share of the copy's bandwidth.
// Beside the medians stand the fastest rounds, which a busy machine disturbs less.
//   optimizer_bench [elements] [--json FILE]
//   optimizer_bench --serve  for benchmarks/peers/torch_memory.py
// GRADLANE_ISA chooses the ISA target, GRADLANE_NUM_THREADS the threads of both (default 1).
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "bench/serve.h"
#include "cpu/cpu.h"
#include "cpu/dispatch.h"
#include "ops/gradient.h"
#include "ops/memory.h"
#include "ops/update.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

double Milliseconds(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
  return taken.count();
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Buffer Over(std::vector<float>& v) { return {v.data(), static_cast<std::int64_t>(v.size()) * 4}; }
Buffer Over(std::vector<double>& v) { return {v.data(), static_cast<std::int64_t>(v.size()) * 8}; }

struct Trial {
  const char* name;
  int reads, writes;  // arrays of n floats
  std::function<void()> step;
};

struct Result {
  const char* name;
  double ours, copy, best, best_copy;  // ms
};

Result Measure(const Trial& trial, std::int64_t n) {
  // A copy of x bytes moves 2 x bytes.
  const std::int64_t copied = n * (trial.reads + trial.writes) / 2;
  std::vector<float> from(static_cast<std::size_t>(copied), 1.0f), to(from);
  const CopyArgs copy{Dtype::kFloat32, Over(from), Over(to), copied};
  std::vector<double> ours, theirs;
  for (int round = 0; round < 23; ++round) {
    const double a = Milliseconds(trial.step), b = Milliseconds([&] { Copy(copy); });
    if (round < 2) continue;  // first touches
    ours.push_back(a);
    theirs.push_back(b);
  }
  return {trial.name, Median(ours), Median(theirs), *std::min_element(ours.begin(), ours.end()),
          *std::min_element(theirs.begin(), theirs.end())};
}

void WriteJson(const char* path, std::int64_t n, const std::string& command,
               const std::vector<Result>& results) {
  std::FILE* file = std::fopen(path, "w");
  if (file == nullptr) {
    std::perror(path);
    std::exit(1);
  }
  std::fprintf(file,
               "{\n  \"cpu\": \"%s\", \"cores\": %d, \"isa\": \"%s\", \"threads\": %d,\n"
               "  \"command\": \"%s\", \"elements\": %lld, \"unit\": \"ms, medians of 21 "
               "interleaved rounds\",\n  \"results\": [\n",
               CpuBrand(), LogicalCores(), Kernels().name, Threads(), command.c_str(),
               static_cast<long long>(n));
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Result& r = results[i];
    std::fprintf(file,
                 "    {\"trial\": \"%s\", \"gradlane\": %.2f, \"copyOfTheSameBytes\": %.2f, "
                 "\"shareOfCopyBandwidth\": %.2f, \"fastest\": %.2f, \"fastestCopy\": %.2f}%s\n",
                 r.name, r.ours, r.copy, r.copy / r.ours, r.best, r.best_copy,
                 i + 1 < results.size() ? "," : "");
  }
  std::fprintf(file, "  ]\n}\n");
  std::fclose(file);
}

int Main(int argc, char** argv) {
  std::int64_t n = 4 << 20;
  const char* json = nullptr;
  const bool serve = argc == 2 && std::strcmp(argv[1], "--serve") == 0;
  std::string command;
  for (const char* name : {"GRADLANE_ISA", "GRADLANE_NUM_THREADS"}) {
    if (const char* value = std::getenv(name)) command += std::string(name) + "=" + value + " ";
  }
  command += "optimizer_bench";
  for (int i = 1; i < argc; ++i) {
    command += std::string(" ") + argv[i];
    if (std::strcmp(argv[i], "--json") == 0 && i + 1 < argc) {
      json = argv[++i];
      command += std::string(" ") + argv[i];
    } else if (!serve) {
      n = std::atoll(argv[i]);
    }
  }
  const char* threads = std::getenv("GRADLANE_NUM_THREADS");
  SetThreads(threads == nullptr ? 1 : std::atoi(threads));

  const auto size = static_cast<std::size_t>(n);
  std::vector<float> p(size, 0.5f), g(size, 0.01f), state(3 * size, 0.0f);
  // lr, beta1, beta2, eps, four others, momentum at 7, amsgrad at 13, biasCorrection at 14
  std::vector<double> sgd(15), adam(15), steps(1), norm(1), none;
  sgd[0] = adam[0] = 1e-3;
  sgd[7] = adam[1] = 0.9;
  adam[2] = 0.999;
  adam[3] = 1e-8;
  adam[14] = 1;
  std::vector<double> amsgrad(adam);
  amsgrad[13] = 1;
  const std::vector<ParameterSlot> slots{{Over(p), Over(g), n, 0, 0}};
  const auto step = [&](UpdateKind kind, std::vector<double>& hyper) {
    return UpdateStepArgs{Dtype::kFloat32, kind,        Over(hyper), Over(steps),
                          Over(none),      Over(state), n,           slots};
  };
  const UpdateStepArgs sgd_step = step(UpdateKind::kSgd, sgd);
  const UpdateStepArgs adam_step = step(UpdateKind::kAdam, adam);
  const UpdateStepArgs ams_step = step(UpdateKind::kAdam, amsgrad);
  const GradNormArgs norm_of{Dtype::kFloat32, Over(norm), 2, slots};
  const Trial trials[] = {{"sgd, momentum", 3, 2, [&] { UpdateStep(sgd_step); }},
                          {"adam", 4, 3, [&] { UpdateStep(adam_step); }},
                          {"adam, amsgrad", 5, 4, [&] { UpdateStep(ams_step); }},
                          {"gradient norm", 1, 0, [&] { GradNorm(norm_of); }}};

  if (serve) {
    std::vector<std::string> names;
    for (const Trial& trial : trials) names.emplace_back(trial.name);
    Serve(names, [&](std::size_t i) { return Seconds(trials[i].step); });
    return 0;
  }
  std::printf("%s, %s, %lld elements, %d thread(s)\n", CpuBrand(), Kernels().name,
              static_cast<long long>(n), Threads());
  std::printf("%-14s %8s %8s %22s %9s %9s\n", "trial", "ms", "copy ms", "share of its bandwidth",
              "fastest", "copy");
  std::vector<Result> results;
  for (const Trial& trial : trials) {
    results.push_back(Measure(trial, n));
    const Result& r = results.back();
    std::printf("%-14s %8.2f %8.2f %21.0f%% %9.2f %9.2f\n", r.name, r.ours, r.copy,
                100 * r.copy / r.ours, r.best, r.best_copy);
  }
  if (json != nullptr) WriteJson(json, n, command, results);
  return 0;
}

}  // namespace
}  // namespace gradlane

int main(int argc, char** argv) { return gradlane::Main(argc, argv); }
