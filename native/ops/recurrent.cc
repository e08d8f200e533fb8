// The recurrent weights are packed once for all steps. A task's rows times a panel of them, added
// to the gates of the step, then the gates of these rows: what it works on stays in L1 and L2.
#include "ops/recurrent.h"

#include "ops/recurrent_problem.h"

namespace gradlane {
namespace {

constexpr const char* kOp = "recurrent";

template <class T>
class Pass {
 public:
  explicit Pass(const RecurrentArgs& a) : p_(a, kOp) {
    const std::int64_t states = p_.rows * p_.size, cells = p_.rows * p_.hidden;
    bias_ = OptionalElements<T>(a.bias, p_.columns, kOp, "bias");
    first_h_ = OptionalElements<T>(a.first_h, states, kOp, "firstH");
    first_c_ = OptionalElements<T>(a.first_c, cells, kOp, "firstC");
    raw_ = p_.project == nullptr ? nullptr : Elements<T>(a.raw, p_.steps * cells, kOp, "raw");
    output_ = Elements<T>(a.output, p_.output_extent, kOp, "output");
    last_h_ = Elements<T>(a.last_h, states, kOp, "lastH");
    last_c_ = p_.is_lstm ? Elements<T>(a.last_c, cells, kOp, "lastC") : nullptr;
  }

  void Run() {
    if (p_.rows == 0 || p_.hidden == 0 || p_.size == 0) return;
    Pack();
    ParallelRanges(p_.rows, kRecurrentRows,
                   [&](std::int64_t begin, std::int64_t end) { RunRows(begin, end); });
  }

 private:
  void Pack() {
    const std::int64_t k = p_.size, n = p_.is_gru ? 2 * p_.hidden : p_.columns;
    recurrent_.SetTransposed(p_.weight, n, k);
    if (p_.is_gru) hidden_n_.SetTransposed(p_.weight + n * k, p_.hidden, k);
    if (p_.project != nullptr) projection_.SetTransposed(p_.project, k, p_.hidden);
  }

  void RunRows(std::int64_t begin, std::int64_t end) const {
    const std::int64_t count = end - begin, h = p_.hidden, size = p_.size;
    const std::int64_t start = p_.reverse ? p_.steps : 0, stop = p_.steps - start;
    CopyRows(first_h_, begin, p_.states + p_.At(start, begin, size), count, size);
    if (p_.is_lstm) CopyRows(first_c_, begin, p_.inner + p_.At(start, begin, h), count, h);
    for (std::int64_t i = 0; i < p_.steps; ++i) {
      RunStep(p_.StepAt(p_.reverse ? p_.steps - 1 - i : i), begin, end);
    }
    std::copy_n(p_.states + p_.At(stop, begin, size), count * size, last_h_ + begin * size);
    if (p_.is_lstm) std::copy_n(p_.inner + p_.At(stop, begin, h), count * h, last_c_ + begin * h);
  }

  void RunStep(const RecurrentStep& step, std::int64_t begin, std::int64_t end) const {
    const std::int64_t count = end - begin, h = p_.hidden, size = p_.size, t = step.t;
    T* const own = p_.gates + p_.At(t, begin, p_.columns);
    const T* const old = p_.states + p_.At(step.before, begin, size);
    recurrent_.Multiply(old, count, own, p_.columns, T(1), bias_);
    if (p_.is_gru) {
      hidden_n_.Multiply(old, count, p_.inner + p_.At(t, begin, h), h, T(0),
                         bias_ == nullptr ? nullptr : bias_ + 2 * h);
    }
    const auto kernel = Kernels().typed<T>().recurrent.forward[static_cast<int>(p_.kind)];
    p_.ForActive(t, begin, end, [&](std::int64_t row, std::int64_t rows) {
      RecurrentRows<T> at = {};
      at.gates = p_.gates + p_.At(t, row, p_.columns);
      at.before = p_.states + p_.At(step.before, row, size);
      at.after = p_.project == nullptr ? p_.states + p_.At(step.after, row, size)
                                       : raw_ + p_.At(t, row, h);
      if (p_.is_lstm) {
        at.cell = p_.inner + p_.At(step.before, row, h);
        at.inner = p_.inner + p_.At(step.after, row, h);
      } else if (p_.is_gru) {
        at.inner = p_.inner + p_.At(t, row, h);
      }
      kernel(at, rows, h);
    });
    if (p_.project != nullptr) Project(step, begin, end);
    for (std::int64_t row = begin; row < end; ++row) {
      if (p_.Ended(t, row)) {
        Stay(step, row);
      } else {
        std::copy_n(p_.states + p_.At(step.after, row, size), size, output_ + p_.OutputAt(t, row));
      }
    }
  }

  // What stood in the rows that have ended is multiplied and summed up later: it must be a number.
  void Project(const RecurrentStep& step, std::int64_t begin, std::int64_t end) const {
    const std::int64_t h = p_.hidden, size = p_.size;
    for (std::int64_t row = begin; row < end; ++row) {
      if (p_.Ended(step.t, row)) std::fill_n(raw_ + p_.At(step.t, row, h), h, T(0));
    }
    projection_.Multiply(raw_ + p_.At(step.t, begin, h), end - begin,
                         p_.states + p_.At(step.after, begin, size), size, T(0), nullptr);
  }

  // A row behind its end.
  void Stay(const RecurrentStep& step, std::int64_t row) const {
    const std::int64_t h = p_.hidden, size = p_.size, t = step.t;
    std::fill_n(output_ + p_.OutputAt(t, row), size, T(0));
    std::fill_n(p_.gates + p_.At(t, row, p_.columns), p_.columns, T(0));
    if (p_.is_gru) std::fill_n(p_.inner + p_.At(t, row, h), h, T(0));
    std::copy_n(p_.states + p_.At(step.before, row, size), size,
                p_.states + p_.At(step.after, row, size));
    if (p_.is_lstm) {
      std::copy_n(p_.inner + p_.At(step.before, row, h), h, p_.inner + p_.At(step.after, row, h));
    }
  }

  RecurrentProblem<T> p_;
  const T *bias_, *first_h_, *first_c_;
  T *raw_, *output_, *last_h_, *last_c_;
  RecurrentFactor<T> recurrent_{p_, ScratchSlot::kPackB};
  // Each has one of them at most.
  RecurrentFactor<T> hidden_n_{p_, ScratchSlot::kPackA}, projection_{p_, ScratchSlot::kPackA};
};

}  // namespace

void Recurrent(const RecurrentArgs& args) {
  DispatchFloat(args.dtype, kOp, [&](auto zero) { Pass<decltype(zero)>(args).Run(); });
}

}  // namespace gradlane
