// What a training step does besides products, over arrays past the last-level cache, against
// memcpy: normalisation, pooling, resizing, softmax and cross entropy of a few classes, the
// gradients' norm.
//   memory_bench [--json FILE] [--only PREFIX]
//   memory_bench --serve  for benchmarks/peers/torch_memory.py
// GRADLANE_ISA chooses the ISA target.
//
// Bytes are those that a call has to move at least: batch normalisation reads x twice, for its
// statistics and to normalise, and its gradient both operands twice.
#include <cstring>

#include "bench/bandwidth.h"
#include "ops/batch_norm.h"
#include "ops/cross_entropy.h"
#include "ops/gradient.h"
#include "ops/group_norm.h"
#include "ops/layer_norm.h"
#include "ops/pool2d.h"
#include "ops/reduce.h"
#include "ops/softmax.h"
#include "ops/upsample2d.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

constexpr Dtype kFloat = Dtype::kFloat32;
constexpr std::int64_t n = kBenchLength;

struct Arrays {
  std::vector<float> x = BenchFloats(n), y = BenchFloats(n), out = BenchFloats(n);
  std::vector<float> small = std::vector<float>(1 << 20);
  std::vector<double> sums = std::vector<double>(1 << 20);
  std::vector<std::int32_t> index = std::vector<std::int32_t>(n);
};

class Trials {
 public:
  explicit Trials(Arrays& a) : a_(a), x_(BufferOf(a.x)), y_(BufferOf(a.y)), out_(BufferOf(a.out)) {
    BatchNorms("32x32", 64, 1024);
    BatchNorms("8x8", 256, 64);
    BatchNorms("1x1", 256, 1);
    LayerNorms();
    GroupNorms("spatial 256", 64, 256, 32);
    GroupNorms("spatial 1", 512, 1, 32);
    Poolings();
    Resizings();
    Softmaxes();
    Losses();
    Add("gradNorm", 1, [this] { GradNorm({kFloat, Sums(0), 2, {{{x_, x_, n, 0, 0}}}}); });
  }

  std::vector<Trial> list;

 private:
  void Add(const std::string& name, double arrays, std::function<void()> run) {
    list.push_back({name, arrays, std::move(run)});
  }
  // One of many small arrays.
  Buffer Small(int i) { return {a_.small.data() + i * 65536, 65536 * 4}; }
  Buffer Sums(int i) { return {a_.sums.data() + i * 131072, 131072 * 8}; }

  void BatchNorms(const std::string& name, std::int64_t channels, std::int64_t spatial) {
    const std::int64_t batch = n / channels / spatial;
    Add("batchNorm " + name, 3, [=, this] {
      BatchNorm({kFloat,
                 x_,
                 Small(0),
                 Small(1),
                 Small(2),
                 Small(3),
                 {},
                 Small(4),
                 Small(5),
                 out_,
                 batch,
                 channels,
                 spatial,
                 1e-5,
                 0.1});
    });
    Add("batchNormGradient " + name, 5, [=, this] {
      BatchNormSums({kFloat, x_, y_, Small(4), Small(5), Sums(0), Small(6), Small(7), batch,
                     channels, spatial, 0, 0});
      BatchNormGradient(
          {kFloat, x_, y_, Small(0), Small(4), Small(5), Sums(0), out_, batch, channels, spatial});
    });
  }

  void LayerNorms() {
    for (const std::int64_t cols : {64, 768}) {
      const std::int64_t rows = n / cols;
      const std::string size = std::to_string(cols);
      Add("layerNorm " + size, 2, [=, this] {
        LayerNorm({kFloat, x_, Small(0), Small(1), Rows(0), Rows(1), out_, rows, cols, 1e-5});
      });
      Add("layerNormGradient " + size, 3, [=, this] {
        LayerNormGradient({kFloat, x_, y_, Small(0), Rows(0), Rows(1), out_, rows, cols});
      });
      Add("layerNormAffine " + size, 2, [=, this] {
        LayerNormAffineGradient(
            {kFloat, x_, y_, Rows(0), Rows(1), Small(6), Small(7), rows, cols, 0, 0});
      });
    }
  }

  void GroupNorms(const std::string& name, std::int64_t channels, std::int64_t spatial,
                  std::int64_t groups) {
    const std::int64_t batch = n / channels / spatial;
    Add("groupNorm " + name, 3, [=, this] {
      GroupNorm({kFloat, x_, Small(0), Small(1), Rows(0), Rows(1), out_, batch, channels, spatial,
                 groups, 1e-5});
    });
  }

  void Poolings() {
    const auto shape = [](std::int64_t size, std::int64_t kernel, std::int64_t stride,
                          std::int64_t pad) {
      const std::int64_t count = (size + 2 * pad - kernel) / stride + 1;
      return Pool2dShape{size, size, count, count, kernel, kernel, stride, stride, pad, pad, 1, 1};
    };
    const auto add = [&](const std::string& name, const Pool2dShape& s) {
      const std::int64_t planes = n / (s.in_height * s.in_width);
      const double out = double(s.out_height * s.out_width) / double(s.in_height * s.in_width);
      const Buffer index = BufferOf(a_.index);
      Add("maxPool2d " + name, 1 + 2 * out, [=, this] {
        MaxPool2d({kFloat, x_, out_, index, planes, s});
      });
      // right after it, with the indices that it wrote
      Add("maxPool2dGradient " + name, 1 + 2 * out, [=, this] {
        MaxPool2dGradient({kFloat, y_, index, out_, planes, s});
      });
      Add("avgPool2d " + name, 1 + out, [=, this] {
        AvgPool2d({kFloat, x_, out_, planes, s, true, 0});
      });
      Add("avgPool2dGradient " + name, 1 + out, [=, this] {
        AvgPool2dGradient({kFloat, y_, out_, planes, s, true, 0});
      });
    };
    add("2 of 24x24", shape(24, 2, 2, 0));
    add("2 of 32x32", shape(32, 2, 2, 0));
    add("2 of 16x16", shape(16, 2, 2, 0));
    add("3/2 of 56x56", shape(56, 3, 2, 1));
    add("3/1 of 56x56", shape(56, 3, 1, 1));
    add("4 of 32x32", shape(32, 4, 4, 0));
    add("2 of 4096x4096", shape(4096, 2, 2, 0));
    for (const std::int64_t size : {8, 32}) {
      const std::int64_t planes = n / size / size;
      const std::string name = std::to_string(size);
      Add("adaptiveAvgPool2d " + name, 1, [=, this] {
        AdaptiveAvgPool2d({kFloat, x_, out_, planes, size, size, 1, 1});
      });
      Add("adaptiveAvgPool2dGradient " + name, 1, [=, this] {
        AdaptiveAvgPool2dGradient({kFloat, y_, out_, planes, size, size, 1, 1});
      });
    }
  }

  void Resizings() {
    for (const UpsampleMode mode : {UpsampleMode::kNearest, UpsampleMode::kBilinear}) {
      const std::string name = mode == UpsampleMode::kNearest ? "nearest" : "bilinear";
      for (const std::int64_t to : {64, 48}) {
        const std::int64_t planes = n / (to * to);
        const double in = 1024.0 / double(to * to);
        const std::string title = name + " 32 to " + std::to_string(to);
        Add("upsample2d " + title, 1 + in, [=, this] {
          Upsample2d({kFloat, mode, x_, out_, planes, 32, 32, to, to, 0, 0, false});
        });
        Add("upsample2dGradient " + title, 1 + in, [=, this] {
          Upsample2dGradient({kFloat, mode, y_, out_, planes, 32, 32, to, to, 0, 0, false});
        });
      }
    }
  }

  void Softmaxes() {
    for (const std::int64_t cols : {10, 16, 100, 1000}) {
      const std::string size = std::to_string(cols);
      for (const bool log : {false, true}) {
        const std::string name = log ? "logSoftmax" : "softmax";
        Add(name + " " + size, 2, [=, this] {
          Softmax({kFloat, x_, out_, n / cols, cols, 1, log});
        });
        Add(name + "Gradient " + size, 3, [=, this] {
          SoftmaxGradient({kFloat, x_, y_, out_, n / cols, cols, 1, log});
        });
      }
    }
  }

  void Losses() {
    for (std::int64_t i = 0; i < n; ++i) labels_[std::size_t(i)] = std::int32_t(i % 10);
    for (const std::int64_t cols : {10, 16, 100, 1000}) {
      const std::string size = std::to_string(cols);
      const Buffer labels = BufferOf(labels_);
      const double read = 1 + 1 / double(cols);
      Add("crossEntropy " + size, read, [=, this] {
        CrossEntropy({kFloat,
                      x_,
                      labels,
                      Dtype::kInt32,
                      {},
                      out_,
                      Small(8),
                      n / cols,
                      cols,
                      1,
                      Reduction::kMean,
                      -100,
                      0});
      });
      Add("crossEntropyGradient " + size, 1 + read, [=, this] {
        CrossEntropyGradient(
            {kFloat, x_, labels, Dtype::kInt32, {}, Small(8), out_, n / cols, cols, 1, -100, 0});
      });
      Add("argmax " + size, read, [=, this] { Argmax({kFloat, x_, out_, n / cols, cols, 1}); });
    }
  }

  // A number for each of many rows.
  Buffer Rows(int i) { return {rows_.data() + i * n / 8, n / 2}; }

  Arrays& a_;
  Buffer x_, y_, out_;
  std::vector<float> rows_ = std::vector<float>(n / 4);
  std::vector<std::int32_t> labels_ = std::vector<std::int32_t>(n);
};

int Main(int argc, char** argv) {
  SetThreads(1);
  const char* json = nullptr;
  std::string only;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--json") == 0) json = argv[i + 1];
    if (std::strcmp(argv[i], "--only") == 0) only = argv[i + 1];
  }
  Arrays arrays;
  Trials trials(arrays);
  if (argc == 2 && std::strcmp(argv[1], "--serve") == 0) {
    ServeTrials(trials.list);
    return 0;
  }
  const std::vector<Result> results = Bandwidths(trials.list, arrays.x, arrays.out, only);
  PrintBandwidths(results);
  return json == nullptr || WriteBandwidths(json, "memory_bench", results) ? 0 : 1;
}

}  // namespace
}  // namespace gradlane

int main(int argc, char** argv) { return gradlane::Main(argc, argv); }
