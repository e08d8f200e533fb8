#include "ops/ctc.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

// The labels of one row with blanks around each: place s is a label where s is odd. A path begins
// at one of the first two places and ends at one of the last two; each step it stays, goes on by
// one place, or steps over a blank between two labels that differ.
struct Path {
  const std::int32_t* labels;
  std::int64_t places, length, blank;

  std::int64_t Class(std::int64_t s) const { return s % 2 == 0 ? blank : labels[s / 2]; }
  bool MaySkipTo(std::int64_t s) const {
    return s % 2 == 1 && s > 1 && s < places && labels[s / 2] != labels[s / 2 - 1];
  }
};

// Labels and lengths, copied (ops/indices.h tells why) and checked.
struct Paths {
  const std::int32_t *labels, *input_lengths, *target_lengths, *starts;
  std::int64_t steps, blank;

  template <class Args>
  Paths(const Args& args, const char* op) : steps(args.steps), blank(args.blank) {
    const std::int64_t n = args.labels, rows = args.rows;
    const auto* targets = Elements<std::int32_t>(args.targets, n, op, "targets");
    const auto* inputs = Elements<std::int32_t>(args.input_lengths, rows, op, "inputLengths");
    const auto* counts = Elements<std::int32_t>(args.target_lengths, rows, op, "targetLengths");
    if (blank < 0 || blank >= args.classes) {
      Throw(ErrorCode::kValue, {op, ": blank ", blank, " is outside [0, ", args.classes, ")"});
    }
    const std::size_t length = static_cast<std::size_t>(n + 3 * rows + 1);
    auto* copy = static_cast<std::int32_t*>(
        ThreadScratch(ScratchSlot::kIndices, length * sizeof(std::int32_t)));
    std::copy(targets, targets + n, copy);
    std::copy(inputs, inputs + rows, copy + n);
    std::copy(counts, counts + rows, copy + n + rows);
    labels = copy;
    input_lengths = copy + n;
    target_lengths = input_lengths + rows;
    auto* const first = copy + n + 2 * rows;
    starts = first;
    const std::int64_t width = args.concatenated || rows == 0 ? 0 : n / rows;
    std::int64_t start = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
      CheckLength(op, "inputLengths", row, input_lengths[row], steps);
      CheckLength(op, "targetLengths", row, target_lengths[row],
                  args.concatenated ? n - start : width);
      first[row] = static_cast<std::int32_t>(start);
      for (std::int64_t i = 0; i < target_lengths[row]; ++i) {
        const std::int64_t label = labels[start + i];
        if (label >= 0 && label < args.classes && label != blank) continue;
        Throw(ErrorCode::kValue, {op, ": label ", i, " of row ", row, " is ", label,
                                  ", outside 0..", args.classes - 1, " or the blank"});
      }
      start += args.concatenated ? target_lengths[row] : width;
    }
    first[rows] = static_cast<std::int32_t>(start);
    if (start != n) {
      Throw(ErrorCode::kValue,
            {op, ": targetLengths add up to ", start, ", there are ", n, " labels"});
    }
  }

  static void CheckLength(const char* op, const char* what, std::int64_t row, std::int64_t length,
                          std::int64_t most) {
    if (length >= 0 && length <= most) return;
    Throw(ErrorCode::kValue, {op, ": ", what, "[", row, "] = ", length, " is outside 0..", most});
  }

  Path Of(std::int64_t row) const {
    return {labels + starts[row], 2 * std::int64_t{target_lengths[row]} + 1, input_lengths[row],
            blank};
  }
  // Where the row's part of the lattice begins, the last one's ends: a line of its places a step.
  std::int64_t Lattice(std::int64_t row) const {
    return steps * (2 * std::int64_t{starts[row]} + row);
  }
  // Rows of a task: a place of a step costs three exponentials and a logarithm.
  template <class Args>
  static std::int64_t Grain(const Args& args) {
    const std::int64_t places = 2 * args.labels / std::max<std::int64_t>(args.rows, 1) + 1;
    return RowsOfGrain(kMathGrain, 8 * args.steps * places);
  }
};

void Apply(Unary kind, double* x, std::int64_t n) {
  Kernels().f64.elementwise.unary[static_cast<int>(kind)](x, x, n);
}

// to[s] = log Σ exp(from(s, k)) of the three ways k in which a path comes to a place; `work` has
// room for three lines. The largest is taken out first.
template <class From>
void LogSums(std::int64_t places, double* to, double* work, From&& from) {
  double* const second = work + places;
  double* const third = second + places;
  for (std::int64_t s = 0; s < places; ++s) {
    const double a = from(s, 0), b = from(s, 1), c = from(s, 2);
    const double most = std::max(a, std::max(b, c));
    const double shift = most == kNever ? 0 : most;
    work[s] = a - shift;
    second[s] = b - shift;
    third[s] = c - shift;
    to[s] = shift;
  }
  Apply(Unary::kExp, work, 3 * places);
  for (std::int64_t s = 0; s < places; ++s) work[s] += second[s] + third[s];
  Apply(Unary::kLog, work, places);
  for (std::int64_t s = 0; s < places; ++s) to[s] += work[s];
}

double* Lines(std::int64_t places, std::int64_t lines) {
  return static_cast<double*>(ThreadScratch(
      ScratchSlot::kTemporary, static_cast<std::size_t>(places * lines) * sizeof(double)));
}

// Fills a row's part of the lattice; returns the logarithm of its likelihood.
template <class T>
double Forward(const Path& path, const T* log_probs, std::int64_t stride, double* line) {
  const std::int64_t places = path.places;
  if (path.length == 0) return places == 1 ? 0 : kNever;
  double* const work = Lines(places, 3);
  for (std::int64_t t = 0; t < path.length; ++t, line += places, log_probs += stride) {
    if (t == 0) {
      std::fill(line, line + places, kNever);
      std::fill(line, line + std::min<std::int64_t>(places, 2), 0.0);
    } else {
      const double* const before = line - places;
      LogSums(places, line, work, [&](std::int64_t s, int back) {
        const bool reaches = back < 2 ? s >= back : path.MaySkipTo(s);
        return reaches ? before[s - back] : kNever;
      });
    }
    for (std::int64_t s = 0; s < places; ++s) {
      line[s] += static_cast<double>(log_probs[path.Class(s)]);
    }
  }
  const double* const end = line - 1;
  double likelihood;
  LogSums(1, &likelihood, work, [&](std::int64_t, int back) {
    return back == 2 || (back == 1 && places == 1) ? kNever : end[-back];
  });
  return likelihood;
}

// Walks back from the last step; `ends` is, for each place, what the rest of the paths comes to.
template <class T>
void Backward(const Path& path, const T* log_probs, std::int64_t stride, std::int64_t classes,
              const double* line, double likelihood, T slope, T* grad) {
  const std::int64_t places = path.places;
  double* const ends = Lines(places, 6);
  double* const later = ends + places;
  double* const shares = later + places;
  double* const work = shares + places;
  for (std::int64_t t = path.length - 1; t >= 0; --t) {
    if (t == path.length - 1) {
      std::fill(ends, ends + places, kNever);
      std::fill(ends + std::max<std::int64_t>(places - 2, 0), ends + places, 0.0);
    } else {
      LogSums(places, ends, work, [&](std::int64_t s, int on) {
        const bool reaches = on < 2 ? s + on < places : path.MaySkipTo(s + 2);
        return reaches ? later[s + on] : kNever;
      });
    }
    const double* const starts = line + t * places;
    for (std::int64_t s = 0; s < places; ++s) shares[s] = starts[s] + ends[s] - likelihood;
    Apply(Unary::kExp, shares, places);
    T* const to = grad + t * stride;
    const T* const from = log_probs + t * stride;
    for (std::int64_t s = 0; s < places; ++s) {
      const std::int64_t c = path.Class(s);
      to[c] -= static_cast<T>(shares[s]);
      later[s] = ends[s] + static_cast<double>(from[c]);
    }
    for (std::int64_t c = 0; c < classes; ++c) to[c] *= slope;
  }
}

// Operands of both. Ctc writes the lattice and the likelihood, the gradient reads them.
template <class T>
struct Operands {
  const T* log_probs;
  double *lattice, *likelihood;
  Paths paths;
  std::int64_t stride;

  template <class Args>
  Operands(const Args& args, const char* op)
      : log_probs(Elements<T>(args.log_probs, Size(args, op), op, "logProbs")),
        lattice(Elements<double>(args.lattice, Cells(args, op), op, "lattice")),
        likelihood(Elements<double>(args.likelihood, args.rows, op, "likelihood")),
        paths(args, op),
        stride(args.rows * args.classes) {}

  template <class Args>
  static std::int64_t Size(const Args& args, const char* op) {
    return Product(op, args.steps, args.rows, args.classes);
  }
  template <class Args>
  static std::int64_t Cells(const Args& args, const char* op) {
    return Product(op, args.steps, 2 * Product(op, args.labels, 1) + args.rows);
  }
};

}  // namespace

void Ctc(const CtcArgs& args) {
  constexpr const char* kOp = "ctc";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const Operands<T> of(args, kOp);
    T* loss = Elements<T>(args.loss, args.rows, kOp, "loss");
    ParallelRanges(args.rows, Paths::Grain(args), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const Path path = of.paths.Of(row);
        double* const own = of.lattice + of.paths.Lattice(row);
        double& likelihood = of.likelihood[row];
        likelihood = Forward(path, of.log_probs + row * args.classes, of.stride, own);
        std::fill(own + path.length * path.places, of.lattice + of.paths.Lattice(row + 1), 0.0);
        const bool none = args.zero_infinity && likelihood == kNever;
        loss[row] = none ? T(0) : static_cast<T>(0 - likelihood);
      }
    });
  });
}

void CtcGradient(const CtcGradientArgs& args) {
  constexpr const char* kOp = "ctcGradient";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const Operands<T> of(args, kOp);
    const T* grad_loss = Elements<T>(args.grad_loss, args.rows, kOp, "gradLoss");
    T* grad = Elements<T>(args.grad, Operands<T>::Size(args, kOp), kOp, "grad");
    const std::int64_t classes = args.classes, stride = of.stride;
    ParallelRanges(args.rows, Paths::Grain(args), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const Path path = of.paths.Of(row);
        const bool none = of.likelihood[row] == kNever;
        const T within = none && !args.zero_infinity ? std::numeric_limits<T>::quiet_NaN() : T(0);
        T* const own = grad + row * classes;
        for (std::int64_t t = 0; t < args.steps; ++t) {
          std::fill(own + t * stride, own + t * stride + classes, t < path.length ? within : T(0));
        }
        if (none) continue;
        Backward(path, of.log_probs + row * classes, stride, classes,
                 of.lattice + of.paths.Lattice(row), of.likelihood[row], grad_loss[row], own);
      }
    });
  });
}

}  // namespace gradlane
