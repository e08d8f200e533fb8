#include "cpu/tables/cross_entropy.h"

#include "kernels/fold.h"
#include "kernels/isa_target.h"
#include "kernels/math.h"
#include "kernels/short_rows.h"
#include "kernels/simd.h"
#include "kernels/softmax_row.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

// The weights of the classes from i on: ones without `weight`, and zero past the end.
template <class T>
struct Weights {
  const T* weight;
  GRADLANE_INLINE VecOf<T> Whole(std::int64_t i) const {
    return weight == nullptr ? Simd<T>::Set(1) : Simd<T>::Load(weight + i);
  }
  GRADLANE_INLINE VecOf<T> Part(std::int64_t i, std::int64_t count) const {
    return weight == nullptr ? Simd<T>::Set(1) : Simd<T>::LoadPart(weight + i, count);
  }
  GRADLANE_INLINE T At(std::int64_t i) const { return weight == nullptr ? T(1) : weight[i]; }
};

// sum of w[c] (x[c] - max), where a class of weight 0 counts for nothing even at -Infinity
template <class T>
T WeightedShift(const T* x, Weights<T> weights, std::int64_t cols, T max) noexcept {
  using S = Simd<T>;
  using V = VecOf<T>;
  const V m = S::Set(max), zero = S::Set(0);
  const auto term = [m, zero](V v, V w) { return S::Select(w == zero, zero, w * (v - m)); };
  return static_cast<T>(BlockedSum<T>(
      cols, [&](std::int64_t i) { return term(S::Load(x + i), weights.Whole(i)); },
      [&](std::int64_t i, std::int64_t count) {
        return term(S::LoadPart(x + i, count, max), weights.Part(i, count));
      }));
}

// What a row with probabilities q = (1 - s) target + s / cols contributes: the sums of w q and of
// w q (x - max).
template <class T>
struct SoftTarget {
  const T* target;
  Weights<T> weights;
  VecOf<T> keep, spread;  // 1 - s, s / cols

  GRADLANE_INLINE VecOf<T> Whole(std::int64_t i) const {
    return weights.Whole(i) * (keep * Simd<T>::Load(target + i) + spread);
  }
  GRADLANE_INLINE VecOf<T> Part(std::int64_t i, std::int64_t count) const {
    return weights.Part(i, count) * (keep * Simd<T>::LoadPart(target + i, count) + spread);
  }
};

template <class T>
SoftTarget<T> SoftTargetOf(const CrossEntropyRows<T>& rows, std::int64_t r) {
  return {rows.probabilities + r * rows.cols,
          {rows.weight},
          Simd<T>::Set(T(1) - rows.smoothing),
          Simd<T>::Set(rows.smoothing / static_cast<T>(rows.cols))};
}

// The lanes past the end of a row are cut off, for without weights they are not zero.
template <class T, class Body>
GRADLANE_INLINE T SoftSum(const SoftTarget<T>& soft, std::int64_t cols, Body&& body) {
  using S = Simd<T>;
  return static_cast<T>(BlockedSum<T>(
      cols, [&](std::int64_t i) { return body(soft.Whole(i), i, S::kLanes); },
      [&](std::int64_t i, std::int64_t count) {
        return S::FirstLanes(body(soft.Part(i, count), i, count), count);
      }));
}

template <class T>
double Loss(const CrossEntropyRows<T>& in, T* loss) noexcept {
  using S = Simd<T>;
  using V = VecOf<T>;
  const Weights<T> weights{in.weight};
  const T spread = in.smoothing / static_cast<T>(in.cols);
  double total = 0;
  // A row's loss is mass * log(sum exp(x - max)) - shift; the logarithms of as many rows as a
  // vector has lanes are taken at once.
  for (std::int64_t r0 = 0; r0 < in.rows; r0 += S::kLanes) {
    const std::int64_t count = in.rows - r0 < S::kLanes ? in.rows - r0 : S::kLanes;
    T sums[S::kLanes], mass[S::kLanes], shift[S::kLanes], largest[S::kLanes];
    const bool few = in.cols <= ShortRows<T>::kMost;
    if (few) {
      ShortRows<T>::Exp(in.logits + r0 * in.cols, in.cols, count, largest, sums, nullptr);
    }
    for (std::int64_t i = 0; i < S::kLanes; ++i) {
      if (!few || i >= count) sums[i] = 1;
      mass[i] = shift[i] = 0;
    }
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t r = r0 + i;
      const T* x = in.logits + r * in.cols;
      const std::int64_t label = in.indices == nullptr ? 0 : in.indices[r];
      if (in.indices != nullptr && label == in.ignore_index) {
        sums[i] = 1;
        continue;
      }
      const T max = few ? largest[i] : RowMax(x, in.cols);
      if (!few) sums[i] = RowSumExp(x, in.cols, max);
      if (in.indices != nullptr) {
        const T own = (T(1) - in.smoothing) * weights.At(label);
        mass[i] = own;
        if (own != 0) shift[i] = own * (x[label] - max);
        if (in.smoothing != 0) {
          mass[i] += spread * in.weight_sum;
          shift[i] += spread * WeightedShift(x, weights, in.cols, max);
        }
      } else {
        const SoftTarget<T> soft = SoftTargetOf(in, r);
        const V m = S::Set(max), zero = S::Set(0);
        mass[i] = SoftSum(soft, in.cols, [](V wq, std::int64_t, std::int64_t) { return wq; });
        shift[i] = SoftSum(soft, in.cols, [&](V wq, std::int64_t at, std::int64_t lanes) {
          const V v = lanes == S::kLanes ? S::Load(x + at) : S::LoadPart(x + at, lanes, max);
          return S::Select(wq == zero, zero, wq * (v - m));
        });
      }
    }
    const V losses = S::Load(mass) * Log<T>(S::Load(sums)) - S::Load(shift);
    T lanes[S::kLanes];
    S::Store(lanes, losses);
    for (std::int64_t i = 0; i < count; ++i) {
      total += lanes[i];
      if (loss != nullptr) loss[r0 + i] = lanes[i];
    }
  }
  return total;
}

// grad = p mass - coefficient, over the divisor: see the reference in
// ts/kernels/reference/cross-entropy.ts, which has the same terms.
template <class T>
void FewGradient(const CrossEntropyRows<T>& in, T* grad, T divisor) noexcept {
  using R = ShortRows<T>;
  using S = Simd<T>;
  using V = VecOf<T>;
  const Weights<T> weights{in.weight};
  const T spread = in.smoothing / static_cast<T>(in.cols);
  const V other = S::Set(spread / divisor);
  typename S::Mask lane;
  for (int i = 0; i < S::kLanes; ++i) lane[i] = i;
  alignas(64) T max[R::kLanes], sum[R::kLanes], e[R::kLanes * R::kMost];
  R::ForGroups(in.rows, [&](std::int64_t r, std::int64_t count) {
    R::Exp(in.logits + r * in.cols, in.cols, count, max, sum, e);
    for (std::int64_t i = 0; i < count; ++i) {
      R::AheadToWrite(grad + (r + i) * in.cols);
      const std::int64_t label = in.indices[r + i];
      const bool ignored = label == in.ignore_index;
      const T own = ignored ? T(0) : (T(1) - in.smoothing) * weights.At(label);
      const V hit = S::Set(own / divisor);
      const V scale = S::Set((own + spread * in.weight_sum) / (sum[i] * divisor));
      R::ForVectorsOf(in.cols, [&](std::int64_t at, std::int64_t n) {
        V g = S::Load(e + i * R::InVectors(in.cols) + at) * scale;
        if (in.smoothing != 0) {
          g -= (n == R::kLanes ? weights.Whole(at) : weights.Part(at, n)) * other;
        }
        const auto here = lane == typename S::Mask{} + static_cast<typename S::Int>(label - at);
        g -= S::Select(here, hit, V{});
        R::Store(grad + (r + i) * in.cols + at, ignored ? V{} : g, n);
      });
    }
  });
}

template <class T>
void Gradient(const CrossEntropyRows<T>& in, T* grad, T divisor) noexcept {
  using S = Simd<T>;
  using V = VecOf<T>;
  if (in.indices != nullptr && in.cols <= ShortRows<T>::kMost) {
    FewGradient(in, grad, divisor);
    return;
  }
  const Weights<T> weights{in.weight};
  const T spread = in.smoothing / static_cast<T>(in.cols);
  for (std::int64_t r = 0; r < in.rows; ++r) {
    const T* x = in.logits + r * in.cols;
    T* out = grad + r * in.cols;
    const std::int64_t label = in.indices == nullptr ? 0 : in.indices[r];
    if (in.indices != nullptr && label == in.ignore_index) {
      for (std::int64_t c = 0; c < in.cols; ++c) out[c] = 0;
      continue;
    }
    const T sum = RowExp(x, out, in.cols, RowMax(x, in.cols));
    if (in.indices == nullptr) {
      const SoftTarget<T> soft = SoftTargetOf(in, r);
      const T mass = SoftSum(soft, in.cols, [](V wq, std::int64_t, std::int64_t) { return wq; });
      const V scale = S::Set(mass / (sum * divisor)), inverse = S::Set(T(1) / divisor);
      std::int64_t c = 0;
      for (; c + S::kLanes <= in.cols; c += S::kLanes) {
        S::Store(out + c, S::Load(out + c) * scale - soft.Whole(c) * inverse);
      }
      if (c < in.cols) {
        const std::int64_t rest = in.cols - c;
        S::StorePart(out + c, S::LoadPart(out + c, rest) * scale - soft.Part(c, rest) * inverse,
                     rest);
      }
      continue;
    }
    const T own = (T(1) - in.smoothing) * weights.At(label);
    const V scale = S::Set((own + spread * in.weight_sum) / (sum * divisor));
    if (in.smoothing == 0) {
      Map(out, out, in.cols, [scale](V e) { return e * scale; });
    } else if (in.weight == nullptr) {
      const V other = S::Set(spread / divisor);
      Map(out, out, in.cols, [scale, other](V e) { return e * scale - other; });
    } else {
      const V other = S::Set(spread / divisor);
      Map(out, in.weight, out, in.cols, [scale, other](V e, V w) { return e * scale - w * other; });
    }
    out[label] -= own / divisor;
  }
}

template <class T>
void Fill(CrossEntropyKernels<T>& kernels) {
  kernels.loss = &Loss<T>;
  kernels.gradient = &Gradient<T>;
}

}  // namespace

void FillCrossEntropy(KernelTable& table) {
  Fill(table.f32.cross_entropy);
  Fill(table.f64.cross_entropy);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
