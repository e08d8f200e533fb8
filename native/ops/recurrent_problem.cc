#include "ops/recurrent_problem.h"

#include "ops/apart.h"
#include "ops/grain.h"
#include "ops/kind.h"

namespace gradlane {
namespace {

std::int64_t Ceil(std::int64_t n, std::int64_t step) { return (n + step - 1) / step; }

}  // namespace

template <class T>
template <class Args>
RecurrentProblem<T>::RecurrentProblem(const Args& a, const char* op)
    : steps(a.steps),
      rows(a.rows),
      hidden(a.hidden),
      size(a.size),
      output_step(a.output_step),
      output_row(a.output_row),
      kind(a.kind),
      reverse(a.reverse),
      is_lstm(a.kind == Recurrence::kLstm),
      is_gru(a.kind == Recurrence::kGru) {
  columns =
      Product(op, kRecurrenceGates[KindIndex(kind, kRecurrenceCount, op, "kind of layer")], hidden);
  const std::int64_t sums = Product(op, steps, rows, columns);
  const std::int64_t weights = Product(op, columns, size);
  const std::int64_t projected = Product(op, size, hidden);
  const std::int64_t around = Product(op, steps + 1, rows, size);
  const std::int64_t cells = Product(op, is_lstm ? steps + 1 : steps, rows, hidden);
  if (!(is_lstm && a.project.present()) && size != hidden) {
    Throw(ErrorCode::kShape, {op, ": expected a state of ", hidden, " numbers, got ", size});
  }
  output_extent = Extent(op, {{output_step, steps}, {output_row, rows}}, size);
  if (output_extent > 0) {
    CheckApart({{1, size}, {output_row, rows}, {output_step, steps}}, op, "output");
  }
  gates = Elements<T>(a.gates, sums, op, "gates");
  weight = Elements<T>(a.weight, weights, op, "weight");
  project = is_lstm ? OptionalElements<T>(a.project, projected, op, "project") : nullptr;
  states = Elements<T>(a.states, around, op, "states");
  inner = is_lstm || is_gru ? Elements<T>(a.inner, cells, op, "inner") : nullptr;
  lengths = OptionalElements<std::int32_t>(a.lengths, rows, op, "lengths");
  if (lengths != nullptr) lengths = CheckedLengths(lengths, rows, steps, op, few_lengths);
}

template RecurrentProblem<float>::RecurrentProblem(const RecurrentArgs&, const char*);
template RecurrentProblem<double>::RecurrentProblem(const RecurrentArgs&, const char*);
template RecurrentProblem<float>::RecurrentProblem(const RecurrentGradientArgs&, const char*);
template RecurrentProblem<double>::RecurrentProblem(const RecurrentGradientArgs&, const char*);

template <class T>
void RecurrentFactor<T>::SetTransposed(const T* weight, std::int64_t n, std::int64_t k) {
  n_ = n, k_ = k;
  if (few_) {
    dot_ = weight;
  } else {
    Pack(weight, k, false);
  }
}

template <class T>
void RecurrentFactor<T>::Set(const T* weight, std::int64_t n, std::int64_t k) {
  n_ = n, k_ = k;
  if (few_ && n % kernels_.unit == 0) {
    panels_ = MatmulPanels<T>::InPlace(weight, kernels_.nr, n);
  } else {
    Pack(weight, n, true);
  }
}

// Panels as the register tile reads them; an element of a line is `ld` behind the one before where
// lines are adjacent, else a line behind the line before.
template <class T>
void RecurrentFactor<T>::Pack(const T* weight, std::int64_t ld, bool adjacent) {
  const std::int64_t nr = kernels_.nr, panels = Ceil(n_, nr);
  T* const to = static_cast<T*>(
      ThreadScratch(packed_, static_cast<std::size_t>(panels * nr * k_) * sizeof(T)));
  const std::int64_t grain = RowsOfGrain(kMemoryGrain, k_ * nr);
  ParallelRanges(panels, grain, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t from = begin * nr;
    kernels_.pack_b(weight + (adjacent ? from : from * ld), ld, adjacent,
                    std::min(n_, end * nr) - from, k_, to + from * k_);
  });
  panels_ = MatmulPanels<T>::Packed(to, nr, k_);
}

template <class T>
void RecurrentFactor<T>::Multiply(const T* a, std::int64_t m, T* out, std::int64_t ldo, T beta,
                                  const T* bias) const {
  if (n_ == 0) return;
  MatmulEpilogue<T> epilogue;
  epilogue.beta = beta;
  epilogue.bias = bias;
  if (dot_ != nullptr) return kernels_.dot(a, k_, dot_, k_, m, n_, k_, out, ldo, epilogue);
  const std::int64_t tiles = Ceil(m, kernels_.mr);
  kernels_.block(MatmulPanels<T>::Lines(a, Ceil(m, tiles), k_), panels_, m, n_, k_, out, ldo,
                 epilogue);
}

template class RecurrentFactor<float>;
template class RecurrentFactor<double>;

}  // namespace gradlane
