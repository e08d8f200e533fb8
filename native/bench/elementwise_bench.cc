// Memory-bound operations against memcpy, interleaved in one run: GB/s of what is read and written,
// and the ratio to the copy; then what a small call costs. One thread, float32.
//   elementwise_bench [--json FILE]
//   elementwise_bench --serve  for benchmarks/peers/torch_memory.py
// GRADLANE_ISA chooses the ISA target.
#include "bench/bandwidth.h"
#include "ops/activation.h"
#include "ops/cross_entropy.h"
#include "ops/elementwise.h"
#include "ops/pointwise_loss.h"
#include "ops/reduce.h"
#include "ops/softmax.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

struct Arrays {
  explicit Arrays(std::int64_t n)
      : x(BenchFloats(n)), y(BenchFloats(n)), z(BenchFloats(n)), out(BenchFloats(n)), n(n) {
    for (std::int64_t i = 0; i < n; ++i) labels.push_back(static_cast<std::int32_t>(i % 10));
  }
  std::vector<float> x, y, z, out;
  std::vector<std::int32_t> labels;
  std::int64_t n;
};

std::vector<Trial> TrialsOf(Arrays& a) {
  constexpr Dtype kFloat = Dtype::kFloat32;
  const Buffer x = BufferOf(a.x), y = BufferOf(a.y), z = BufferOf(a.z);
  const Buffer out = BufferOf(a.out);
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
  const Buffer labels = BufferOf(a.labels);
  add("crossEntropy 16", 1, [=] {
    CrossEntropy(
        {kFloat, x, labels, Dtype::kInt32, {}, out, y, n / 16, 16, 1, Reduction::kMean, -100, 0});
  });
  add("crossEntropyGradient 16", 2, [=] {
    CrossEntropyGradient({kFloat, x, labels, Dtype::kInt32, {}, y, out, n / 16, 16, 1, -100, 0});
  });
  constexpr auto kMse = PointwiseLossKind::kMse;
  add("mse", 2, [=] { PointwiseLoss({kFloat, kMse, x, y, {}, {}, out, n, 0, false, double(n)}); });
  add("mseGradient", 3, [=] {
    PointwiseLossGradient({kFloat, kMse, x, y, {}, {}, out, n, 0, 0.25});
  });
  return trials;
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
  Arrays arrays(kBenchLength);
  if (argc == 2 && std::strcmp(argv[1], "--serve") == 0) {
    ServeTrials(TrialsOf(arrays));
    return 0;
  }
  const std::vector<Result> bandwidths = Bandwidths(TrialsOf(arrays), arrays.x, arrays.out);
  PrintBandwidths(bandwidths);
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
    const std::string small = ",\n  \"smallCalls\": [\n    " + small_json + "\n  ]";
    if (!WriteBandwidths(argv[2], "elementwise_bench", bandwidths, small)) return 1;
  }
  return 0;
}

}  // namespace
}  // namespace gradlane

int main(int argc, char** argv) { return gradlane::Main(argc, argv); }
