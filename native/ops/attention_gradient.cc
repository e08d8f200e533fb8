#include "ops/attention_problem.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

// Null where it is not wanted.
template <class T>
struct AttentionGradients {
  T *q, *k, *v;
};

struct AttentionRange {
  std::int64_t begin, end;
};

// What a range of rows and one of keys give, of a head of k and v and of the heads of q that share
// it, in scratch of the calling thread: with w the weights, d the gradients by them and
// delta_i = sum_j w_ij d_ij = grad_out_i out_i, the gradients by the scores are w (d - delta).
template <class T>
class AttentionCells {
 public:
  // `whole`: a cell has all rows and keys, and nothing was written before.
  AttentionCells(const AttentionProblem<T>& problem, const T* log_sum, const T* out,
                 const T* grad_out, const AttentionGradients<T>& gradients, bool whole)
      : problem_(problem),
        s_(problem.shape),
        kernels_(problem.kernels->attention),
        log_sum_(log_sum),
        out_(out),
        grad_out_(grad_out),
        gradients_(gradients),
        by_scores_(gradients.q != nullptr || gradients.k != nullptr),
        whole_(whole) {
    AttentionScratch measure(nullptr);
    Take(measure);
    AttentionScratch scratch(
        static_cast<char*>(ThreadScratch(ScratchSlot::kTemporary, measure.bytes())));
    Take(scratch);
  }

  // Zeros where the gradients of these rows and keys begin.
  void Clear(std::int64_t b, std::int64_t shared, AttentionRange rows, AttentionRange keys) {
    At(b, shared);
    ClearKeys(keys);
    if (gradients_.q == nullptr) return;
    for (std::int64_t h = shared * problem_.group(); h < (shared + 1) * problem_.group(); ++h) {
      const AttentionHead<T> grad_q = GradQ(h);
      for (std::int64_t i = rows.begin; i < rows.end; ++i) {
        std::fill_n(grad_q.At(i), s_.width, T(0));
      }
    }
  }

  void Run(std::int64_t b, std::int64_t shared, AttentionRange rows, AttentionRange keys) {
    At(b, shared);
    for (std::int64_t h = shared * problem_.group(); h < (shared + 1) * problem_.group(); ++h) {
      first_ = h == shared * problem_.group();
      Head(h, rows, keys);
    }
    // Those that no row has.
    if (whole_ && problem_.causal) ClearKeys({std::min(s_.keys, s_.rows + s_.past), s_.keys});
  }

 private:
  void Take(AttentionScratch& scratch) {
    const std::int64_t lines = problem_.PanelLines(kAttentionBlock);
    const std::int64_t width = problem_.PanelLines(s_.width);
    const std::int64_t value_width = problem_.PanelLines(s_.value_width);
    k_lines_ = scratch.Take<T>(lines * s_.width);
    v_lines_ = scratch.Take<T>(lines * s_.value_width);
    k_columns_ = scratch.Take<T>(width * kAttentionBlock);
    q_columns_ = scratch.Take<T>(width * kAttentionBlock);
    g_columns_ = scratch.Take<T>(value_width * kAttentionBlock);
    weights_ = scratch.Take<T>(kAttentionBlock * kAttentionBlock);
    grad_scores_ = scratch.Take<T>(kAttentionBlock * kAttentionBlock);
    delta_ = scratch.Take<T>(kAttentionBlock);
    counts_ = scratch.Take<std::int64_t>(kAttentionStep);
    kept_ = scratch.Take<std::uint8_t>(kAttentionBlock + 3);
  }

  void At(std::int64_t b, std::int64_t shared) {
    b_ = b;
    k_ = problem_.K(b, shared);
    if (by_scores_) v_ = problem_.V(b, shared);
    if (gradients_.k != nullptr) {
      grad_k_ = {gradients_.k + b * s_.k_batch + shared * s_.k_head, s_.k_row};
    }
    if (gradients_.v != nullptr) {
      grad_v_ = {gradients_.v + b * s_.v_batch + shared * s_.v_head, s_.v_row};
    }
  }
  AttentionHead<T> GradQ(std::int64_t h) const {
    return {gradients_.q + b_ * s_.q_batch + h * s_.q_head, s_.q_row};
  }

  void ClearKeys(AttentionRange keys) const {
    for (std::int64_t j = keys.begin; j < keys.end; ++j) {
      if (gradients_.k != nullptr) std::fill_n(grad_k_.At(j), s_.width, T(0));
      if (gradients_.v != nullptr) std::fill_n(grad_v_.At(j), s_.value_width, T(0));
    }
  }

  void Head(std::int64_t h, AttentionRange rows, AttentionRange keys) {
    h_ = h;
    q_ = problem_.Q(b_, h);
    g_ = problem_.Out(grad_out_, b_, h);
    if (gradients_.q != nullptr) grad_q_ = GradQ(h);
    const std::int64_t last = std::min(keys.end, problem_.KeysOf(rows.end - 1));
    for (std::int64_t j = keys.begin; j < last; j += kAttentionBlock) {
      const std::int64_t n = std::min(kAttentionBlock, last - j);
      by_k_ = problem_.Transposed(k_, j, n, s_.width, k_lines_);
      if (by_scores_) by_v_ = problem_.Transposed(v_, j, n, s_.value_width, v_lines_);
      if (gradients_.q != nullptr) keys_ = problem_.Rows(k_, j, n, s_.width, k_columns_);
      for (std::int64_t i = rows.begin; i < rows.end; i += kAttentionBlock) {
        const std::int64_t m = std::min(kAttentionBlock, rows.end - i);
        if (problem_.KeysOf(i + m - 1) <= j) continue;
        ByRows(i, m, j, n);
        ByKeys(i, m, j, n);
      }
    }
  }

  // Weights and gradients by the scores of m rows from row i on and n keys from key j on, and what
  // they give to the gradients by q.
  void ByRows(std::int64_t i, std::int64_t m, std::int64_t j, std::int64_t n) {
    constexpr std::int64_t ld = kAttentionBlock;
    const std::int64_t step = problem_.Step();
    if (by_scores_) {
      const AttentionHead<const T> out = problem_.Out(out_, b_, h_);
      kernels_.dots(g_.At(i), g_.row, out.At(i), out.row, m, s_.value_width, delta_);
    }
    for (std::int64_t r = 0; r < m; r += step) {
      const std::int64_t rows = std::min(step, m - r);
      const std::int64_t keys = problem_.Counts(i + r, rows, j, n, counts_);
      if (keys == 0) continue;
      T* const weights = weights_ + r * ld;
      T* const scores = by_scores_ ? grad_scores_ + r * ld : nullptr;
      problem_.Multiply(problem_.Lines(q_.At(i + r), q_.row, rows), by_k_, 0, rows, keys, s_.width,
                        weights, ld, problem_.scale, T(0));
      if (by_scores_) {
        problem_.Multiply(problem_.Lines(g_.At(i + r), g_.row, rows), by_v_, 0, rows, keys,
                          s_.value_width, scores, ld, T(1), T(0));
      }
      // Up to the end of a step of keys, which takes these rows whole.
      Weigh(i + r, j, rows, std::min(n, (keys + step - 1) / step * step), weights, scores,
            delta_ + r);
      if (gradients_.q != nullptr) {
        problem_.Multiply(problem_.Lines(scores, ld, rows), keys_, 0, rows, s_.width, keys,
                          grad_q_.At(i + r), grad_q_.row, problem_.scale,
                          whole_ && j == 0 ? T(0) : T(1));
      }
    }
  }

  // What they give to the gradients by k and v.
  void ByKeys(std::int64_t i, std::int64_t m, std::int64_t j, std::int64_t n) const {
    constexpr std::int64_t ld = kAttentionBlock;
    MatmulPanels<T> rows_q = {}, rows_g = {};
    if (gradients_.k != nullptr) rows_q = problem_.Rows(q_, i, m, s_.width, q_columns_);
    if (gradients_.v != nullptr) rows_g = problem_.Rows(g_, i, m, s_.value_width, g_columns_);
    // In steps of keys where some rows have not all: rows before the first that has one are left
    // out.
    const std::int64_t step = problem_.KeysOf(i) < j + n ? problem_.Step() : n;
    for (std::int64_t c = 0; c < n; c += step) {
      const std::int64_t keys = std::min(step, n - c);
      const std::int64_t row = problem_.causal ? std::max<std::int64_t>(0, j + c - s_.past) : 0;
      const std::int64_t first = std::max<std::int64_t>(0, row - i), rows = m - first;
      if (rows <= 0) break;
      const std::int64_t at = first * ld + c;
      const T beta = whole_ && first_ && row >= i ? T(0) : T(1);
      if (gradients_.k != nullptr) {
        problem_.Multiply(problem_.Columns(grad_scores_ + at, ld, keys), rows_q, first, keys,
                          s_.width, rows, grad_k_.At(j + c), grad_k_.row, problem_.scale, beta);
      }
      if (gradients_.v != nullptr) {
        problem_.Multiply(problem_.Columns(weights_ + at, ld, keys), rows_g, first, keys,
                          s_.value_width, rows, grad_v_.At(j + c), grad_v_.row, T(1), beta);
      }
    }
  }

  // Makes weights of the scores s of m rows, and gradients by the scores of those by the weights.
  void Weigh(std::int64_t i, std::int64_t j, std::int64_t m, std::int64_t width, T* s, T* d,
             const T* delta) const {
    constexpr std::int64_t ld = kAttentionBlock;
    const auto drop = [&](std::int64_t t, T* values) {
      const std::int64_t n = counts_[t];
      const std::uint8_t* const kept = problem_.Kept(b_, h_, i + t, j, n, kept_);
      T* const row = values + t * ld;
      problem_.kernels->dropout.apply(kept, row, row, n, problem_.kept_scale);
    };
    for (std::int64_t t = 0; t < m; ++t) {
      if (problem_.masked()) problem_.Mask(b_, h_, i + t, j, counts_[t], s + t * ld);
      if (problem_.drops && d != nullptr) drop(t, d);
    }
    const std::int64_t row = (b_ * s_.heads + h_) * s_.rows + i;
    kernels_.gradient(s, d, ld, m, counts_, width, log_sum_ + row, delta);
    if (!problem_.drops || gradients_.v == nullptr) return;
    for (std::int64_t t = 0; t < m; ++t) drop(t, s);
  }

  const AttentionProblem<T>& problem_;
  const AttentionShape& s_;
  const AttentionKernels<T>& kernels_;
  const T *const log_sum_, *const out_, *const grad_out_;
  const AttentionGradients<T> gradients_;
  const bool by_scores_, whole_;
  bool first_ = true;  // of the heads that share k and v
  std::int64_t b_ = 0, h_ = 0;
  AttentionHead<const T> q_, k_, v_, g_;
  AttentionHead<T> grad_q_, grad_k_, grad_v_;
  MatmulPanels<T> by_k_ = {}, by_v_ = {}, keys_ = {};
  T *k_lines_, *v_lines_, *k_columns_, *q_columns_, *g_columns_, *weights_, *grad_scores_, *delta_;
  std::int64_t* counts_;
  std::uint8_t* kept_;
};

// From a gradient's operand and offset on, or in the first that is there of those before it; null
// unless it is wanted.
template <class T>
T* GradientAt(const char* op, const char* operand, bool wanted, std::int64_t offset,
              std::int64_t extent, std::initializer_list<const Buffer*> buffers) {
  if (!wanted) return nullptr;
  const std::int64_t at = Product(op, offset, 1);
  Buffer found;
  for (const Buffer* buffer : buffers) {
    if (!found.present()) found = *buffer;
  }
  return Elements<T>(found, at + extent, op, operand) + at;
}

// Into how many groups rows and keys are split, so that few heads keep many threads busy.
std::int64_t GroupsOf(const AttentionShape& s) {
  constexpr std::int64_t kTasks = 16;
  const auto blocks = [](std::int64_t n) {
    return std::max<std::int64_t>(1, (n + kAttentionBlock - 1) / kAttentionBlock);
  };
  const std::int64_t heads = s.batch * s.kv_heads;
  return std::min({(kTasks + heads - 1) / heads, blocks(s.rows), blocks(s.keys)});
}

// Whole blocks of n rows or keys: one of `groups` ranges as even as they can be.
AttentionRange RangeOf(std::int64_t n, std::int64_t group, std::int64_t groups) {
  const std::int64_t blocks = (n + kAttentionBlock - 1) / kAttentionBlock;
  const auto edge = [&](std::int64_t i) {
    return std::min(n, blocks * i / groups * kAttentionBlock);
  };
  return {edge(group), edge(group + 1)};
}

}  // namespace

void AttentionGradient(const AttentionGradientArgs& args) {
  constexpr const char* kOp = "attentionGradient";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const AttentionProblem<T> problem = CheckAttention<T>(args, kOp);
    const AttentionShape& s = args.shape;
    const T* const log_sum =
        Elements<T>(args.log_sum, Product(kOp, s.batch, s.heads, s.rows), kOp, "logSum");
    const std::int64_t length = AttentionExtent(kOp, s, kAttentionOut);
    const bool by_scores = args.by_q || args.by_k;
    const T* const out = by_scores ? Elements<T>(args.out, length, kOp, "out") : nullptr;
    const T* const grad_out = Elements<T>(args.grad_out, length, kOp, "gradOut");
    const AttentionGradients<T> gradients = {
        GradientAt<T>(kOp, "gradQ", args.by_q, args.q_offset, AttentionExtent(kOp, s, kAttentionQ),
                      {&args.grad_q}),
        GradientAt<T>(kOp, "gradK", args.by_k, args.k_offset, AttentionExtent(kOp, s, kAttentionK),
                      {&args.grad_k, &args.grad_q}),
        GradientAt<T>(kOp, "gradV", args.by_v, args.v_offset, AttentionExtent(kOp, s, kAttentionV),
                      {&args.grad_v, &args.grad_k, &args.grad_q})};
    if (s.batch * s.kv_heads == 0) return;
    if (args.by_q) {
      CheckApart({{1, s.width}, {s.q_row, s.rows}, {s.q_head, s.heads}, {s.q_batch, s.batch}}, kOp,
                 "gradQ");
    }
    if (args.by_k) {
      CheckApart({{1, s.width}, {s.k_row, s.keys}, {s.k_head, s.kv_heads}, {s.k_batch, s.batch}},
                 kOp, "gradK");
    }
    if (args.by_v) {
      CheckApart(
          {{1, s.value_width}, {s.v_row, s.keys}, {s.v_head, s.kv_heads}, {s.v_batch, s.batch}},
          kOp, "gradV");
    }
    const std::int64_t heads = s.batch * s.kv_heads, groups = GroupsOf(s);
    // 2^18 scores' worth of multiply-adds take some 10 us.
    const double work = static_cast<double>(s.rows) * static_cast<double>(s.keys) *
                        static_cast<double>(problem.group() * (s.width + s.value_width));
    const std::int64_t grain =
        work < (1 << 18) ? (1 << 18) / static_cast<std::int64_t>(work + 1) : 1;
    // In a phase each group of keys meets another group of rows, so that no two tasks write to the
    // same gradients, and each gradient adds up in the same order at any number of threads.
    const auto phase = [&](auto&& body) {
      ParallelRanges(heads * groups, std::max<std::int64_t>(1, grain),
                     [&](std::int64_t begin, std::int64_t end) {
                       AttentionCells<T> cells(problem, log_sum, out, grad_out, gradients,
                                               groups == 1);
                       for (std::int64_t task = begin; task < end; ++task) {
                         body(cells, task / groups, task % groups);
                       }
                     });
    };
    for (std::int64_t p = 0; p < groups; ++p) {
      phase([&](AttentionCells<T>& cells, std::int64_t head, std::int64_t group) {
        const std::int64_t b = head / s.kv_heads, shared = head % s.kv_heads;
        const AttentionRange rows = RangeOf(s.rows, (group + p) % groups, groups);
        const AttentionRange keys = RangeOf(s.keys, group, groups);
        if (p == 0 && (groups > 1 || s.rows == 0 || s.keys == 0)) {
          cells.Clear(b, shared, rows, keys);
        }
        if (rows.begin < rows.end && keys.begin < keys.end) cells.Run(b, shared, rows, keys);
      });
    }
  });
}

}  // namespace gradlane
