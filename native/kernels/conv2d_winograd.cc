// Transforms of Winograd's convolution along rows and columns, one vector a place. Points p and -p
// share their even and odd parts.
#include "cpu/tables/conv2d_winograd.h"

#include "kernels/interleave.h"
#include "kernels/isa_target.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

inline constexpr int kPoints = 6;
inline constexpr double kA = 0.625, kB = 1.5, kA2 = kA * kA, kB2 = kB * kB;
// Products of the differences between a point and the others.
inline constexpr double kAtZero = kA2 * kB2, kAtA = 2 * kA2 * (kA2 - kB2),
                        kAtB = 2 * kB2 * (kB2 - kA2);

template <class T>
using Vec = typename Simd<T>::Vec;

template <class T>
GRADLANE_INLINE Vec<T> Times(double factor, Vec<T> v) {
  return Simd<T>::Set(static_cast<T>(factor)) * v;
}

// Coefficients of the products (x - q) over the other points q.
struct Input {
  static constexpr int kFrom = kPoints, kTo = kPoints;
  template <class T>
  static GRADLANE_INLINE void Do(const Vec<T>* x, Vec<T>* y) {
    constexpr double kSum = kA2 + kB2, kProduct = kA2 * kB2;
    y[0] = x[4] - Times<T>(kSum, x[2]) + Times<T>(kProduct, x[0]);
    y[5] = x[5] - Times<T>(kSum, x[3]) + Times<T>(kProduct, x[1]);
    const Vec<T> even_a = x[4] - Times<T>(kB2, x[2]), odd_a = x[3] - Times<T>(kB2, x[1]);
    const Vec<T> even_b = x[4] - Times<T>(kA2, x[2]), odd_b = x[3] - Times<T>(kA2, x[1]);
    y[1] = even_a + Times<T>(kA, odd_a);
    y[2] = even_a - Times<T>(kA, odd_a);
    y[3] = even_b + Times<T>(kB, odd_b);
    y[4] = even_b - Times<T>(kB, odd_b);
  }
};

// The values of a polynomial of kCount coefficients at the points, divided by the products of
// differences if kDivided.
template <int kCount, bool kDivided>
struct Values {
  static constexpr int kFrom = kCount, kTo = kPoints;
  template <class T>
  static GRADLANE_INLINE void Do(const Vec<T>* x, Vec<T>* y) {
    y[0] = kDivided ? Times<T>(1 / kAtZero, x[0]) : x[0];
    y[5] = x[kCount - 1];
    Pair<T>(kA, kDivided ? 1 / kAtA : 1, x, y + 1);
    Pair<T>(kB, kDivided ? 1 / kAtB : 1, x, y + 3);
  }
  template <class T>
  static GRADLANE_INLINE void Pair(double point, double scale, const Vec<T>* x, Vec<T>* y) {
    Vec<T> even = Times<T>(scale, x[0]), odd = Times<T>(scale * point, x[1]);
    double power = scale * point * point;
#pragma GCC unroll 2
    for (int i = 2; i < kCount; i += 2, power *= point * point) {
      even += Times<T>(power, x[i]);
      if (i + 1 < kCount) odd += Times<T>(power * point, x[i + 1]);
    }
    y[0] = even + odd;
    y[1] = even - odd;
  }
};

// The transpose of Values.
template <int kCount, bool kDivided>
struct Sums {
  static constexpr int kFrom = kPoints, kTo = kCount;
  template <class T>
  static GRADLANE_INLINE void Do(const Vec<T>* x, Vec<T>* y) {
    const Vec<T> even_a = x[1] + x[2], odd_a = x[1] - x[2];
    const Vec<T> even_b = x[3] + x[4], odd_b = x[3] - x[4];
    double a = kDivided ? 1 / kAtA : 1, b = kDivided ? 1 / kAtB : 1;
#pragma GCC unroll 5
    for (int i = 0; i < kCount; ++i, a *= kA, b *= kB) {
      y[i] = i % 2 == 0 ? Times<T>(a, even_a) + Times<T>(b, even_b)
                        : Times<T>(a, odd_a) + Times<T>(b, odd_b);
    }
    y[0] += kDivided ? Times<T>(1 / kAtZero, x[0]) : x[0];
    y[kCount - 1] += x[5];
  }
};

// Columns into `half`, (kTo, kFrom), then its rows.
template <class T, class Step>
GRADLANE_INLINE void Columns(const T* from, std::int64_t row_step, std::int64_t column_step,
                             Vec<T> (*half)[Step::kFrom]) {
#pragma GCC unroll 1
  for (int c = 0; c < Step::kFrom; ++c, from += column_step) {
    Vec<T> x[Step::kFrom], y[Step::kTo];
#pragma GCC unroll 6
    for (int r = 0; r < Step::kFrom; ++r) x[r] = Simd<T>::Load(from + r * row_step);
    Step::template Do<T>(x, y);
#pragma GCC unroll 6
    for (int r = 0; r < Step::kTo; ++r) half[r][c] = y[r];
  }
}

template <class T, class Step>
void Transform(const WinogradSource<T>& source, const WinogradTarget<T>& target,
               std::int64_t count) noexcept {
  T* to = target.base;
  for (std::int64_t i = 0; i < count; ++i, to += target.step) {
    Vec<T> half[Step::kTo][Step::kFrom];
    Columns<T, Step>(source.base + source.starts[i], source.row_step, source.column_step, half);
#pragma GCC unroll 1
    for (int r = 0; r < Step::kTo; ++r) {
      Vec<T> y[Step::kTo];
      Step::template Do<T>(half[r], y);
#pragma GCC unroll 6
      for (int c = 0; c < Step::kTo; ++c) {
        Simd<T>::Store(to + r * target.row_step + c * target.column_step, y[c]);
      }
    }
  }
}

template <class T, int kSide>
void Output(const T* sums, std::int64_t plane, std::int64_t tiles, T bias, bool relu,
            T* rows) noexcept {
  using S = Simd<T>;
  using Step = Sums<kSide, false>;
  const Vec<T> start = S::Set(bias);
  for (std::int64_t t = 0; t < tiles; t += S::kLanes) {
    Vec<T> half[kSide][kPoints];
    Columns<T, Step>(sums + t, kPoints * plane, plane, half);
#pragma GCC unroll 1
    for (int r = 0; r < kSide; ++r) {
      Vec<T> y[kSide], next[kSide];
      Step::template Do<T>(half[r], y);
#pragma GCC unroll 4
      for (int c = 0; c < kSide; ++c) {
        y[c] += start;
        if (relu) y[c] = S::Select(y[c] <= Vec<T>{}, Vec<T>{}, y[c]);  // NaN stays
      }
#pragma GCC unroll 2
      for (int round = 1; round < kSide; round *= 2) {
#pragma GCC unroll 2
        for (int c = 0; c < kSide / 2; ++c) {
          next[2 * c] = InterleaveLow(y[c], y[c + kSide / 2]);
          next[2 * c + 1] = InterleaveHigh(y[c], y[c + kSide / 2]);
        }
#pragma GCC unroll 4
        for (int c = 0; c < kSide; ++c) y[c] = next[c];
      }
#pragma GCC unroll 4
      for (int c = 0; c < kSide; ++c) {
        S::Store(rows + (r * tiles + t) * kSide + c * S::kLanes, y[c]);
      }
    }
  }
}

template <class T>
void Place(const T* rows, std::int64_t from_step, const WinogradRun* runs, std::int64_t count,
           T* image, std::int64_t to_step) noexcept {
  using S = Simd<T>;
  for (std::int64_t i = 0; i < count; ++i) {
    const WinogradRun& run = runs[i];
    for (std::int64_t r = 0; r < run.rows; ++r) {
      const T* const from = rows + run.from + r * from_step;
      T* const to = image + run.to + r * to_step;
      std::int64_t j = 0;
      for (; j + S::kLanes <= run.columns; j += S::kLanes) S::Store(to + j, S::Load(from + j));
      if (j < run.columns) {
        S::StorePart(to + j, S::LoadPart(from + j, run.columns - j), run.columns - j);
      }
    }
  }
}

template <class T>
void Fill(WinogradKernels<T>& kernels) {
  kernels.input = &Transform<T, Input>;
  kernels.filter[0] = &Transform<T, Values<3, true>>;
  kernels.filter[1] = &Transform<T, Values<5, true>>;
  kernels.gradient[0] = &Transform<T, Values<4, false>>;
  kernels.gradient[1] = &Transform<T, Values<2, false>>;
  kernels.filter_gradient[0] = &Transform<T, Sums<3, true>>;
  kernels.filter_gradient[1] = &Transform<T, Sums<5, true>>;
  kernels.output[0] = &Output<T, 4>;
  kernels.output[1] = &Output<T, 2>;
  kernels.place = &Place<T>;
}

}  // namespace

void FillConv2dWinograd(KernelTable& table) {
  Fill(table.f32.winograd);
  Fill(table.f64.winograd);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
