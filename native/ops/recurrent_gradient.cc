// Backwards through the steps of a recurrent layer, in the order and the tasks of its pass.
#include "ops/recurrent_problem.h"

namespace gradlane {
namespace {

constexpr const char* kOp = "recurrentGradient";

template <class T>
class GradientPass {
 public:
  explicit GradientPass(const RecurrentGradientArgs& a) : p_(a, kOp) {
    const std::int64_t states = p_.rows * p_.size, cells = p_.rows * p_.hidden;
    const std::int64_t gates = p_.steps * p_.rows * p_.columns;
    grad_output_ = OptionalElements<T>(a.grad_output, p_.output_extent, kOp, "gradOutput");
    grad_last_h_ = OptionalElements<T>(a.grad_last_h, states, kOp, "gradLastH");
    grad_last_c_ = OptionalElements<T>(a.grad_last_c, cells, kOp, "gradLastC");
    grad_gates_ = Elements<T>(a.grad_gates, gates, kOp, "gradGates");
    grad_hidden_ = p_.is_gru ? Elements<T>(a.grad_hidden, gates, kOp, "gradHidden") : nullptr;
    grad_states_ = p_.project == nullptr
                       ? nullptr
                       : Elements<T>(a.grad_states, p_.steps * states, kOp, "gradStates");
    grad_first_h_ = Elements<T>(a.grad_first_h, states, kOp, "gradFirstH");
    grad_first_c_ = p_.is_lstm ? Elements<T>(a.grad_first_c, cells, kOp, "gradFirstC") : nullptr;
  }

  void Run() {
    if (p_.rows == 0 || p_.hidden == 0 || p_.size == 0) return;
    Pack();
    ParallelRanges(p_.rows, kRecurrentRows,
                   [&](std::int64_t begin, std::int64_t end) { RunRows(begin, end); });
  }

 private:
  void Pack() {
    recurrent_.Set(p_.weight, p_.size, p_.columns);
    if (p_.project != nullptr) projection_.Set(p_.project, p_.hidden, p_.size);
  }

  // The running gradients by the state and the cell stand where those by the first ones will be.
  void RunRows(std::int64_t begin, std::int64_t end) const {
    const std::int64_t count = end - begin;
    CopyRows(grad_last_h_, begin, grad_first_h_ + begin * p_.size, count, p_.size);
    if (p_.is_lstm) {
      CopyRows(grad_last_c_, begin, grad_first_c_ + begin * p_.hidden, count, p_.hidden);
    }
    T* const of_raw = p_.project == nullptr
                          ? nullptr
                          : static_cast<T*>(ThreadScratch(
                                ScratchSlot::kTemporary,
                                static_cast<std::size_t>(count * p_.hidden) * sizeof(T)));
    for (std::int64_t i = 0; i < p_.steps; ++i) {
      RunStep(p_.StepAt(p_.reverse ? i : p_.steps - 1 - i), begin, end, of_raw);
    }
  }

  void RunStep(const RecurrentStep& step, std::int64_t begin, std::int64_t end, T* of_raw) const {
    const std::int64_t h = p_.hidden, size = p_.size, t = step.t;
    if (p_.project != nullptr) Project(t, begin, end, of_raw);
    if (p_.lengths != nullptr) ClearEnded(t, begin, end);
    const auto kernel = Kernels().typed<T>().recurrent.gradient[static_cast<int>(p_.kind)];
    p_.ForActive(t, begin, end, [&](std::int64_t row, std::int64_t rows) {
      RecurrentGradientRows<T> at = {};
      at.gates = p_.gates + p_.At(t, row, p_.columns);
      at.before = p_.states + p_.At(step.before, row, size);
      if (p_.is_lstm) {
        at.cell = p_.inner + p_.At(step.before, row, h);
        at.inner = p_.inner + p_.At(step.after, row, h);
        at.grad_cell = grad_first_c_ + row * h;
      } else if (p_.is_gru) {
        at.inner = p_.inner + p_.At(t, row, h);
        at.grad_hidden = grad_hidden_ + p_.At(t, row, p_.columns);
      }
      if (p_.project != nullptr) {
        at.grad_state = of_raw + (row - begin) * h;
      } else {
        at.grad_state = grad_first_h_ + row * size;
        if (grad_output_ != nullptr) {
          at.grad_out = grad_output_ + p_.OutputAt(t, row);
          at.grad_out_row = p_.output_row;
        }
      }
      at.grad_gates = grad_gates_ + p_.At(t, row, p_.columns);
      kernel(at, rows, h);
    });
    const T* const factor = p_.is_gru ? grad_hidden_ : grad_gates_;
    recurrent_.Multiply(factor + p_.At(t, begin, p_.columns), end - begin,
                        grad_first_h_ + begin * size, size, T(1), nullptr);
  }

  // The gradient by what is projected.
  void Project(std::int64_t t, std::int64_t begin, std::int64_t end, T* of_raw) const {
    const std::int64_t size = p_.size;
    for (std::int64_t row = begin; row < end; ++row) {
      T* const sum = grad_states_ + p_.At(t, row, size);
      T* const running = grad_first_h_ + row * size;
      if (p_.Ended(t, row)) {
        std::fill_n(sum, size, T(0));
        continue;
      }
      std::copy_n(running, size, sum);
      std::fill_n(running, size, T(0));
      if (grad_output_ == nullptr) continue;
      const T* const own = grad_output_ + p_.OutputAt(t, row);
      for (std::int64_t i = 0; i < size; ++i) sum[i] += own[i];
    }
    projection_.Multiply(grad_states_ + p_.At(t, begin, size), end - begin, of_raw, p_.hidden, T(0),
                         nullptr);
  }

  void ClearEnded(std::int64_t t, std::int64_t begin, std::int64_t end) const {
    for (std::int64_t row = begin; row < end; ++row) {
      if (!p_.Ended(t, row)) continue;
      const std::int64_t at = p_.At(t, row, p_.columns);
      std::fill_n(grad_gates_ + at, p_.columns, T(0));
      if (p_.is_gru) std::fill_n(grad_hidden_ + at, p_.columns, T(0));
    }
  }

  RecurrentProblem<T> p_;
  const T *grad_output_, *grad_last_h_, *grad_last_c_;
  T *grad_gates_, *grad_hidden_, *grad_states_, *grad_first_h_, *grad_first_c_;
  RecurrentFactor<T> recurrent_{p_, ScratchSlot::kPackB}, projection_{p_, ScratchSlot::kPackA};
};

}  // namespace

void RecurrentGradient(const RecurrentGradientArgs& args) {
  DispatchFloat(args.dtype, kOp, [&](auto zero) { GradientPass<decltype(zero)>(args).Run(); });
}

}  // namespace gradlane
