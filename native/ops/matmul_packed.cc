// The blocked matrix product over packed panels, loops in the BLIS order: columns of B by nc, k by
// kc, then blocks of rows of A that stay in L2 while all panels of B pass by. Both operands are
// packed right before their first use, panels of B inside of the product with the first block of
// rows, and are still in L2 then: packing all of a step first made 1024 x 1024 x 1024 4 % slower.
//
// Where the time goes, percent of the FMA peak that is left after each stage (Zen 5, AVX-512,
// float32, 1024 x 1024 x 1024; float64 in brackets): the tile on panels in L1 99, with A in L2 and
// B streaming through L1 98, with out in L3 96 (93), with packing 91-94 (88-91). Out costs because
// half of the tile's 24 lines cross a cache line where a matrix does not begin at one, as those of
// JavaScript never do.
#include <algorithm>

#include "ops/matmul_problem.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

std::int64_t Ceil(std::int64_t n, std::int64_t step) { return (n + step - 1) / step; }

template <class T>
class Packed {
 public:
  explicit Packed(const MatmulProblem<T>& problem)
      : problem_(problem),
        shape_(problem.shape),
        kernels_(*problem.kernels),
        mr_(kernels_.mr),
        nr_(kernels_.nr),
        blocking_(BlockMatmul(shape_, mr_, nr_, kernels_.kc)) {}

  void Do() {
    b_panels_ = Scratch(ScratchSlot::kPackB, Ceil(blocking_.nc, nr_) * nr_);
    for (jc_ = 0; jc_ < shape_.n; jc_ += blocking_.nc) {
      n_ = std::min(blocking_.nc, shape_.n - jc_);
      for (pc_ = 0; pc_ < shape_.k; pc_ += blocking_.kc) {
        k_ = std::min(blocking_.kc, shape_.k - pc_);
        FirstRows();
        OtherRows();
      }
    }
  }

 private:
  T* Scratch(ScratchSlot slot, std::int64_t lines) const {
    return static_cast<T*>(
        ThreadScratch(slot, static_cast<std::size_t>(lines * blocking_.kc) * sizeof(T)));
  }

  // Packs `rows` lines of A from line i on.
  void PackA(std::int64_t i, std::int64_t rows, T* panels) const {
    kernels_.pack_a(problem_.a_at(i, pc_), problem_.lda, shape_.transpose_a, rows, k_, mr_, panels);
  }

  // Rows from i on times columns from j on of this step, from packed panels of A.
  void Multiply(const T* a_panels, std::int64_t i, std::int64_t rows, std::int64_t j,
                std::int64_t columns) const {
    kernels_.block(MatmulPanels<T>::Packed(a_panels, mr_, k_),
                   MatmulPanels<T>::Packed(b_panels_ + j * k_, nr_, k_), rows, columns, k_,
                   problem_.out + i * problem_.ldo + jc_ + j, problem_.ldo,
                   problem_.EpilogueOf(pc_, pc_ + k_, jc_ + j));
  }
  void Activate(std::int64_t i, std::int64_t rows, std::int64_t j, std::int64_t columns) const {
    if (pc_ + k_ == shape_.k) problem_.Activate(i, jc_ + j, rows, columns);
  }

  // One task a piece of columns, which packs its panels of B.
  void FirstRows() {
    const std::int64_t rows = std::min(blocking_.task_m, shape_.m);
    T* const a_panels = Scratch(ScratchSlot::kPackA, blocking_.task_m);
    const std::int64_t lines = std::max<std::int64_t>(1, kPackGrain / (k_ * mr_)) * mr_;
    ParallelRanges(rows, lines, [&](std::int64_t begin, std::int64_t end) {
      PackA(begin, end - begin, a_panels + begin * k_);
    });
    ParallelRanges(n_, blocking_.task_n, [&](std::int64_t begin, std::int64_t end) {
      // Two panels at a time: longer pieces of the rows of B.
      for (std::int64_t j = begin; j < end; j += 2 * nr_) {
        const std::int64_t columns = std::min(2 * nr_, end - j);
        kernels_.pack_b(problem_.b_at(pc_, jc_ + j), problem_.ldb, !shape_.transpose_b, columns, k_,
                        b_panels_ + j * k_);
        Multiply(a_panels, 0, rows, j, columns);
      }
      Activate(0, rows, begin, end - begin);
    });
  }

  // One task a block of rows, which packs its panels of A.
  void OtherRows() {
    const std::int64_t rest = shape_.m - blocking_.task_m;
    ParallelRanges(rest, blocking_.task_m, [&](std::int64_t begin, std::int64_t end) {
      const std::int64_t i = blocking_.task_m + begin, rows = end - begin;
      T* const a_panels = Scratch(ScratchSlot::kPackA, blocking_.task_m);
      PackA(i, rows, a_panels);
      const std::int64_t columns = problem_.activation == nullptr ? n_ : blocking_.task_n;
      for (std::int64_t j = 0; j < n_; j += columns) {
        const std::int64_t count = std::min(columns, n_ - j);
        Multiply(a_panels, i, rows, j, count);
        Activate(i, rows, j, count);
      }
    });
  }

  const MatmulProblem<T>& problem_;
  const MatmulShape& shape_;
  const MatmulKernels<T>& kernels_;
  const std::int64_t mr_, nr_;
  const MatmulBlocking blocking_;
  T* b_panels_ = nullptr;
  // The step: columns from jc_ on, n_ of them, and lines of the sums from pc_ on, k_ of them.
  std::int64_t jc_ = 0, n_ = 0, pc_ = 0, k_ = 0;
};

}  // namespace

template <class T>
void MatmulPacked(const MatmulProblem<T>& problem) {
  Packed<T>(problem).Do();
}

template void MatmulPacked<float>(const MatmulProblem<float>&);
template void MatmulPacked<double>(const MatmulProblem<double>&);

}  // namespace gradlane
