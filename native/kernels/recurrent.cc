#include "cpu/tables/recurrent.h"

#include "kernels/columns.h"
#include "kernels/isa_target.h"
#include "kernels/math.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <class T>
struct TanhRow {
  static GRADLANE_INLINE VecOf<T> Forward(VecOf<T> x) { return Tanh<T>(x); }
  static GRADLANE_INLINE VecOf<T> Gradient(VecOf<T> y, VecOf<T> g) {
    return g * (Simd<T>::Set(1) - y * y);
  }
};

template <class T>
struct ReluRow {
  using S = Simd<T>;
  static GRADLANE_INLINE VecOf<T> Forward(VecOf<T> x) {
    return S::Select(x <= S::Set(0), S::Set(0), x);
  }
  static GRADLANE_INLINE VecOf<T> Gradient(VecOf<T> y, VecOf<T> g) {
    return S::Select(y <= S::Set(0), S::Set(0), g);
  }
};

// y (1 - y)
template <class T>
GRADLANE_INLINE VecOf<T> SigmoidSlope(VecOf<T> y) {
  return y * (Simd<T>::Set(1) - y);
}

// A gate after the other: where the columns of gate `gate` of a row begin.
GRADLANE_INLINE std::int64_t Gate(std::int64_t row, int gates, int gate, std::int64_t hidden) {
  return (row * gates + gate) * hidden;
}

template <class T, template <class> class Function>
void Plain(const RecurrentRows<T>& step, std::int64_t rows, std::int64_t hidden) noexcept {
  ForColumns<T>(rows * hidden, [&](std::int64_t at, auto load, auto store) {
    const VecOf<T> h = Function<T>::Forward(load(step.gates + at));
    store(step.gates + at, h);
    store(step.after + at, h);
  });
}

// The gradient by the state after a step, of both ways in.
template <class T, class Load>
GRADLANE_INLINE VecOf<T> StateGradient(const RecurrentGradientRows<T>& step, std::int64_t row,
                                       std::int64_t hidden, std::int64_t c, Load&& load) {
  VecOf<T> sum = load(step.grad_state + row * hidden + c);
  if (step.grad_out != nullptr) sum += load(step.grad_out + row * step.grad_out_row + c);
  return sum;
}

template <class T, template <class> class Function>
void PlainGradient(const RecurrentGradientRows<T>& step, std::int64_t rows,
                   std::int64_t hidden) noexcept {
  for (std::int64_t row = 0; row < rows; ++row) {
    ForColumns<T>(hidden, [&](std::int64_t c, auto load, auto store) {
      const std::int64_t at = row * hidden + c;
      const VecOf<T> dh = StateGradient(step, row, hidden, c, load);
      store(step.grad_gates + at, Function<T>::Gradient(load(step.gates + at), dh));
      store(step.grad_state + at, VecOf<T>{});
    });
  }
}

template <class T>
void Lstm(const RecurrentRows<T>& step, std::int64_t rows, std::int64_t hidden) noexcept {
  for (std::int64_t row = 0; row < rows; ++row) {
    T* const gates[] = {step.gates + Gate(row, 4, 0, hidden), step.gates + Gate(row, 4, 1, hidden),
                        step.gates + Gate(row, 4, 2, hidden), step.gates + Gate(row, 4, 3, hidden)};
    ForColumns<T>(hidden, [&](std::int64_t c, auto load, auto store) {
      const std::int64_t at = row * hidden + c;
      const VecOf<T> i = Sigmoid<T>(load(gates[0] + c)), f = Sigmoid<T>(load(gates[1] + c));
      const VecOf<T> g = Tanh<T>(load(gates[2] + c)), o = Sigmoid<T>(load(gates[3] + c));
      const VecOf<T> cell = f * load(step.cell + at) + i * g;
      store(gates[0] + c, i);
      store(gates[1] + c, f);
      store(gates[2] + c, g);
      store(gates[3] + c, o);
      store(step.inner + at, cell);
      store(step.after + at, o * Tanh<T>(cell));
    });
  }
}

template <class T>
void LstmGradient(const RecurrentGradientRows<T>& step, std::int64_t rows,
                  std::int64_t hidden) noexcept {
  const VecOf<T> one = Simd<T>::Set(1);
  for (std::int64_t row = 0; row < rows; ++row) {
    const T* const gates = step.gates + Gate(row, 4, 0, hidden);
    T* const grads = step.grad_gates + Gate(row, 4, 0, hidden);
    ForColumns<T>(hidden, [&](std::int64_t c, auto load, auto store) {
      const std::int64_t at = row * hidden + c;
      const VecOf<T> i = load(gates + c), f = load(gates + hidden + c);
      const VecOf<T> g = load(gates + 2 * hidden + c), o = load(gates + 3 * hidden + c);
      const VecOf<T> size = Tanh<T>(load(step.inner + at));
      const VecOf<T> dh = StateGradient(step, row, hidden, c, load);
      const VecOf<T> dc = load(step.grad_cell + at) + dh * o * (one - size * size);
      store(grads + c, dc * g * SigmoidSlope<T>(i));
      store(grads + hidden + c, dc * load(step.cell + at) * SigmoidSlope<T>(f));
      store(grads + 2 * hidden + c, dc * i * (one - g * g));
      store(grads + 3 * hidden + c, dh * size * SigmoidSlope<T>(o));
      store(step.grad_cell + at, dc * f);
      store(step.grad_state + at, VecOf<T>{});
    });
  }
}

template <class T>
void Gru(const RecurrentRows<T>& step, std::int64_t rows, std::int64_t hidden) noexcept {
  for (std::int64_t row = 0; row < rows; ++row) {
    T* const gates = step.gates + Gate(row, 3, 0, hidden);
    ForColumns<T>(hidden, [&](std::int64_t c, auto load, auto store) {
      const std::int64_t at = row * hidden + c;
      const VecOf<T> r = Sigmoid<T>(load(gates + c)), z = Sigmoid<T>(load(gates + hidden + c));
      const VecOf<T> n = Tanh<T>(load(gates + 2 * hidden + c) + r * load(step.inner + at));
      store(gates + c, r);
      store(gates + hidden + c, z);
      store(gates + 2 * hidden + c, n);
      store(step.after + at, n + z * (load(step.before + at) - n));
    });
  }
}

template <class T>
void GruGradient(const RecurrentGradientRows<T>& step, std::int64_t rows,
                 std::int64_t hidden) noexcept {
  const VecOf<T> one = Simd<T>::Set(1);
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::int64_t first = Gate(row, 3, 0, hidden);
    const T* const gates = step.gates + first;
    T *const grads = step.grad_gates + first, *const hidden_grads = step.grad_hidden + first;
    ForColumns<T>(hidden, [&](std::int64_t c, auto load, auto store) {
      const std::int64_t at = row * hidden + c;
      const VecOf<T> r = load(gates + c), z = load(gates + hidden + c);
      const VecOf<T> n = load(gates + 2 * hidden + c);
      const VecOf<T> dh = StateGradient(step, row, hidden, c, load);
      const VecOf<T> dn = dh * (one - z) * (one - n * n);
      const VecOf<T> dr = dn * load(step.inner + at) * SigmoidSlope<T>(r);
      const VecOf<T> dz = dh * (load(step.before + at) - n) * SigmoidSlope<T>(z);
      store(grads + c, dr);
      store(grads + hidden + c, dz);
      store(grads + 2 * hidden + c, dn);
      store(hidden_grads + c, dr);
      store(hidden_grads + hidden + c, dz);
      store(hidden_grads + 2 * hidden + c, dn * r);
      store(step.grad_state + at, dh * z);
    });
  }
}

template <class T>
void Fill(RecurrentKernels<T>& kernels) {
  kernels.forward[static_cast<int>(Recurrence::kTanh)] = &Plain<T, TanhRow>;
  kernels.forward[static_cast<int>(Recurrence::kRelu)] = &Plain<T, ReluRow>;
  kernels.forward[static_cast<int>(Recurrence::kLstm)] = &Lstm<T>;
  kernels.forward[static_cast<int>(Recurrence::kGru)] = &Gru<T>;
  kernels.gradient[static_cast<int>(Recurrence::kTanh)] = &PlainGradient<T, TanhRow>;
  kernels.gradient[static_cast<int>(Recurrence::kRelu)] = &PlainGradient<T, ReluRow>;
  kernels.gradient[static_cast<int>(Recurrence::kLstm)] = &LstmGradient<T>;
  kernels.gradient[static_cast<int>(Recurrence::kGru)] = &GruGradient<T>;
}

}  // namespace

void FillRecurrent(KernelTable& table) {
  Fill(table.f32.recurrent);
  if constexpr (kCompleteTarget) Fill(table.f64.recurrent);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
