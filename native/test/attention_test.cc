// Attention and its gradients against the formulas in wider arithmetic, and against blocks of other
// sizes: what a row comes to does not depend on those beside it.
#include "ops/attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#include "parallel/scratch.h"
#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

struct Sizes {
  std::int64_t batch, heads, kv_heads, rows, keys, width;
  bool causal;
};
constexpr Sizes kSizes[] = {{1, 1, 1, 1, 1, 1, false},     {2, 4, 2, 25, 33, 8, false},
                            {1, 2, 2, 65, 65, 16, true},   {1, 1, 1, 150, 290, 3, true},
                            {2, 2, 1, 290, 150, 5, true},  {1, 2, 2, 2, 300, 7, false},
                            {1, 1, 1, 289, 300, 4, false}, {1, 1, 1, 440, 440, 2, true}};

// Heads in rows of q, of out, and of k with v behind it.
AttentionShape ShapeOf(const Sizes& s) {
  const std::int64_t q_row = s.heads * s.width, kv_row = 2 * s.kv_heads * s.width;
  return {s.batch,
          s.heads,
          s.kv_heads,
          s.rows,
          s.keys,
          s.width,
          s.width,
          s.rows * q_row,
          s.width,
          q_row,
          s.keys * kv_row,
          s.width,
          kv_row,
          s.keys * kv_row,
          s.width,
          kv_row,
          s.rows * q_row,
          s.width,
          q_row,
          0,
          0,
          0,
          0,
          0};
}

template <class T>
struct Case {
  explicit Case(const Sizes& sizes)
      : s(sizes),
        shape(ShapeOf(sizes)),
        q(s.batch * shape.q_batch, 1),
        kv(s.batch * shape.k_batch, 2),
        g(q.size(), 3),
        out(q.size(), 1),
        log_sum(s.batch * s.heads * s.rows, 2),
        grad_q(q.size(), 3),
        grad_kv(kv.size(), 1) {
    q.FillRandom(1);
    kv.FillRandom(2);
    g.FillRandom(3);
  }

  void Run(double p = 0) {
    Forward(p);
    Gradient(p, true, true, true);
  }

  void Forward(double p) {
    Array<std::int32_t> state(4);
    state.Fill([](std::int64_t i) { return i < 2 ? 7 : 0; });
    const auto [k, v, from] = Operands();
    Attention({kDtypeOf<T>,
               q.buffer(),
               k,
               v,
               Dtype::kUint8,
               {},
               Dtype::kUint8,
               {},
               state.buffer(),
               log_sum.buffer(),
               out.buffer(),
               shape,
               0.5,
               s.causal,
               false,
               p});
  }

  // By v alone, neither v nor out is there.
  void Gradient(double p, bool by_q, bool by_k, bool by_v) {
    Array<std::int32_t> before(4);
    before.Fill([](std::int64_t i) { return i < 2 ? 7 : 0; });
    const auto [k, v, from] = Operands();
    const bool by_scores = by_q || by_k;
    AttentionGradient({kDtypeOf<T>,
                       q.buffer(),
                       k,
                       by_scores ? v : Buffer{},
                       Dtype::kUint8,
                       {},
                       Dtype::kUint8,
                       {},
                       before.buffer(),
                       log_sum.buffer(),
                       by_scores ? out.buffer() : Buffer{},
                       g.buffer(),
                       by_q ? grad_q.buffer() : Buffer{},
                       grad_kv.buffer(),
                       {},
                       shape,
                       0,
                       0,
                       from,
                       by_q,
                       by_k,
                       by_v,
                       0.5,
                       s.causal,
                       false,
                       p});
  }

  struct Placed {
    Buffer k, v;
    std::int64_t from;
  };
  Placed Operands() {
    const std::int64_t from = s.kv_heads * s.width;
    const Buffer k = kv.buffer();
    return {k, {&kv[0] + from, k.bytes - from * static_cast<std::int64_t>(sizeof(T))}, from};
  }

  Sizes s;
  AttentionShape shape;
  Array<T> q, kv, g, out, log_sum, grad_q, grad_kv;
};

class AttentionTest : public EveryIsaTarget {
 protected:
  template <class T>
  static void Formulas() {
    using W = WideOf<T>;
    for (const Sizes& s : kSizes) {
      Case<T> it(s);
      it.Run();
      ASSERT_TRUE(it.out.GuardsIntact() && it.log_sum.GuardsIntact() && it.grad_q.GuardsIntact() &&
                  it.grad_kv.GuardsIntact());
      const AttentionShape& shape = it.shape;
      Array<W> grad_q(it.q.size()), grad_kv(it.kv.size());
      grad_q.Fill([](std::int64_t) { return 0; });
      grad_kv.Fill([](std::int64_t) { return 0; });
      // All numbers are below 1, a score has `width` products below 1 each, and a gradient at most
      // rows * heads or keys terms of up to 2 width.
      const W bound = kUnit<T> * static_cast<W>(40 * s.width + 4 * s.keys);
      for (std::int64_t b = 0; b < s.batch; ++b) {
        for (std::int64_t h = 0; h < s.heads; ++h) {
          const std::int64_t shared = h / (s.heads / s.kv_heads);
          const std::int64_t k = b * shape.k_batch + shared * shape.k_head;
          const std::int64_t v = k + s.kv_heads * s.width;
          for (std::int64_t i = 0; i < s.rows; ++i) {
            const std::int64_t at = b * shape.q_batch + h * shape.q_head + i * shape.q_row;
            const std::int64_t keys = s.causal ? std::min(s.keys, i + 1) : s.keys;
            std::vector<W> weight(static_cast<std::size_t>(keys));
            W sum = 0;
            for (std::int64_t j = 0; j < keys; ++j) {
              W score = 0;
              for (std::int64_t c = 0; c < s.width; ++c) {
                score += W(it.q[at + c]) * it.kv[k + j * shape.k_row + c];
              }
              sum += weight[static_cast<std::size_t>(j)] = std::exp(score / 2);
            }
            W delta = 0;
            for (std::int64_t c = 0; c < s.width; ++c) {
              W out = 0;
              for (std::int64_t j = 0; j < keys; ++j) {
                out += weight[static_cast<std::size_t>(j)] / sum * it.kv[v + j * shape.v_row + c];
              }
              ASSERT_LE(std::fabs(it.out[at + c] - out), bound) << s.rows << " x " << s.keys;
              delta += out * it.g[at + c];
            }
            for (std::int64_t j = 0; j < keys; ++j) {
              const W w = weight[static_cast<std::size_t>(j)] / sum;
              W d = 0;
              for (std::int64_t c = 0; c < s.width; ++c) {
                d += W(it.g[at + c]) * it.kv[v + j * shape.v_row + c];
                grad_kv[v + j * shape.v_row + c] += w * it.g[at + c];
              }
              for (std::int64_t c = 0; c < s.width; ++c) {
                grad_q[at + c] += w * (d - delta) / 2 * it.kv[k + j * shape.k_row + c];
                grad_kv[k + j * shape.k_row + c] += w * (d - delta) / 2 * it.q[at + c];
              }
            }
          }
        }
      }
      const W of_gradient = bound * static_cast<W>(4 * s.width * (s.rows * s.heads / s.keys + 1));
      for (std::int64_t i = 0; i < grad_q.size(); ++i) {
        ASSERT_LE(std::fabs(it.grad_q[i] - grad_q[i]), of_gradient) << s.rows << " x " << s.keys;
      }
      for (std::int64_t i = 0; i < grad_kv.size(); ++i) {
        ASSERT_LE(std::fabs(it.grad_kv[i] - grad_kv[i]), of_gradient) << s.rows << " x " << s.keys;
      }
    }
  }
};

TEST_P(AttentionTest, FollowsTheFormulasInFloat) { Formulas<float>(); }
TEST_P(AttentionTest, FollowsTheFormulasInDouble) { Formulas<double>(); }
TEST_P(AttentionTest, SameBitsAtOneAndTwoThreads) {
  for (const Sizes& s : kSizes) {
    for (const double p : {0.0, 0.4}) {
      Case<float> one(s), two(s);
      SetThreads(1);
      one.Run(p);
      SetThreads(2);
      two.Run(p);
      EXPECT_TRUE(one.out.SameBits(two.out) && one.log_sum.SameBits(two.log_sum) &&
                  one.grad_q.SameBits(two.grad_q) && one.grad_kv.SameBits(two.grad_kv));
    }
  }
}
TEST_P(AttentionTest, GradientsAloneAreThoseTogether) {
  for (const Sizes& s : kSizes) {
    for (const double p : {0.0, 0.4}) {
      Case<float> all(s);
      all.Run(p);
      for (int wanted = 1; wanted < 7; ++wanted) {
        Case<float> some(s);
        some.Forward(p);
        some.Gradient(p, wanted & 1, wanted & 2, wanted & 4);
        if (wanted & 1) {
          EXPECT_TRUE(some.grad_q.SameBits(all.grad_q)) << wanted;
        }
        const Array<float> before = Case<float>(s).grad_kv;
        for (std::int64_t i = 0; i < some.grad_kv.size(); ++i) {
          const bool of_v = i % some.shape.k_row >= s.kv_heads * s.width;
          const bool is = (wanted & (of_v ? 4 : 2)) != 0;
          ASSERT_EQ(some.grad_kv[i], is ? all.grad_kv[i] : before[i]) << wanted << " at " << i;
        }
      }
    }
  }
}

// What a thread keeps depends on the width of heads alone: memory is linear in the length.
TEST_P(AttentionTest, ScratchDoesNotGrowWithTheLength) {
  SetThreads(1);
  std::vector<std::size_t> held;
  for (const std::int64_t length : {288, 4096}) {
    std::thread([&] {
      Case<float> it({1, 1, 1, length, length, 2, true});
      it.Run();
      held.push_back(ThreadScratchBytes());
    }).join();
  }
  EXPECT_GT(held[0], 0u);
  EXPECT_EQ(held[0], held[1]);
}
GRADLANE_ON_EVERY_ISA_TARGET(AttentionTest);

}  // namespace
}  // namespace gradlane
