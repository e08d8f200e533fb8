// Convolutions of benchmarks, batch 32: forward, gradient by the input, gradient by the weights.
//   conv2d_bench          a table of medians, beside oneDNN's where it is installed, asked for in
//   turn conv2d_bench --serve  for benchmarks/peers/torch_conv2d.py, which asks in turn with a
//   peer:
//                         for each line "trial pass" the CPU seconds of one call
//   --algorithm n         by the algorithm of that code where it can compute a trial
// GRADLANE_ISA chooses the ISA target.
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#if defined(GRADLANE_ONEDNN)
#include "bench/conv2d_onednn.h"
#endif
#include "cpu/cpu.h"
#include "cpu/dispatch.h"
#include "ops/conv2d.h"
#include "ops/conv2d_policy.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

struct Trial {
  const char* name;
  std::int64_t in, out, size, kernel, stride, pad, groups;
};
constexpr Trial kTrials[] = {
    {"3x3 64-64 32", 64, 64, 32, 3, 1, 1, 1},
    {"3x3 128-128 16", 128, 128, 16, 3, 1, 1, 1},
    {"3x3 256-256 8", 256, 256, 8, 3, 1, 1, 1},
    {"3x3 3-64 32", 3, 64, 32, 3, 1, 1, 1},
    {"3x3 stride 2 64-128 32", 64, 128, 32, 3, 2, 1, 1},
    {"1x1 256-64 16", 256, 64, 16, 1, 1, 0, 1},
    {"5x5 16-32 14", 16, 32, 14, 5, 1, 2, 1},
    {"depthwise 3x3 64 32", 64, 64, 32, 3, 1, 1, 64},
};
constexpr const char* kPasses[] = {"forward", "by input", "by weight"};

Conv2dAlgorithm algorithm = Conv2dAlgorithm::kAuto;

double CpuTime() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

class Problem {
 public:
  explicit Problem(const Trial& t) {
    const std::int64_t out = (t.size + 2 * t.pad - t.kernel) / t.stride + 1;
    g_ = {32,       t.in,     t.size,   t.size, t.out, out, out, t.kernel,
          t.kernel, t.stride, t.stride, t.pad,  t.pad, 1,   1,   t.groups};
    x_ = Random(g_.in_length());
    weight_ = Random(g_.weight_length());
    grad_out_ = Random(g_.out_length());
    result_ = Random(g_.out_length());
    grad_x_ = Random(g_.in_length());
    grad_weight_ = Random(g_.weight_length());
#if defined(GRADLANE_ONEDNN)
    peer_ = std::make_unique<OneDnnConv2d>(g_, x_.data(), weight_.data(), grad_out_.data(),
                                           result_.data(), grad_x_.data(), grad_weight_.data());
#endif
  }
  void Run(int pass) {
    const Dtype dtype = Dtype::kFloat32;
    const Conv2dAlgorithm how = CanRun(algorithm, g_) ? algorithm : Conv2dAlgorithm::kAuto;
    if (pass == 0) {
      Conv2d({dtype, In(x_), In(weight_), {}, In(result_), g_, Activation::kIdentity, 0, how});
    } else if (pass == 1) {
      Conv2dInputGradient({dtype, In(grad_out_), In(weight_), {}, In(grad_x_), g_, how});
    } else {
      Conv2dWeightGradient({dtype, In(x_), In(grad_out_), In(grad_weight_), g_, 0, how});
    }
  }
  double Seconds(int pass) {
    const double start = CpuTime();
    Run(pass);
    return CpuTime() - start;
  }
#if defined(GRADLANE_ONEDNN)
  double PeerSeconds(int pass) {
    const double start = CpuTime();
    peer_->Run(pass);
    return CpuTime() - start;
  }
  // The largest difference between the two results, over the largest element.
  double Disagreement(int pass) {
    std::vector<float>& result = pass == 0 ? result_ : pass == 1 ? grad_x_ : grad_weight_;
    peer_->Run(pass);
    const std::vector<float> theirs = result;
    Run(pass);
    float most = 0, largest = 0;
    for (std::size_t i = 0; i < result.size(); ++i) {
      most = std::max(most, std::abs(result[i] - theirs[i]));
      largest = std::max(largest, std::abs(theirs[i]));
    }
    return most / largest;
  }
#endif
  double Operations() const {
    return 2.0 * static_cast<double>(g_.out_length() * g_.in_group() * g_.taps());
  }

 private:
  static std::vector<float> Random(std::int64_t n) {
    std::vector<float> values(static_cast<std::size_t>(n));
    for (float& v : values)
      v = static_cast<float>(std::rand()) / static_cast<float>(RAND_MAX) - 0.5f;
    return values;
  }
  static Buffer In(std::vector<float>& v) {
    return {v.data(), static_cast<std::int64_t>(v.size() * sizeof(float))};
  }
  Conv2dGeometry g_;
  std::vector<float> x_, weight_, grad_out_, result_, grad_x_, grad_weight_;
#if defined(GRADLANE_ONEDNN)
  std::unique_ptr<OneDnnConv2d> peer_;
#endif
};

void Serve() {
  std::printf("%s|%s|", Kernels().name, CpuBrand());
  for (const Trial& t : kTrials) std::printf("%s;", t.name);
  std::printf("\n");
  std::fflush(stdout);
  int trial = 0, pass = 0, now = -1;
  std::vector<Problem> problem;
  while (std::scanf("%d %d", &trial, &pass) == 2) {
    if (trial != now) {
      problem.clear();
      problem.emplace_back(kTrials[trial]);
      now = trial;
    }
    std::printf("%.9f\n", problem.front().Seconds(pass));
    std::fflush(stdout);
  }
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void Table() {
  std::printf("%s, %s, one thread, batch 32, float32\n", CpuBrand(), Kernels().name);
#if defined(GRADLANE_ONEDNN)
  std::printf("oneDNN %d.%d.%d, plain layouts in and out; ratio: oneDNN's time over ours\n",
              dnnl_version()->major, dnnl_version()->minor, dnnl_version()->patch);
#else
  std::printf("oneDNN was not found when this was built\n");
#endif
  double logs = 0;
  for (const Trial& t : kTrials) {
    Problem problem(t);
    std::printf("%-24s", t.name);
    for (int pass = 0; pass < 3; ++pass) {
      std::vector<double> ours, theirs;
      for (int i = 0; i < 15; ++i) {
        ours.push_back(problem.Seconds(pass));
#if defined(GRADLANE_ONEDNN)
        theirs.push_back(problem.PeerSeconds(pass));
#endif
      }
      std::printf("  %s %7.3f ms %6.1f GF/s", kPasses[pass], Median(ours) * 1e3,
                  problem.Operations() / Median(ours) / 1e9);
#if defined(GRADLANE_ONEDNN)
      const double ratio = Median(theirs) / Median(ours);
      logs += std::log(ratio);
      std::printf(" %5.2f", ratio);
      if (problem.Disagreement(pass) > 1e-3) std::printf(" (the results differ!)");
#endif
    }
    std::printf("\n");
    std::fflush(stdout);
  }
#if defined(GRADLANE_ONEDNN)
  std::printf("geometric mean %.2f\n", std::exp(logs / (3 * std::size(kTrials))));
#endif
}

}  // namespace
}  // namespace gradlane

int main(int argc, char** argv) {
  gradlane::SetThreads(1);
#if defined(GRADLANE_ONEDNN)
  // OpenMP, which oneDNN runs on, reads this before main does.
  if (std::getenv("OMP_NUM_THREADS") == nullptr) {
    setenv("OMP_NUM_THREADS", "1", 1);
    execv("/proc/self/exe", argv);
  }
#endif
  bool serve = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--serve") == 0) serve = true;
    if (std::strcmp(argv[i], "--algorithm") == 0 && i + 1 < argc) {
      gradlane::algorithm = static_cast<gradlane::Conv2dAlgorithm>(std::atoi(argv[++i]));
    }
  }
  serve ? gradlane::Serve() : gradlane::Table();
  return 0;
}
