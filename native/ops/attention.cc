#include "ops/attention.h"

#include "ops/attention_problem.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

// With so few rows nothing is packed: it would be used too few times.
constexpr std::int64_t kFewRows = 4;

// Computes blocks of rows, in scratch of the calling thread.
template <class T>
class Rows {
 public:
  Rows(const AttentionProblem<T>& problem, T* log_sum, T* out)
      : problem_(problem),
        s_(problem.shape),
        kernels_(problem.kernels->attention),
        log_sum_(log_sum),
        out_(out) {
    AttentionScratch measure(nullptr);
    Take(measure);
    AttentionScratch scratch(
        static_cast<char*>(ThreadScratch(ScratchSlot::kTemporary, measure.bytes())));
    Take(scratch);
  }

  // `rows` rows from row `begin` on of a head.
  void Run(std::int64_t b, std::int64_t h, std::int64_t begin, std::int64_t rows) {
    q_ = problem_.Q(b, h);
    k_ = problem_.K(b, h / problem_.group());
    v_ = problem_.V(b, h / problem_.group());
    const AttentionHead<T> out = problem_.Out(out_, b, h);
    std::fill_n(max_, rows, -std::numeric_limits<T>::infinity());
    std::fill_n(sum_, rows, T(0));
    const std::int64_t keys = problem_.KeysOf(begin + rows - 1), step = problem_.Step();
    for (std::int64_t j = 0; j < keys; j += kAttentionBlock) {
      const std::int64_t count = std::min(kAttentionBlock, keys - j);
      few_ = rows <= kFewRows;
      if (!few_) {
        by_k_ = problem_.Transposed(k_, j, count, s_.width, k_panels_);
        by_v_ = problem_.Rows(v_, j, count, s_.value_width, v_panels_);
      }
      for (std::int64_t r = 0; r < rows; r += step) {
        const std::int64_t m = std::min(step, rows - r), i = begin + r;
        const std::int64_t n = problem_.Counts(i, m, j, count, counts_);
        if (n == 0) continue;
        Score(i, j, m, n);
        Weigh(b, h, i, j, m, n, max_ + r, sum_ + r);
        if (j > 0) kernels_.scale(out.At(i), out.row, m, s_.value_width, factors_);
        Add(j, m, n, out.At(i), out.row);
      }
    }
    kernels_.finish(max_, sum_, rows, log_sum_ + (b * s_.heads + h) * s_.rows + begin);
    kernels_.scale(out.At(begin), out.row, rows, s_.value_width, sum_);
  }

 private:
  void Take(AttentionScratch& scratch) {
    k_panels_ = scratch.Take<T>(problem_.PanelLines(kAttentionBlock) * s_.width);
    v_panels_ = scratch.Take<T>(problem_.PanelLines(s_.value_width) * kAttentionBlock);
    scores_ = scratch.Take<T>(kAttentionStep * kAttentionBlock);
    max_ = scratch.Take<T>(kAttentionBlock);
    sum_ = scratch.Take<T>(kAttentionBlock);
    factors_ = scratch.Take<T>(kAttentionStep);
    counts_ = scratch.Take<std::int64_t>(kAttentionStep);
    kept_ = scratch.Take<std::uint8_t>(kAttentionBlock + 3);
  }

  // Of m rows from row i and n keys from key j on.
  void Score(std::int64_t i, std::int64_t j, std::int64_t m, std::int64_t n) const {
    if (!few_) {
      problem_.Multiply(problem_.Lines(q_.At(i), q_.row, m), by_k_, 0, m, n, s_.width, scores_,
                        kAttentionBlock, problem_.scale, T(0));
      return;
    }
    MatmulEpilogue<T> epilogue;
    epilogue.alpha = problem_.scale;
    problem_.kernels->matmul.dot(q_.At(i), q_.row, k_.At(j), k_.row, m, n, s_.width, scores_,
                                 kAttentionBlock, epilogue);
  }

  // Makes weights of the scores of m rows from row i on.
  void Weigh(std::int64_t b, std::int64_t h, std::int64_t i, std::int64_t j, std::int64_t m,
             std::int64_t n, T* max, T* sum) const {
    constexpr std::int64_t ld = kAttentionBlock;
    if (problem_.masked()) {
      for (std::int64_t t = 0; t < m; ++t) {
        problem_.Mask(b, h, i + t, j, counts_[t], scores_ + t * ld);
      }
    }
    kernels_.weigh(scores_, ld, m, counts_, n, max, sum, factors_);
    if (!problem_.drops) return;
    for (std::int64_t t = 0; t < m; ++t) {
      T* const s = scores_ + t * ld;
      const std::uint8_t* const kept = problem_.Kept(b, h, i + t, j, counts_[t], kept_);
      problem_.kernels->dropout.apply(kept, s, s, counts_[t], problem_.kept_scale);
    }
  }

  // Adds the weights of m rows and n keys times these values.
  void Add(std::int64_t j, std::int64_t m, std::int64_t n, T* out, std::int64_t ldo) const {
    const T beta = j > 0 ? T(1) : T(0);
    if (!few_) {
      problem_.Multiply(problem_.Lines(scores_, kAttentionBlock, m), by_v_, 0, m, s_.value_width, n,
                        out, ldo, T(1), beta);
      return;
    }
    MatmulEpilogue<T> epilogue;
    epilogue.beta = beta;
    for (std::int64_t t = 0; t < m; ++t) {
      problem_.kernels->matmul.row(scores_ + t * kAttentionBlock, v_.At(j), v_.row, s_.value_width,
                                   n, out + t * ldo, epilogue);
    }
  }

  const AttentionProblem<T>& problem_;
  const AttentionShape& s_;
  const AttentionKernels<T>& kernels_;
  T* const log_sum_;
  T* const out_;
  AttentionHead<const T> q_, k_, v_;
  bool few_ = false;
  MatmulPanels<T> by_k_ = {}, by_v_ = {};
  T *k_panels_, *v_panels_, *scores_, *max_, *sum_, *factors_;
  std::int64_t* counts_;
  std::uint8_t* kept_;
};

}  // namespace

void Attention(const AttentionArgs& args) {
  constexpr const char* kOp = "attention";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const AttentionProblem<T> problem = CheckAttention<T>(args, kOp);
    const AttentionShape& s = args.shape;
    T* const log_sum =
        Elements<T>(args.log_sum, Product(kOp, s.batch, s.heads, s.rows), kOp, "logSum");
    T* const out = Elements<T>(args.out, AttentionExtent(kOp, s, kAttentionOut), kOp, "out");
    if (s.batch * s.heads * s.rows == 0) return;
    CheckApart(
        {{1, s.value_width}, {s.out_row, s.rows}, {s.out_head, s.heads}, {s.out_batch, s.batch}},
        kOp, "out");
    if (problem.drops) PhiloxStream(args.state, kOp).Advance(AttentionDraws(s));
    const std::int64_t blocks = (s.rows + kAttentionBlock - 1) / kAttentionBlock;
    // 2^19 multiply-adds take some 5 us.
    const std::int64_t work = std::min(s.rows, kAttentionBlock) *
                              std::max<std::int64_t>(1, s.keys) * (s.width + s.value_width);
    ParallelRanges(s.batch * s.heads * blocks, std::max<std::int64_t>(1, (1 << 19) / work),
                   [&](std::int64_t begin, std::int64_t end) {
                     Rows<T> rows(problem, log_sum, out);
                     for (std::int64_t task = begin; task < end; ++task) {
                       const std::int64_t head = task / blocks;
                       const std::int64_t row = task % blocks * kAttentionBlock;
                       rows.Run(head / s.heads, head % s.heads, row,
                                std::min(kAttentionBlock, s.rows - row));
                     }
                   });
  });
}

}  // namespace gradlane
