// Matrix products against OpenBLAS, interleaved in one run: medians of GFLOP/s, and the ratio.
//   matmul_bench [square|small|batch1|all] [float32|float64|both] [--json FILE]
// GRADLANE_ISA chooses our ISA target, OPENBLAS_CORETYPE theirs.
#include <cblas.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "bench/fma_peak.h"
#include "cpu/caches.h"
#include "cpu/cpu.h"
#include "cpu/dispatch.h"
#include "ops/matmul.h"
#include "parallel/thread_pool.h"

extern "C" {
char* openblas_get_corename(void);
char* openblas_get_config(void);
void openblas_set_num_threads(int);
}

namespace gradlane {
namespace {

struct Trial {
  std::string name;
  std::int64_t m, n, k;
  bool transpose_a, transpose_b;
};

struct Result {
  Trial trial;
  const char* dtype;
  double ours, theirs, peak, ours_two_threads;  // GFLOP/s
};

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Of the calling thread: what one thread does is measured by this, so that others on the machine
// disturb less.
double CpuTime() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void Gemm(const Trial& t, const float* a, const float* b, float* c) {
  cblas_sgemm(CblasRowMajor, t.transpose_a ? CblasTrans : CblasNoTrans,
              t.transpose_b ? CblasTrans : CblasNoTrans, static_cast<int>(t.m),
              static_cast<int>(t.n), static_cast<int>(t.k), 1, a,
              static_cast<int>(t.transpose_a ? t.m : t.k), b,
              static_cast<int>(t.transpose_b ? t.k : t.n), 0, c, static_cast<int>(t.n));
}
void Gemm(const Trial& t, const double* a, const double* b, double* c) {
  cblas_dgemm(CblasRowMajor, t.transpose_a ? CblasTrans : CblasNoTrans,
              t.transpose_b ? CblasTrans : CblasNoTrans, static_cast<int>(t.m),
              static_cast<int>(t.n), static_cast<int>(t.k), 1, a,
              static_cast<int>(t.transpose_a ? t.m : t.k), b,
              static_cast<int>(t.transpose_b ? t.k : t.n), 0, c, static_cast<int>(t.n));
}
// A batch of one is what a caller of BLAS would give to its matrix-vector product.
void Gemv(const Trial& t, const float* x, const float* w, float* y) {
  const int rows = static_cast<int>(t.transpose_b ? t.n : t.k);
  const int columns = static_cast<int>(t.transpose_b ? t.k : t.n);
  cblas_sgemv(CblasRowMajor, t.transpose_b ? CblasNoTrans : CblasTrans, rows, columns, 1, w,
              columns, x, 1, 0, y, 1);
}
void Gemv(const Trial& t, const double* x, const double* w, double* y) {
  const int rows = static_cast<int>(t.transpose_b ? t.n : t.k);
  const int columns = static_cast<int>(t.transpose_b ? t.k : t.n);
  cblas_dgemv(CblasRowMajor, t.transpose_b ? CblasNoTrans : CblasTrans, rows, columns, 1, w,
              columns, x, 1, 0, y, 1);
}

template <class T>
Result Measure(const Trial& t, double peak) {
  std::vector<T> a(t.m * t.k), b(t.k * t.n), c(t.m * t.n), d(t.m * t.n);
  for (auto* v : {&a, &b}) {
    for (T& x : *v) x = static_cast<T>(std::rand()) / static_cast<T>(RAND_MAX) - T(0.5);
  }
  const auto buffer = [](std::vector<T>& v) {
    return Buffer{v.data(), static_cast<std::int64_t>(v.size() * sizeof(T))};
  };
  const MatmulArgs args{sizeof(T) == 4 ? Dtype::kFloat32 : Dtype::kFloat64,
                        buffer(a),
                        buffer(b),
                        buffer(c),
                        t.m,
                        t.n,
                        t.k,
                        t.transpose_a,
                        t.transpose_b,
                        1,
                        0,
                        {},
                        Activation::kIdentity,
                        0};
  const auto ours = [&] { Matmul(args); };
  const auto theirs = [&] {
    if (t.m == 1) {
      Gemv(t, a.data(), b.data(), d.data());
    } else {
      Gemm(t, a.data(), b.data(), d.data());
    }
  };
  const double work =
      2.0 * static_cast<double>(t.m) * static_cast<double>(t.n) * static_cast<double>(t.k);
  // Each sample lasts 2 ms at least, and a trial some 0.3 s in all.
  const auto seconds = [](auto&& body, int count, double (*clock)() = &CpuTime) {
    const double start = clock();
    for (int i = 0; i < count; ++i) body();
    return (clock() - start) / count;
  };
  SetThreads(1);
  ours();
  theirs();
  const int count = std::max(1, static_cast<int>(2e-3 / seconds(ours, 2)));
  const int rounds = std::clamp(static_cast<int>(0.1 / (seconds(ours, 1) * count)), 7, 41);
  std::vector<double> our, their, two;
  for (int round = 0; round < rounds; ++round) {
    our.push_back(seconds(ours, count));
    their.push_back(seconds(theirs, count));
    SetThreads(2);
    if (work > 1e7) two.push_back(seconds(ours, count, &Now));
    SetThreads(1);
  }
  return {t,
          sizeof(T) == 4 ? "float32" : "float64",
          work / Median(our) / 1e9,
          work / Median(their) / 1e9,
          peak,
          two.empty() ? 0 : work / Median(two) / 1e9};
}

std::vector<Trial> Trials(const std::string& group) {
  std::vector<Trial> trials;
  const bool all = group == "all";
  if (all || group == "square") {
    for (const std::int64_t n : {256, 512, 1024, 2048})
      trials.push_back({"square", n, n, n, false, false});
    for (const std::int64_t n : {512, 1024}) {
      trials.push_back({"square", n, n, n, false, true});
      trials.push_back({"square", n, n, n, true, false});
    }
  }
  // A layer of n outputs and k inputs over a batch of m, in its three products.
  if (all || group == "small") {
    constexpr std::int64_t kLayers[][3] = {
        {16, 20, 784}, {64, 32, 8}, {32, 128, 784}, {64, 256, 784}, {128, 512, 784}};
    for (const auto& [m, n, k] : kLayers) {
      trials.push_back({"forward", m, n, k, false, true});
      trials.push_back({"by input", m, k, n, false, false});
      trials.push_back({"by weight", n, k, m, true, false});
    }
  }
  if (all || group == "batch1") {
    constexpr std::int64_t kLayers[][2] = {
        {128, 784}, {512, 784}, {10, 128}, {1024, 1024}, {100, 1}};
    for (const auto& [n, k] : kLayers) {
      trials.push_back({"forward", 1, n, k, false, true});
      trials.push_back({"by input", 1, k, n, false, false});
    }
  }
  return trials;
}

void Print(const Result& r) {
  std::printf("%-9s %s %5lld x %5lld x %5lld %c%c %8.1f %8.1f %6.2fx %5.1f%%", r.trial.name.c_str(),
              r.dtype, static_cast<long long>(r.trial.m), static_cast<long long>(r.trial.n),
              static_cast<long long>(r.trial.k), r.trial.transpose_a ? 't' : 'n',
              r.trial.transpose_b ? 't' : 'n', r.ours, r.theirs, r.ours / r.theirs,
              r.peak > 0 ? 100 * r.ours / r.peak : 0.0);
  if (r.ours_two_threads > 0) std::printf(" %5.2fx", r.ours_two_threads / r.ours);
  std::printf("\n");
  std::fflush(stdout);
}

void WriteJson(const char* path, const std::string& command, const std::vector<Result>& results) {
  std::FILE* file = std::fopen(path, "w");
  if (file == nullptr) {
    std::perror(path);
    std::exit(1);
  }
  std::fprintf(file,
               "{\n  \"cpu\": \"%s\", \"cores\": %d, \"l1d\": %lld, \"l2\": %lld,\n"
               "  \"isa\": \"%s\", \"openblas\": \"%s\", \"openblasCore\": \"%s\",\n"
               "  \"command\": \"%s\", \"unit\": \"GFLOP/s, medians of interleaved rounds\",\n"
               "  \"results\": [\n",
               CpuBrand(), LogicalCores(), static_cast<long long>(Caches().l1d),
               static_cast<long long>(Caches().l2), Kernels().name, openblas_get_config(),
               openblas_get_corename(), command.c_str());
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Result& r = results[i];
    std::fprintf(
        file,
        "    {\"trial\": \"%s\", \"dtype\": \"%s\", \"m\": %lld, \"n\": %lld, \"k\": %lld, "
        "\"transposeA\": %s, \"transposeB\": %s, \"gradlane\": %.1f, \"openblas\": %.1f, "
        "\"ratio\": %.3f, \"fmaPeak\": %.1f, \"gradlaneTwoThreads\": %.1f}%s\n",
        r.trial.name.c_str(), r.dtype, static_cast<long long>(r.trial.m),
        static_cast<long long>(r.trial.n), static_cast<long long>(r.trial.k),
        r.trial.transpose_a ? "true" : "false", r.trial.transpose_b ? "true" : "false", r.ours,
        r.theirs, r.ours / r.theirs, r.peak, r.ours_two_threads, i + 1 < results.size() ? "," : "");
  }
  std::fprintf(file, "  ]\n}\n");
  std::fclose(file);
}

int Main(int argc, char** argv) {
  std::string group = "all", dtype = "both", command;
  const char* json = nullptr;
  for (const char* name : {"GRADLANE_ISA", "OPENBLAS_CORETYPE"}) {
    if (const char* value = std::getenv(name)) command += std::string(name) + "=" + value + " ";
  }
  command += "matmul_bench";
  for (int i = 1; i < argc; ++i) {
    command += std::string(" ") + argv[i];
    const std::string word = argv[i];
    if (word == "--json" && i + 1 < argc) {
      json = argv[++i];
      command += std::string(" ") + argv[i];
    } else if (word == "float32" || word == "float64" || word == "both") {
      dtype = word;
    } else {
      group = word;
    }
  }
  openblas_set_num_threads(1);
  std::printf("%s, %s against OpenBLAS %s, one thread\n", CpuBrand(), Kernels().name,
              openblas_get_corename());
  std::printf("%-9s %-7s %5s   %5s   %5s %2s %8s %8s %7s %6s %s\n", "trial", "dtype", "m", "n", "k",
              "", "gradlane", "openblas", "ratio", "peak", "2 threads");
  std::vector<Result> results;
  for (const Trial& trial : Trials(group)) {
    for (const bool single : {true, false}) {
      if (dtype == (single ? "float64" : "float32")) continue;
      static const double peaks[2] = {FmaPeak<double>(Kernels().name),
                                      FmaPeak<float>(Kernels().name)};
      results.push_back(single ? Measure<float>(trial, peaks[1])
                               : Measure<double>(trial, peaks[0]));
      Print(results.back());
    }
  }
  if (json != nullptr) WriteJson(json, command, results);
  return 0;
}

}  // namespace
}  // namespace gradlane

int main(int argc, char** argv) { return gradlane::Main(argc, argv); }
