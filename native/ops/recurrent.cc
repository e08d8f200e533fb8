// Rows of a batch know nothing of each other, so a task takes some of them through all steps: no
// thread waits for another between two steps, and each sum has the same order in whichever task.
//
// The recurrent weights are packed once for all steps. A task's rows times a panel of them, added
// to the gates of the step, then the gates of these rows: what it works on stays in L1 and L2.
#include "ops/recurrent.h"

#include <algorithm>

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "ops/indices.h"
#include "ops/kind.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

constexpr const char* kOp = "recurrent";
constexpr const char* kGradientOp = "recurrentGradient";
constexpr const char* kCopyOp = "copySteps";

// Rows of a task. Fewer fill no register tile, more leave threads without work.
constexpr std::int64_t kTaskRows = 16;
// With fewer rows of all steps together packing costs more than it saves.
constexpr std::int64_t kFewRows = 24;

std::int64_t Ceil(std::int64_t n, std::int64_t step) { return (n + step - 1) / step; }

// Numbers from the first to the last where those of step t and row n, `size` of them, begin at
// t * step + n * row.
std::int64_t Extent(const char* op, std::int64_t steps, std::int64_t rows, std::int64_t size,
                    std::int64_t step, std::int64_t row) {
  const std::int64_t last = Product(op, std::max<std::int64_t>(steps, 1) - 1, step) +
                            Product(op, std::max<std::int64_t>(rows, 1) - 1, row);
  return Product(op, steps, rows, size) == 0 ? 0 : last + size;
}

// No two of them overlap: one dimension steps over all of the other.
void CheckApart(const char* op, std::int64_t steps, std::int64_t rows, std::int64_t size,
                std::int64_t step, std::int64_t row) {
  if (steps == 0 || rows == 0 || size == 0) return;
  const auto over = [](std::int64_t count, std::int64_t length, std::int64_t reach) {
    return count == 1 || length >= reach;
  };
  const bool by_steps = over(rows, row, size) && over(steps, step, (rows - 1) * row + size);
  const bool by_rows = over(steps, step, size) && over(rows, row, (steps - 1) * step + size);
  if (by_steps || by_rows) return;
  Throw(ErrorCode::kShape,
        {op, ": results of ", size, " numbers overlap with steps of ", step, " and ", row});
}

struct Sizes {
  std::int64_t steps, rows, hidden, size, gates;  // gates: columns of all of them
  std::int64_t output_step, output_row, output_extent;
  bool is_lstm, is_gru;
};

template <class Args>
Sizes CheckSizes(const char* op, const Args& a) {
  const int kind = KindIndex(a.kind, kRecurrenceCount, op, "kind of layer");
  Sizes s;
  s.steps = a.steps, s.rows = a.rows, s.hidden = a.hidden, s.size = a.size;
  s.gates = Product(op, kRecurrenceGates[kind], a.hidden);
  Product(op, a.steps, a.rows, s.gates);
  Product(op, a.steps, a.rows, a.size);
  Product(op, s.gates, a.size);
  Product(op, a.size, a.hidden);
  if (a.steps == 2147483647) Throw(ErrorCode::kShape, {op, ": too many steps"});
  Product(op, a.steps + 1, a.rows, std::max(a.size, a.hidden));
  s.is_lstm = a.kind == Recurrence::kLstm;
  s.is_gru = a.kind == Recurrence::kGru;
  if (!(s.is_lstm && a.project.present()) && a.size != a.hidden) {
    Throw(ErrorCode::kShape, {op, ": expected a state of ", a.hidden, " numbers, got ", a.size});
  }
  s.output_step = a.output_step, s.output_row = a.output_row;
  s.output_extent = Extent(op, a.steps, a.rows, a.size, a.output_step, a.output_row);
  CheckApart(op, s.steps, s.rows, s.size, s.output_step, s.output_row);
  return s;
}

// `lines` lines of k numbers as the register tile reads them. In scratch of the calling thread, at
// `at`; where that is null, as they lie.
template <class T>
MatmulPanels<T> PackLines(const T* src, std::int64_t ld, bool adjacent, std::int64_t lines,
                          std::int64_t k, const MatmulKernels<T>& kernels, T* at) {
  const std::int64_t group = std::max<std::int64_t>(1, kMemoryGrain / (k * kernels.nr));
  ParallelRanges(Ceil(lines, kernels.nr), group, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t from = begin * kernels.nr;
    kernels.pack_b(src + (adjacent ? from : from * ld), ld, adjacent,
                   std::min(lines, end * kernels.nr) - from, k, at + from * k);
  });
  return MatmulPanels<T>::Packed(at, kernels.nr, k);
}

template <class T>
T* Scratch(ScratchSlot slot, std::int64_t n) {
  return static_cast<T*>(ThreadScratch(slot, static_cast<std::size_t>(n) * sizeof(T)));
}

// Weights (n, k) or their transpose (k, n), which every step multiplies rows by.
template <class T>
class Factor {
 public:
  std::int64_t PackedSize(std::int64_t n, std::int64_t k) const {
    return Ceil(n, kernels_.nr) * kernels_.nr * k;
  }

  // out = rows * weight^T: weight (n, k) as it lies with few rows in all, else packed.
  void SetTransposed(const T* weight, std::int64_t n, std::int64_t k, bool few, T* scratch) {
    weight_ = weight, n_ = n, k_ = k;
    use_dot_ = few;
    if (!few) panels_ = PackLines(weight, k, false, n, k, kernels_, scratch);
  }
  // out = rows * weight: weight (k, n).
  void Set(const T* weight, std::int64_t n, std::int64_t k, bool few, T* scratch) {
    weight_ = weight, n_ = n, k_ = k;
    use_dot_ = false;
    panels_ = few && n % kernels_.unit == 0 ? MatmulPanels<T>::InPlace(weight, kernels_.nr, n)
                                            : PackLines(weight, n, true, n, k, kernels_, scratch);
  }

  // out (m, n) = a (m, k) * factor + beta * out + bias
  void Multiply(const T* a, std::int64_t m, T* out, std::int64_t ldo, T beta, const T* bias) const {
    if (n_ == 0) return;
    MatmulEpilogue<T> epilogue;
    epilogue.beta = beta;
    epilogue.bias = bias;
    if (use_dot_) return kernels_.dot(a, k_, weight_, k_, m, n_, k_, out, ldo, epilogue);
    const std::int64_t tiles = Ceil(m, kernels_.mr);
    kernels_.block(MatmulPanels<T>::Lines(a, Ceil(m, tiles), k_), panels_, m, n_, k_, out, ldo,
                   epilogue);
  }

 private:
  const MatmulKernels<T>& kernels_ = Kernels().typed<T>().matmul;
  const T* weight_ = nullptr;
  MatmulPanels<T> panels_ = {};
  std::int64_t n_ = 0, k_ = 0;
  bool use_dot_ = false;
};

bool Few(const Sizes& s) { return s.steps * s.rows < kFewRows; }

// Calls body(row, count) for the rows of [begin, end) that are at work at step t, as many at a time
// as lie side by side.
template <class Body>
void ForActive(const std::int32_t* lengths, std::int64_t t, std::int64_t begin, std::int64_t end,
               Body&& body) {
  if (lengths == nullptr) return body(begin, end - begin);
  for (std::int64_t row = begin; row < end; ++row) {
    if (t < lengths[row]) body(row, std::int64_t{1});
  }
}

template <class T>
void CopyRow(const T* from, T* to, std::int64_t n) {
  std::copy_n(from, n, to);
}

template <class T>
struct Pass {
  Sizes s;
  T *gates, *states, *inner, *raw, *output, *last_h, *last_c;
  const T *weight, *bias, *project, *first_h, *first_c;
  const std::int32_t* lengths;
  bool reverse;
  Recurrence kind;
  Factor<T> recurrent, hidden_n, projection;

  void Pack() {
    const std::int64_t k = s.size, n = s.is_gru ? 2 * s.hidden : s.gates;
    const bool few = Few(s);
    const std::int64_t first = recurrent.PackedSize(n, k);
    const std::int64_t second = s.is_gru             ? hidden_n.PackedSize(s.hidden, k)
                                : project != nullptr ? projection.PackedSize(k, s.hidden)
                                                     : 0;
    T* const scratch = few ? nullptr : Scratch<T>(ScratchSlot::kPackB, first + second);
    recurrent.SetTransposed(weight, n, k, few, scratch);
    if (s.is_gru) hidden_n.SetTransposed(weight + n * k, s.hidden, k, few, scratch + first);
    if (project != nullptr) projection.SetTransposed(project, k, s.hidden, few, scratch + first);
  }

  // Rows [begin, end) through all steps.
  void Run(std::int64_t begin, std::int64_t end) const {
    const std::int64_t count = end - begin, h = s.hidden, p = s.size;
    const std::int64_t start = reverse ? s.steps : 0;
    Begin(states + (start * s.rows + begin) * p, first_h, begin, count, p);
    if (s.is_lstm) Begin(inner + (start * s.rows + begin) * h, first_c, begin, count, h);
    for (std::int64_t i = 0; i < s.steps; ++i) {
      const std::int64_t t = reverse ? s.steps - 1 - i : i;
      Step(t, reverse ? t + 1 : t, reverse ? t : t + 1, begin, end);
    }
    const std::int64_t stop = reverse ? 0 : s.steps;
    CopyRow(states + (stop * s.rows + begin) * p, last_h + begin * p, count * p);
    if (s.is_lstm) {
      CopyRow(inner + (stop * s.rows + begin) * h, last_c + begin * h, count * h);
    }
  }

 private:
  static void Begin(T* to, const T* given, std::int64_t begin, std::int64_t count, std::int64_t n) {
    if (given == nullptr) {
      std::fill_n(to, count * n, T(0));
    } else {
      CopyRow(given + begin * n, to, count * n);
    }
  }

  void Step(std::int64_t t, std::int64_t before, std::int64_t after, std::int64_t begin,
            std::int64_t end) const {
    const std::int64_t count = end - begin, h = s.hidden, p = s.size;
    T* const own = gates + (t * s.rows + begin) * s.gates;
    const T* const old = states + (before * s.rows + begin) * p;
    recurrent.Multiply(old, count, own, s.gates, T(1), bias);
    if (s.is_gru) {
      hidden_n.Multiply(old, count, inner + (t * s.rows + begin) * h, h, T(0),
                        bias == nullptr ? nullptr : bias + 2 * h);
    }
    const auto kernel = Kernels().typed<T>().recurrent.forward[static_cast<int>(kind)];
    ForActive(lengths, t, begin, end, [&](std::int64_t row, std::int64_t rows) {
      const auto at = [&](std::int64_t step, std::int64_t n) { return (step * s.rows + row) * n; };
      RecurrentRows<T> step = {};
      step.gates = gates + at(t, s.gates);
      step.before = states + at(before, p);
      step.after = project == nullptr ? states + at(after, p) : raw + at(t, h);
      if (s.is_lstm) {
        step.cell = inner + at(before, h);
        step.inner = inner + at(after, h);
      } else if (s.is_gru) {
        step.inner = inner + at(t, h);
      }
      kernel(step, rows, h);
    });
    if (project != nullptr) {
      if (lengths != nullptr) ClearEnded(t, begin, end);
      projection.Multiply(raw + (t * s.rows + begin) * h, count,
                          states + (after * s.rows + begin) * p, p, T(0), nullptr);
    }
    for (std::int64_t row = begin; row < end; ++row) {
      T* const to = output + t * s.output_step + row * s.output_row;
      T* const state = states + (after * s.rows + row) * p;
      if (lengths == nullptr || t < lengths[row]) {
        CopyRow(state, to, p);
        continue;
      }
      std::fill_n(to, p, T(0));
      std::fill_n(gates + (t * s.rows + row) * s.gates, s.gates, T(0));
      if (s.is_gru) std::fill_n(inner + (t * s.rows + row) * h, h, T(0));
      CopyRow(states + (before * s.rows + row) * p, state, p);
      if (s.is_lstm) {
        CopyRow(inner + (before * s.rows + row) * h, inner + (after * s.rows + row) * h, h);
      }
    }
  }

  // What is multiplied and summed up later must be a number.
  void ClearEnded(std::int64_t t, std::int64_t begin, std::int64_t end) const {
    for (std::int64_t row = begin; row < end; ++row) {
      if (t >= lengths[row]) std::fill_n(raw + (t * s.rows + row) * s.hidden, s.hidden, T(0));
    }
  }
};

template <class T>
struct GradientPass {
  Sizes s;
  const T *gates, *weight, *project, *states, *inner, *grad_output, *grad_last_h, *grad_last_c;
  T *grad_gates, *grad_hidden, *grad_states, *grad_first_h, *grad_first_c;
  const std::int32_t* lengths;
  bool reverse;
  Recurrence kind;
  Factor<T> recurrent, projection;

  void Pack() {
    const bool few = Few(s);
    const std::int64_t first = recurrent.PackedSize(s.size, s.gates);
    const std::int64_t second = project == nullptr ? 0 : projection.PackedSize(s.hidden, s.size);
    T* const scratch = Scratch<T>(ScratchSlot::kPackB, first + second);
    recurrent.Set(weight, s.size, s.gates, few, scratch);
    if (project != nullptr) projection.Set(project, s.hidden, s.size, few, scratch + first);
  }

  // The running gradients by the state and the cell stand where those by the first ones will be.
  void Run(std::int64_t begin, std::int64_t end) const {
    const std::int64_t count = end - begin;
    Begin(grad_first_h, grad_last_h, begin, count, s.size);
    if (s.is_lstm) Begin(grad_first_c, grad_last_c, begin, count, s.hidden);
    T* const of_raw =
        project == nullptr ? nullptr : Scratch<T>(ScratchSlot::kTemporary, count * s.hidden);
    for (std::int64_t i = 0; i < s.steps; ++i) {
      Step(reverse ? i : s.steps - 1 - i, begin, end, of_raw);
    }
  }

 private:
  static void Begin(T* to, const T* given, std::int64_t begin, std::int64_t count, std::int64_t n) {
    if (given == nullptr) {
      std::fill_n(to + begin * n, count * n, T(0));
    } else {
      CopyRow(given + begin * n, to + begin * n, count * n);
    }
  }

  void Step(std::int64_t t, std::int64_t begin, std::int64_t end, T* of_raw) const {
    const std::int64_t count = end - begin, h = s.hidden, p = s.size;
    const std::int64_t before = reverse ? t + 1 : t, after = reverse ? t : t + 1;
    if (project != nullptr) Project(t, begin, end, of_raw);
    if (lengths != nullptr) ClearEnded(t, begin, end);
    const auto kernel = Kernels().typed<T>().recurrent.gradient[static_cast<int>(kind)];
    ForActive(lengths, t, begin, end, [&](std::int64_t row, std::int64_t rows) {
      const auto at = [&](std::int64_t step, std::int64_t n) { return (step * s.rows + row) * n; };
      RecurrentGradientRows<T> step = {};
      step.gates = gates + at(t, s.gates);
      step.before = states + at(before, p);
      if (s.is_lstm) {
        step.cell = inner + at(before, h);
        step.inner = inner + at(after, h);
        step.grad_cell = grad_first_c + row * h;
      } else if (s.is_gru) {
        step.inner = inner + at(t, h);
        step.grad_hidden = grad_hidden + at(t, s.gates);
      }
      if (project != nullptr) {
        step.grad_state = of_raw + (row - begin) * h;
      } else {
        step.grad_state = grad_first_h + row * p;
        if (grad_output != nullptr) {
          step.grad_out = grad_output + t * s.output_step + row * s.output_row;
          step.grad_out_row = s.output_row;
        }
      }
      step.grad_gates = grad_gates + at(t, s.gates);
      kernel(step, rows, h);
    });
    const T* const factor = s.is_gru ? grad_hidden : grad_gates;
    recurrent.Multiply(factor + (t * s.rows + begin) * s.gates, count, grad_first_h + begin * p, p,
                       T(1), nullptr);
  }

  // The gradient by what is projected.
  void Project(std::int64_t t, std::int64_t begin, std::int64_t end, T* of_raw) const {
    const std::int64_t p = s.size;
    for (std::int64_t row = begin; row < end; ++row) {
      T* const sum = grad_states + (t * s.rows + row) * p;
      T* const running = grad_first_h + row * p;
      if (lengths != nullptr && t >= lengths[row]) {
        std::fill_n(sum, p, T(0));
        continue;
      }
      CopyRow(running, sum, p);
      std::fill_n(running, p, T(0));
      if (grad_output == nullptr) continue;
      const T* const own = grad_output + t * s.output_step + row * s.output_row;
      for (std::int64_t i = 0; i < p; ++i) sum[i] += own[i];
    }
    projection.Multiply(grad_states + (t * s.rows + begin) * p, end - begin, of_raw, s.hidden, T(0),
                        nullptr);
  }

  void ClearEnded(std::int64_t t, std::int64_t begin, std::int64_t end) const {
    for (std::int64_t row = begin; row < end; ++row) {
      if (t < lengths[row]) continue;
      const std::int64_t at = (t * s.rows + row) * s.gates;
      std::fill_n(grad_gates + at, s.gates, T(0));
      if (s.is_gru) std::fill_n(grad_hidden + at, s.gates, T(0));
    }
  }
};

// Copied, as indices are; in scratch that a pass uses for nothing else.
const std::int32_t* LengthsOf(const Buffer& buffer, std::int64_t rows, std::int64_t steps,
                              const char* op, FewIndices& few) {
  const std::int32_t* const given = OptionalElements<std::int32_t>(buffer, rows, op, "lengths");
  return given == nullptr ? nullptr : CheckedLengths(given, rows, steps, op, few);
}

template <class T>
void RunForward(const RecurrentArgs& a) {
  Pass<T> pass;
  const Sizes s = pass.s = CheckSizes(kOp, a);
  const std::int64_t gates = s.steps * s.rows * s.gates;
  const std::int64_t h = s.rows * s.hidden, p = s.rows * s.size;
  pass.gates = Elements<T>(a.gates, gates, kOp, "gates");
  pass.weight = Elements<T>(a.weight, s.gates * s.size, kOp, "weight");
  pass.bias = OptionalElements<T>(a.bias, s.gates, kOp, "bias");
  pass.project =
      s.is_lstm ? OptionalElements<T>(a.project, s.size * s.hidden, kOp, "project") : nullptr;
  pass.first_h = OptionalElements<T>(a.first_h, p, kOp, "firstH");
  pass.first_c = OptionalElements<T>(a.first_c, h, kOp, "firstC");
  pass.states = Elements<T>(a.states, (s.steps + 1) * p, kOp, "states");
  pass.inner = s.is_lstm  ? Elements<T>(a.inner, (s.steps + 1) * h, kOp, "inner")
               : s.is_gru ? Elements<T>(a.inner, s.steps * h, kOp, "inner")
                          : nullptr;
  pass.raw = pass.project == nullptr ? nullptr : Elements<T>(a.raw, s.steps * h, kOp, "raw");
  pass.output = Elements<T>(a.output, s.output_extent, kOp, "output");
  pass.last_h = Elements<T>(a.last_h, p, kOp, "lastH");
  pass.last_c = s.is_lstm ? Elements<T>(a.last_c, h, kOp, "lastC") : nullptr;
  FewIndices few;
  pass.lengths = LengthsOf(a.lengths, s.rows, s.steps, kOp, few);
  pass.reverse = a.reverse;
  pass.kind = a.kind;
  if (s.rows == 0 || s.hidden == 0 || s.size == 0) return;
  pass.Pack();
  ParallelRanges(s.rows, kTaskRows,
                 [&](std::int64_t begin, std::int64_t end) { pass.Run(begin, end); });
}

template <class T>
void RunGradient(const RecurrentGradientArgs& a) {
  constexpr const char* op = kGradientOp;
  GradientPass<T> pass;
  const Sizes s = pass.s = CheckSizes(op, a);
  const std::int64_t gates = s.steps * s.rows * s.gates;
  const std::int64_t h = s.rows * s.hidden, p = s.rows * s.size;
  pass.gates = Elements<T>(a.gates, gates, op, "gates");
  pass.weight = Elements<T>(a.weight, s.gates * s.size, op, "weight");
  pass.project =
      s.is_lstm ? OptionalElements<T>(a.project, s.size * s.hidden, op, "project") : nullptr;
  pass.states = Elements<T>(a.states, (s.steps + 1) * p, op, "states");
  pass.inner = s.is_lstm  ? Elements<T>(a.inner, (s.steps + 1) * h, op, "inner")
               : s.is_gru ? Elements<T>(a.inner, s.steps * h, op, "inner")
                          : nullptr;
  pass.grad_output = OptionalElements<T>(a.grad_output, s.output_extent, op, "gradOutput");
  pass.grad_last_h = OptionalElements<T>(a.grad_last_h, p, op, "gradLastH");
  pass.grad_last_c = OptionalElements<T>(a.grad_last_c, h, op, "gradLastC");
  pass.grad_gates = Elements<T>(a.grad_gates, gates, op, "gradGates");
  pass.grad_hidden = s.is_gru ? Elements<T>(a.grad_hidden, gates, op, "gradHidden") : nullptr;
  pass.grad_states =
      pass.project == nullptr ? nullptr : Elements<T>(a.grad_states, s.steps * p, op, "gradStates");
  pass.grad_first_h = Elements<T>(a.grad_first_h, p, op, "gradFirstH");
  pass.grad_first_c = s.is_lstm ? Elements<T>(a.grad_first_c, h, op, "gradFirstC") : nullptr;
  FewIndices few;
  pass.lengths = LengthsOf(a.lengths, s.rows, s.steps, op, few);
  pass.reverse = a.reverse;
  pass.kind = a.kind;
  if (s.rows == 0 || s.hidden == 0 || s.size == 0) return;
  pass.Pack();
  ParallelRanges(s.rows, kTaskRows,
                 [&](std::int64_t begin, std::int64_t end) { pass.Run(begin, end); });
}

}  // namespace

void Recurrent(const RecurrentArgs& args) {
  DispatchFloat(args.dtype, kOp, [&](auto zero) { RunForward<decltype(zero)>(args); });
}

void RecurrentGradient(const RecurrentGradientArgs& args) {
  DispatchFloat(args.dtype, kGradientOp, [&](auto zero) { RunGradient<decltype(zero)>(args); });
}

void CopySteps(const CopyStepsArgs& a) {
  DispatchFloat(a.dtype, kCopyOp, [&](auto zero) {
    using T = decltype(zero);
    const auto extent = [&a](std::int64_t step, std::int64_t row) {
      return Extent(kCopyOp, a.steps, a.rows, a.cols, step, row);
    };
    const T* const x = Elements<T>(a.x, extent(a.x_step, a.x_row), kCopyOp, "x");
    T* const out = Elements<T>(a.out, extent(a.out_step, a.out_row), kCopyOp, "out");
    CheckApart(kCopyOp, a.steps, a.rows, a.cols, a.out_step, a.out_row);
    FewIndices few;
    const std::int32_t* const lengths = LengthsOf(a.lengths, a.rows, a.steps, kCopyOp, few);
    if (a.rows == 0 || a.cols == 0) return;
    for (std::int64_t t = 0; t < a.steps; ++t) {
      for (std::int64_t n = 0; n < a.rows; ++n) {
        T* const to = out + t * a.out_step + n * a.out_row;
        if (lengths == nullptr || t < lengths[n]) {
          std::copy_n(x + t * a.x_step + n * a.x_row, a.cols, to);
        } else {
          std::fill_n(to, a.cols, T(0));
        }
      }
    }
  });
}

}  // namespace gradlane
