// Recurrent layers in one direction and their gradients against plain loops in wider arithmetic.
#include "ops/recurrent.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

struct Trial {
  Recurrence kind;
  std::int64_t steps, rows, hidden, size;  // size < hidden: with a projection
  bool reverse, ends, half, bare;
};
constexpr Recurrence kTanh = Recurrence::kTanh, kRelu = Recurrence::kRelu;
constexpr Recurrence kLstm = Recurrence::kLstm, kGru = Recurrence::kGru;
// Around vectors, tiles, tasks of rows, and the few rows that are not packed. `ends`: rows have
// lengths of their own; `half`: rows come before steps in an output that is twice as wide; `bare`:
// neither bias nor states nor gradients by the last ones.
constexpr Trial kTrials[] = {
    {kTanh, 1, 1, 1, 1, false, false, false, true},
    {kTanh, 4, 19, 17, 17, true, true, false, false},
    {kRelu, 3, 33, 7, 7, false, false, true, false},
    {kRelu, 5, 3, 40, 40, false, true, false, true},
    {kLstm, 1, 2, 64, 64, false, false, false, false},
    {kLstm, 5, 17, 13, 13, true, true, true, false},
    {kLstm, 6, 33, 33, 33, false, false, false, true},
    {kLstm, 4, 18, 9, 5, true, true, false, false},
    {kLstm, 2, 3, 20, 7, false, false, true, true},
    {kGru, 1, 5, 16, 16, true, false, false, true},
    {kGru, 5, 21, 19, 19, false, true, true, false},
    {kGru, 3, 40, 35, 35, true, false, false, false},
};

// Arrays that start off the boundaries of vectors.
template <class T>
struct Case {
  explicit Case(const Trial& trial)
      : t(trial),
        columns(kRecurrenceGates[static_cast<int>(t.kind)] * t.hidden),
        width(t.half ? 2 * t.size : t.size),
        output_step(t.half ? width : t.rows * t.size),
        output_row(t.half ? t.steps * width : t.size),
        gates(t.steps * t.rows * columns, 1),
        weight(columns * t.size, 2),
        bias(columns, 3),
        project(t.size * t.hidden, 1),
        first_h(t.rows * t.size, 2),
        first_c(t.rows * t.hidden, 3),
        states((t.steps + 1) * t.rows * t.size, 1),
        inner((t.kind == kLstm ? t.steps + 1 : t.steps) * t.rows * t.hidden, 2),
        raw(t.steps * t.rows * t.hidden, 3),
        output((t.steps - 1) * output_step + (t.rows - 1) * output_row + t.size, 1),
        last_h(t.rows * t.size, 2),
        last_c(t.rows * t.hidden, 3),
        grad_output(output.size(), 2),
        grad_last_h(last_h.size(), 1),
        grad_last_c(last_c.size(), 1),
        grad_gates(gates.size(), 3),
        grad_hidden(gates.size(), 2),
        grad_states(t.steps * t.rows * t.size, 1),
        grad_first_h(last_h.size(), 3),
        grad_first_c(last_c.size(), 2),
        lengths(t.rows) {
    // Sums of `size` weights are below 1/2 then: errors of a step get smaller in the next ones.
    const double small = 0.5 / static_cast<double>(t.size);
    gates.FillRandom(1, 2);
    sums = std::vector<T>(&gates[0], &gates[0] + gates.size());
    weight.FillRandom(2, small);
    bias.FillRandom(3);
    project.FillRandom(4, 1 / static_cast<double>(t.hidden));
    first_h.FillRandom(5);
    first_c.FillRandom(6);
    grad_output.FillRandom(7);
    grad_last_h.FillRandom(8);
    grad_last_c.FillRandom(9);
    lengths.Fill([&](std::int64_t n) { return 1 + (n * 3 + 1) % t.steps; });
  }

  bool projects() const { return t.size != t.hidden; }
  Buffer Unless(bool left_out, const Array<T>& array) const {
    return left_out ? Buffer{} : array.buffer();
  }

  void Forward() {
    Recurrent({kDtypeOf<T>,
               t.kind,
               gates.buffer(),
               weight.buffer(),
               Unless(t.bare, bias),
               Unless(!projects(), project),
               Unless(t.bare, first_h),
               Unless(t.bare || t.kind != kLstm, first_c),
               t.ends ? lengths.buffer() : Buffer{},
               states.buffer(),
               Unless(t.kind != kLstm && t.kind != kGru, inner),
               Unless(!projects(), raw),
               output.buffer(),
               last_h.buffer(),
               Unless(t.kind != kLstm, last_c),
               t.steps,
               t.rows,
               t.hidden,
               t.size,
               output_step,
               output_row,
               t.reverse});
  }
  void Backward() {
    RecurrentGradient({kDtypeOf<T>,
                       t.kind,
                       gates.buffer(),
                       weight.buffer(),
                       Unless(!projects(), project),
                       t.ends ? lengths.buffer() : Buffer{},
                       states.buffer(),
                       Unless(t.kind != kLstm && t.kind != kGru, inner),
                       grad_output.buffer(),
                       Unless(t.bare, grad_last_h),
                       Unless(t.bare || t.kind != kLstm, grad_last_c),
                       grad_gates.buffer(),
                       Unless(t.kind != kGru, grad_hidden),
                       Unless(!projects(), grad_states),
                       grad_first_h.buffer(),
                       Unless(t.kind != kLstm, grad_first_c),
                       t.steps,
                       t.rows,
                       t.hidden,
                       t.size,
                       output_step,
                       output_row,
                       t.reverse});
  }

  std::vector<const Array<T>*> written() const {
    return {&gates,  &states,     &inner,       &raw,         &output,       &last_h,
            &last_c, &grad_gates, &grad_hidden, &grad_states, &grad_first_h, &grad_first_c};
  }

  Trial t;
  std::int64_t columns, width, output_step, output_row;
  Array<T> gates, weight, bias, project, first_h, first_c, states, inner, raw, output, last_h,
      last_c, grad_output, grad_last_h, grad_last_c, grad_gates, grad_hidden, grad_states,
      grad_first_h, grad_first_c;
  Array<std::int32_t> lengths;
  std::vector<T> sums;  // what gates held before the pass
};

// One row through all steps and back.
template <class T>
class PlainRow {
 public:
  using W = WideOf<T>;
  using Numbers = std::vector<W>;

  PlainRow(const Case<T>& it, std::int64_t row) : it_(it), t_(it.t), n_(row) {
    const std::int64_t length = t_.ends ? it.lengths[row] : t_.steps;
    Numbers h = First(it.first_h, t_.size), c = First(it.first_c, t_.hidden);
    for (std::int64_t i = 0; i < length; ++i) {
      steps_.push_back({t_.reverse ? length - 1 - i : i, h, c, {}, {}, {}, {}});
      Forward(steps_.back());
      h = steps_.back().after, c = steps_.back().cell_after;
    }
    last_h = h, last_c = c;
    grad_h = t_.bare ? Numbers(Length(t_.size)) : First(it.grad_last_h, t_.size);
    grad_c = t_.bare ? Numbers(Length(t_.hidden)) : First(it.grad_last_c, t_.hidden);
    for (std::int64_t i = length - 1; i >= 0; --i) Backward(steps_[Length(i)]);
  }

  struct Step {
    std::int64_t t;
    Numbers before, cell, gates, inner, after, cell_after, grad_gates = {}, grad_hidden = {},
                                                           grad_state = {};
  };
  const Step* At(std::int64_t t) const {
    for (const Step& step : steps_) {
      if (step.t == t) return &step;
    }
    return nullptr;
  }
  Numbers last_h, last_c, grad_h, grad_c;

 private:
  static std::size_t Length(std::int64_t n) { return static_cast<std::size_t>(n); }
  static W Sigmoid(W x) { return 1 / (1 + std::exp(-x)); }
  Numbers First(const Array<T>& array, std::int64_t n) const {
    Numbers numbers(Length(n));
    for (std::int64_t i = 0; i < n; ++i) numbers[Length(i)] = t_.bare ? W(0) : W(array[n_ * n + i]);
    return numbers;
  }

  void Forward(Step& step) {
    const std::int64_t h = t_.hidden;
    Numbers product(Length(it_.columns)), state(Length(h));
    step.gates.resize(Length(it_.columns));
    step.inner.resize(Length(h));
    step.cell_after.resize(Length(h));
    for (std::int64_t g = 0; g < it_.columns; ++g) {
      W sum = t_.bare ? W(0) : W(it_.bias[g]);
      for (std::int64_t i = 0; i < t_.size; ++i) {
        sum += W(it_.weight[g * t_.size + i]) * step.before[Length(i)];
      }
      product[Length(g)] = sum;
    }
    const auto given = [&](std::int64_t gate, std::int64_t j) {
      return W(it_.sums[Length((step.t * t_.rows + n_) * it_.columns + gate * h + j)]);
    };
    for (std::int64_t j = 0; j < h; ++j) {
      const auto a = [&](std::int64_t gate) {
        return given(gate, j) + product[Length(gate * h + j)];
      };
      const auto set = [&](std::int64_t gate, W value) {
        step.gates[Length(gate * h + j)] = value;
        return value;
      };
      if (t_.kind == kLstm) {
        const W i = set(0, Sigmoid(a(0))), f = set(1, Sigmoid(a(1)));
        const W g = set(2, std::tanh(a(2))), o = set(3, Sigmoid(a(3)));
        const W c = step.cell_after[Length(j)] = f * step.cell[Length(j)] + i * g;
        state[Length(j)] = o * std::tanh(c);
      } else if (t_.kind == kGru) {
        const W r = set(0, Sigmoid(a(0))), z = set(1, Sigmoid(a(1)));
        const W m = step.inner[Length(j)] = product[Length(2 * h + j)];
        const W n = set(2, std::tanh(given(2, j) + r * m));
        state[Length(j)] = (1 - z) * n + z * step.before[Length(j)];
      } else {
        state[Length(j)] = set(0, t_.kind == kTanh ? std::tanh(a(0)) : std::max(a(0), W(0)));
      }
    }
    step.after = state;
    if (!it_.projects()) return;
    step.after = Numbers(Length(t_.size));
    for (std::int64_t i = 0; i < t_.size; ++i) {
      for (std::int64_t j = 0; j < h; ++j) {
        step.after[Length(i)] += W(it_.project[i * h + j]) * state[Length(j)];
      }
    }
  }

  void Backward(Step& step) {
    const std::int64_t h = t_.hidden, size = t_.size;
    for (std::int64_t i = 0; i < size; ++i) {
      grad_h[Length(i)] += W(it_.grad_output[step.t * it_.output_step + n_ * it_.output_row + i]);
    }
    step.grad_state = grad_h;
    Numbers dh(Length(h));
    for (std::int64_t j = 0; j < h; ++j) {
      if (!it_.projects()) dh[Length(j)] = grad_h[Length(j)];
      for (std::int64_t i = 0; it_.projects() && i < size; ++i) {
        dh[Length(j)] += W(it_.project[i * h + j]) * grad_h[Length(i)];
      }
    }
    grad_h.assign(Length(size), 0);
    step.grad_gates.resize(Length(it_.columns));
    for (std::int64_t j = 0; j < h; ++j) {
      const auto gate = [&](std::int64_t index) { return step.gates[Length(index * h + j)]; };
      const auto set = [&](std::int64_t index, W value) {
        step.grad_gates[Length(index * h + j)] = value;
      };
      const W d = dh[Length(j)];
      if (t_.kind == kLstm) {
        const W i = gate(0), f = gate(1), g = gate(2), o = gate(3);
        const W tanh_c = std::tanh(step.cell_after[Length(j)]);
        const W dc = grad_c[Length(j)] + d * o * (1 - tanh_c * tanh_c);
        set(0, dc * g * i * (1 - i));
        set(1, dc * step.cell[Length(j)] * f * (1 - f));
        set(2, dc * i * (1 - g * g));
        set(3, d * tanh_c * o * (1 - o));
        grad_c[Length(j)] = dc * f;
      } else if (t_.kind == kGru) {
        const W r = gate(0), z = gate(1), n = gate(2);
        const W dn = d * (1 - z) * (1 - n * n);
        set(0, dn * step.inner[Length(j)] * r * (1 - r));
        set(1, d * (step.before[Length(j)] - n) * z * (1 - z));
        set(2, dn);
        grad_h[Length(j)] = d * z;
      } else {
        const W y = gate(0);
        set(0, t_.kind == kTanh ? d * (1 - y * y) : y > 0 ? d : W(0));
      }
    }
    step.grad_hidden = step.grad_gates;
    for (std::int64_t j = 0; t_.kind == kGru && j < h; ++j) {
      step.grad_hidden[Length(2 * h + j)] *= step.gates[Length(j)];
    }
    for (std::int64_t g = 0; g < it_.columns; ++g) {
      for (std::int64_t i = 0; i < size; ++i) {
        grad_h[Length(i)] += step.grad_hidden[Length(g)] * W(it_.weight[g * size + i]);
      }
    }
  }

  const Case<T>& it_;
  const Trial& t_;
  const std::int64_t n_;
  std::vector<Step> steps_;
};

class RecurrentTest : public EveryIsaTarget {
 protected:
  template <class T>
  static void Formulas() {
    using W = WideOf<T>;
    for (const Trial& t : kTrials) {
      SCOPED_TRACE(::testing::Message() << "kind " << static_cast<int>(t.kind) << ", " << t.steps
                                        << " x " << t.rows << " x " << t.hidden);
      Case<T> it(t);
      it.Forward();
      it.Backward();
      for (const Array<T>* array : it.written()) ASSERT_TRUE(array->GuardsIntact());
      // Numbers are below 4, and what weights add to one in all below 2, however long the sums are.
      // Some ten roundings a step; those of steps before come through halved.
      const W bound = kUnit<T> * 64;
      for (std::int64_t n = 0; n < t.rows; ++n) {
        const PlainRow<T> plain(it, n);
        // `expected` null: zeros, behind the end of the row.
        const auto same = [&](const char* what, const Array<T>& got, std::int64_t at,
                              const std::vector<W>* expected, std::int64_t size) {
          for (std::int64_t i = 0; i < size; ++i) {
            const W value = expected == nullptr ? W(0) : (*expected)[static_cast<std::size_t>(i)];
            const W within = expected == nullptr ? W(0) : bound;
            ASSERT_LE(std::fabs(W(got[at + i]) - value), within)
                << what << " of row " << n << ", " << i;
          }
        };
        for (std::int64_t step = 0; step < t.steps; ++step) {
          const auto* const own = plain.At(step);
          const std::int64_t row = step * t.rows + n, after = row + (t.reverse ? 0 : t.rows);
          same("gates", it.gates, row * it.columns, own ? &own->gates : nullptr, it.columns);
          same("output", it.output, step * it.output_step + n * it.output_row,
               own ? &own->after : nullptr, t.size);
          same("gradGates", it.grad_gates, row * it.columns, own ? &own->grad_gates : nullptr,
               it.columns);
          if (own != nullptr) same("states", it.states, after * t.size, &own->after, t.size);
          if (own != nullptr && t.kind == kLstm) {
            same("c", it.inner, after * t.hidden, &own->cell_after, t.hidden);
          }
          if (t.kind == kGru) {
            same("m", it.inner, row * t.hidden, own ? &own->inner : nullptr, t.hidden);
            same("gradHidden", it.grad_hidden, row * it.columns, own ? &own->grad_hidden : nullptr,
                 it.columns);
          }
          if (it.projects()) {
            same("gradStates", it.grad_states, row * t.size, own ? &own->grad_state : nullptr,
                 t.size);
          }
        }
        same("lastH", it.last_h, n * t.size, &plain.last_h, t.size);
        same("gradFirstH", it.grad_first_h, n * t.size, &plain.grad_h, t.size);
        if (t.kind != kLstm) continue;
        same("lastC", it.last_c, n * t.hidden, &plain.last_c, t.hidden);
        same("gradFirstC", it.grad_first_c, n * t.hidden, &plain.grad_c, t.hidden);
      }
    }
  }
};

TEST_P(RecurrentTest, FollowsThePlainLoopInFloat) { Formulas<float>(); }
TEST_P(RecurrentTest, FollowsThePlainLoopInDouble) { Formulas<double>(); }

TEST_P(RecurrentTest, SameBitsAtOneAndTwoThreads) {
  for (const Trial& t : kTrials) {
    Case<float> one(t), two(t);
    SetThreads(1);
    one.Forward();
    one.Backward();
    SetThreads(2);
    two.Forward();
    two.Backward();
    for (std::size_t i = 0; i < one.written().size(); ++i) {
      EXPECT_TRUE(one.written()[i]->SameBits(*two.written()[i])) << "array " << i;
    }
  }
}

// Whatever stands behind the end of a row.
TEST_P(RecurrentTest, RowsThatEndReadNothingBehind) {
  for (const Recurrence kind : {kTanh, kLstm, kGru}) {
    const Trial t = {kind, 4, 3, 11, kind == kLstm ? 6 : 11, true, true, false, false};
    Case<float> clean(t), dirty(t);
    for (std::int64_t n = 0; n < t.rows; ++n) {
      for (std::int64_t step = dirty.lengths[n]; step < t.steps; ++step) {
        for (std::int64_t i = 0; i < dirty.columns; ++i) {
          dirty.gates[(step * t.rows + n) * dirty.columns + i] = NAN;
        }
        for (std::int64_t i = 0; i < t.size; ++i) {
          dirty.grad_output[(step * t.rows + n) * t.size + i] = NAN;
        }
      }
    }
    for (Case<float>* it : {&clean, &dirty}) {
      it->Forward();
      it->Backward();
    }
    EXPECT_TRUE(clean.output.SameBits(dirty.output) && clean.last_h.SameBits(dirty.last_h) &&
                clean.grad_gates.SameBits(dirty.grad_gates) &&
                clean.grad_first_h.SameBits(dirty.grad_first_h));
  }
}
GRADLANE_ON_EVERY_ISA_TARGET(RecurrentTest);

TEST(RecurrentTest, RefusesBeforeWriting) {
  const Trial trial = {kGru, 3, 2, 4, 4, false, true, false, false};
  const auto refuses = [&](ErrorCode code, const char* what, auto&& change) {
    Case<float> it(trial);
    const Array<float> before(it.gates);
    change(it);
    try {
      it.Forward();
      FAIL() << "no error: " << what;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      EXPECT_NE(std::string(error.what()).find(what), std::string::npos) << error.what();
    }
    EXPECT_TRUE(Array<float>(it.gates).SameBits(before));
  };
  refuses(ErrorCode::kValue, "length 4 of row 1", [](auto& it) { it.lengths[1] = 4; });
  refuses(ErrorCode::kValue, "length 0 of row 0", [](auto& it) { it.lengths[0] = 0; });
  refuses(ErrorCode::kShape, "expected a state of 4 numbers, got 3",
          [](auto& it) { it.t.size = 3; });
  refuses(ErrorCode::kShape, "output", [](auto& it) { it.output_row = 3; });
}

}  // namespace
}  // namespace gradlane
