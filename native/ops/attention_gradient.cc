#include "ops/attention_problem.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

template <class T>
struct AttentionGradients {
  T *q, *k, *v;
};

// The gradients of a head of k and v and of the heads of q that share it, in scratch of the calling
// thread: with w the weights, d the gradients by them and delta_i = sum_j w_ij d_ij = grad_out_i
// out_i, those by the scores are w (d - delta).
template <class T>
class SharedHead {
 public:
  SharedHead(const AttentionProblem<T>& problem, const T* log_sum, const T* out, const T* grad_out,
             const AttentionGradients<T>& gradients)
      : problem_(problem),
        s_(problem.shape),
        log_sum_(log_sum),
        out_(out),
        grad_out_(grad_out),
        gradients_(gradients) {
    AttentionScratch measure(nullptr);
    Take(measure);
    AttentionScratch scratch(
        static_cast<char*>(ThreadScratch(ScratchSlot::kTemporary, measure.bytes())));
    Take(scratch);
  }

  void Run(std::int64_t b, std::int64_t shared) {
    b_ = b;
    k_ = problem_.K(b, shared);
    v_ = problem_.V(b, shared);
    grad_k_ = {gradients_.k + b * s_.k_batch + shared * s_.k_head, s_.k_row};
    grad_v_ = {gradients_.v + b * s_.v_batch + shared * s_.v_head, s_.v_row};
    for (std::int64_t j = 0; j < s_.keys; ++j) {
      std::fill_n(grad_k_.At(j), s_.width, T(0));
      std::fill_n(grad_v_.At(j), s_.value_width, T(0));
    }
    const std::int64_t group = problem_.group();
    for (std::int64_t h = shared * group; h < (shared + 1) * group; ++h) Head(h);
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
    delta_ = scratch.Take<T>(s_.rows);
    kept_ = scratch.Take<std::uint8_t>(kAttentionBlock + 3);
  }

  void Head(std::int64_t h) {
    h_ = h;
    q_ = problem_.Q(b_, h);
    g_ = problem_.Out(grad_out_, b_, h);
    grad_q_ = {gradients_.q + b_ * s_.q_batch + h * s_.q_head, s_.q_row};
    const AttentionHead<const T> out = problem_.Out(out_, b_, h);
    for (std::int64_t i = 0; i < s_.rows; ++i) {
      delta_[i] = problem_.kernels->attention.dot(g_.At(i), out.At(i), s_.value_width);
      std::fill_n(grad_q_.At(i), s_.width, T(0));
    }
    for (std::int64_t j = 0; j < s_.keys; j += kAttentionBlock) {
      const std::int64_t n = std::min(kAttentionBlock, s_.keys - j);
      problem_.PackRows(k_.At(j), k_.row, n, s_.width, k_lines_);
      problem_.PackRows(v_.At(j), v_.row, n, s_.value_width, v_lines_);
      problem_.PackColumns(k_.At(j), k_.row, n, s_.width, k_columns_);
      for (std::int64_t i = 0; i < s_.rows; i += kAttentionBlock) {
        const std::int64_t m = std::min(kAttentionBlock, s_.rows - i);
        if (problem_.KeysOf(i + m - 1) > j) Block(i, m, j, n);
      }
    }
  }

  // m rows from row i on times n keys from key j on.
  void Block(std::int64_t i, std::int64_t m, std::int64_t j, std::int64_t n) {
    constexpr std::int64_t ld = kAttentionBlock;
    for (std::int64_t r = 0; r < m; r += kAttentionStep) {
      const std::int64_t rows = std::min(kAttentionStep, m - r);
      const std::int64_t keys =
          std::clamp<std::int64_t>(problem_.KeysOf(i + r + rows - 1) - j, 0, n);
      T* const weights = weights_ + r * ld;
      T* const scores = grad_scores_ + r * ld;
      if (keys > 0) {
        problem_.Multiply(problem_.Lines(q_.At(i + r), q_.row, rows), k_lines_, s_.width, rows,
                          keys, s_.width, weights, ld, problem_.scale, T(0));
        problem_.Multiply(problem_.Lines(g_.At(i + r), g_.row, rows), v_lines_, s_.value_width,
                          rows, keys, s_.value_width, scores, ld, T(1), T(0));
      }
      for (std::int64_t t = 0; t < rows; ++t)
        Row(i + r + t, j, n, weights + t * ld, scores + t * ld);
      if (keys > 0) {
        problem_.Multiply(problem_.Lines(scores, ld, rows), k_columns_, n, rows, s_.width, keys,
                          grad_q_.At(i + r), grad_q_.row, problem_.scale, T(1));
      }
    }
    problem_.PackColumns(q_.At(i), q_.row, m, s_.width, q_columns_);
    problem_.PackColumns(g_.At(i), g_.row, m, s_.value_width, g_columns_);
    // Steps of keys of which the rows before the first that has one are left out.
    const std::int64_t step = problem_.KeysOf(i) < j + n ? kAttentionStep : n;
    const std::int64_t nr = problem_.kernels->matmul.nr;
    for (std::int64_t c = 0; c < n; c += step) {
      const std::int64_t keys = std::min(step, n - c);
      const std::int64_t first =
          problem_.causal ? std::max<std::int64_t>(0, j + c - s_.past - i) : 0;
      if (first >= m) break;
      const std::int64_t at = first * ld + c, rows = m - first;
      problem_.Multiply(problem_.Columns(grad_scores_ + at, ld, keys), q_columns_ + first * nr, m,
                        keys, s_.width, rows, grad_k_.At(j + c), grad_k_.row, problem_.scale, T(1));
      problem_.Multiply(problem_.Columns(weights_ + at, ld, keys), g_columns_ + first * nr, m, keys,
                        s_.value_width, rows, grad_v_.At(j + c), grad_v_.row, T(1), T(1));
    }
  }

  // Makes weights of the scores of row i, and gradients by the scores of those by the weights.
  void Row(std::int64_t i, std::int64_t j, std::int64_t width, T* s, T* d) const {
    const std::int64_t n = std::clamp<std::int64_t>(problem_.KeysOf(i) - j, 0, width);
    problem_.Mask(b_, h_, i, j, n, s);
    const std::uint8_t* kept = nullptr;
    const auto drop = [&](T* values) {
      problem_.kernels->dropout.apply(kept, values, values, n, problem_.kept_scale);
    };
    if (problem_.drops) {
      kept = problem_.Kept(b_, h_, i, j, n, kept_);
      drop(d);
    }
    const std::int64_t row = (b_ * s_.heads + h_) * s_.rows + i;
    problem_.kernels->attention.gradient(s, d, n, width, log_sum_[row], delta_[i]);
    if (kept != nullptr) drop(s);
  }

  const AttentionProblem<T>& problem_;
  const AttentionShape& s_;
  const T *const log_sum_, *const out_, *const grad_out_;
  const AttentionGradients<T> gradients_;
  std::int64_t b_ = 0, h_ = 0;
  AttentionHead<const T> q_, k_, v_, g_;
  AttentionHead<T> grad_q_, grad_k_, grad_v_;
  T *k_lines_, *v_lines_, *k_columns_, *q_columns_, *g_columns_, *weights_, *grad_scores_, *delta_;
  std::uint8_t* kept_;
};

// From a gradient's operand and offset, or from where the one before it lies.
template <class T>
T* GradientAt(const char* op, const char* operand, const Buffer& own, const Buffer& other,
              std::int64_t offset, std::int64_t extent) {
  const std::int64_t at = Product(op, offset, 1);
  return Elements<T>(own.present() ? own : other, at + extent, op, operand) + at;
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
    const T* const out = Elements<T>(args.out, length, kOp, "out");
    const T* const grad_out = Elements<T>(args.grad_out, length, kOp, "gradOut");
    const Buffer& of_k = args.grad_k.present() ? args.grad_k : args.grad_q;
    const AttentionGradients<T> gradients = {
        GradientAt<T>(kOp, "gradQ", args.grad_q, args.grad_q, args.q_offset,
                      AttentionExtent(kOp, s, kAttentionQ)),
        GradientAt<T>(kOp, "gradK", args.grad_k, of_k, args.k_offset,
                      AttentionExtent(kOp, s, kAttentionK)),
        GradientAt<T>(kOp, "gradV", args.grad_v, of_k, args.v_offset,
                      AttentionExtent(kOp, s, kAttentionV))};
    if (s.batch * s.kv_heads == 0) return;
    CheckApart({{1, s.width}, {s.q_row, s.rows}, {s.q_head, s.heads}, {s.q_batch, s.batch}}, kOp,
               "gradQ");
    CheckApart({{1, s.width}, {s.k_row, s.keys}, {s.k_head, s.kv_heads}, {s.k_batch, s.batch}}, kOp,
               "gradK");
    CheckApart(
        {{1, s.value_width}, {s.v_row, s.keys}, {s.v_head, s.kv_heads}, {s.v_batch, s.batch}}, kOp,
        "gradV");
    // 2^18 scores' worth of multiply-adds take some 10 us.
    const double work = static_cast<double>(s.rows) * static_cast<double>(s.keys) *
                        static_cast<double>(problem.group() * (s.width + s.value_width));
    const std::int64_t grain =
        work < (1 << 18) ? (1 << 18) / static_cast<std::int64_t>(work + 1) : 1;
    ParallelRanges(s.batch * s.kv_heads, std::max<std::int64_t>(1, grain),
                   [&](std::int64_t begin, std::int64_t end) {
                     SharedHead<T> head(problem, log_sum, out, grad_out, gradients);
                     for (std::int64_t task = begin; task < end; ++task) {
                       head.Run(task / s.kv_heads, task % s.kv_heads);
                     }
                   });
  });
}

}  // namespace gradlane
