#include "cpu/tables/softmax.h"

#include "kernels/columns.h"
#include "kernels/fold.h"
#include "kernels/isa_target.h"
#include "kernels/math.h"
#include "kernels/short_rows.h"
#include "kernels/simd.h"
#include "kernels/softmax_row.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <class T, bool kLog>
void Few(const T* x, T* y, std::int64_t rows, std::int64_t n) noexcept {
  using R = ShortRows<T>;
  using S = Simd<T>;
  using V = VecOf<T>;
  alignas(64) T max[R::kLanes], sum[R::kLanes], e[kLog ? 1 : R::kLanes * R::kMost];
  R::ForGroups(rows, [&](std::int64_t r, std::int64_t count) {
    const T* from = x + r * n;
    T* to = y + r * n;
    if (count < R::kLanes) S::Store(sum, V{});
    R::Exp(from, n, count, max, sum, kLog ? nullptr : e);
    const V sums = S::Load(sum);
    S::Store(sum, kLog ? Log<T>(sums) : S::Set(1) / sums);
    for (std::int64_t i = 0; i < count; ++i) {
      const V m = S::Set(max[i]), s = S::Set(sum[i]);
      R::AheadToWrite(to + i * n);
      R::ForVectorsOf(n, [&](std::int64_t at, std::int64_t lanes) {
        T* p = to + i * n + at;
        if constexpr (kLog) {
          R::Store(p, (R::Load(from + i * n + at, lanes, T(0)) - m) - s, lanes);
        } else {
          R::Store(p, S::Load(e + i * R::InVectors(n) + at) * s, lanes);
        }
      });
    }
  });
}

template <class T, bool kLog>
void Rows(const T* x, T* y, std::int64_t rows, std::int64_t n) noexcept {
  using S = Simd<T>;
  using V = VecOf<T>;
  if (n <= ShortRows<T>::kMost) {
    Few<T, kLog>(x, y, rows, n);
    return;
  }
  for (std::int64_t r = 0; r < rows; ++r, x += n, y += n) {
    const T max = RowMax(x, n);
    if constexpr (kLog) {
      const V m = S::Set(max);
      const V log_sum = S::Set(ScalarLog(RowSumExp(x, n, max)));
      Map(x, y, n, [m, log_sum](V v) { return (v - m) - log_sum; });
    } else {
      const V scale = S::Set(T(1) / RowExp(x, y, n, max));
      Map(y, y, n, [scale](V v) { return v * scale; });
    }
  }
}

template <class T, bool kLog>
void FewGradient(const T* y, const T* grad_y, T* grad_x, std::int64_t rows,
                 std::int64_t n) noexcept {
  using R = ShortRows<T>;
  using S = Simd<T>;
  using V = VecOf<T>;
  T sum[R::kLanes];
  R::ForGroups(rows, [&](std::int64_t r, std::int64_t count) {
    const auto row = [&](const T* p, std::int64_t i, std::int64_t at, std::int64_t lanes) {
      return R::Load(p + (r + i) * n + at, lanes, T(0));
    };
    V v[R::kLanes];
    for (std::int64_t i = 0; i < count; ++i) {
      V s = {};
      R::Ahead(y + (r + i) * n);
      R::Ahead(grad_y + (r + i) * n);
      R::ForVectorsOf(n, [&](std::int64_t at, std::int64_t lanes) {
        const V g = row(grad_y, i, at, lanes);
        s += kLog ? g : row(y, i, at, lanes) * g;
      });
      v[i] = s;
    }
    R::Fold(v, count, sum, typename R::Add());
    for (std::int64_t i = 0; i < count; ++i) {
      R::AheadToWrite(grad_x + (r + i) * n);
      const V s = S::Set(sum[i]);
      R::ForVectorsOf(n, [&](std::int64_t at, std::int64_t lanes) {
        const V p = row(y, i, at, lanes), g = row(grad_y, i, at, lanes);
        R::Store(grad_x + (r + i) * n + at, kLog ? g - Exp<T>(p) * s : p * (g - s), lanes);
      });
    }
  });
}

template <class T, bool kLog>
void RowsGradient(const T* y, const T* grad_y, T* grad_x, std::int64_t rows,
                  std::int64_t n) noexcept {
  using S = Simd<T>;
  using V = VecOf<T>;
  if (n <= ShortRows<T>::kMost) {
    FewGradient<T, kLog>(y, grad_y, grad_x, rows, n);
    return;
  }
  for (std::int64_t r = 0; r < rows; ++r, y += n, grad_y += n, grad_x += n) {
    if constexpr (kLog) {
      const V sum = S::Set(static_cast<T>(SumRun(grad_y, n)));
      Map(y, grad_y, grad_x, n, [sum](V v, V g) { return g - Exp<T>(v) * sum; });
    } else {
      const V sum = S::Set(static_cast<T>(BlockedSum<T>(
          n, [&](std::int64_t i) { return S::Load(y + i) * S::Load(grad_y + i); },
          [&](std::int64_t i, std::int64_t count) {
            return S::LoadPart(y + i, count) * S::LoadPart(grad_y + i, count);
          })));
      Map(y, grad_y, grad_x, n, [sum](V v, V g) { return v * (g - sum); });
    }
  }
}

// Sums over body(j), j < n, with the partial sums of blocks of 64.
template <class T, class Body>
GRADLANE_INLINE VecOf<T> SumAlong(std::int64_t n, Body&& body) {
  VecOf<T> sum = {};
  for (std::int64_t begin = 0; begin < n; begin += 64) {
    VecOf<T> block = {};
    for (std::int64_t j = begin; j < n && j < begin + 64; ++j) block += body(j);
    sum += block;
  }
  return sum;
}

template <class T, bool kLog>
void Columns(const T* x, T* y, std::int64_t n, std::int64_t cols, std::int64_t stride) noexcept {
  using S = Simd<T>;
  using V = VecOf<T>;
  ForColumns<T>(cols, [&](std::int64_t c, auto load, auto store) {
    const T* from = x + c;
    T* to = y + c;
    V m = load(from);
    for (std::int64_t j = 1; j < n; ++j) m = S::Max(m, load(from + j * stride));
    if constexpr (kLog) {
      const V log_sum = Log<T>(SumAlong<T>(
          n, [&](std::int64_t j) { return ExpNonPositive<T>(load(from + j * stride) - m); }));
      for (std::int64_t j = 0; j < n; ++j) {
        store(to + j * stride, (load(from + j * stride) - m) - log_sum);
      }
    } else {
      const V scale = S::Set(1) / SumAlong<T>(n, [&](std::int64_t j) {
                        const V e = ExpNonPositive<T>(load(from + j * stride) - m);
                        store(to + j * stride, e);
                        return e;
                      });
      for (std::int64_t j = 0; j < n; ++j) store(to + j * stride, load(to + j * stride) * scale);
    }
  });
}

template <class T, bool kLog>
void ColumnsGradient(const T* y, const T* grad_y, T* grad_x, std::int64_t n, std::int64_t cols,
                     std::int64_t stride) noexcept {
  using V = VecOf<T>;
  ForColumns<T>(cols, [&](std::int64_t c, auto load, auto store) {
    const V sum = SumAlong<T>(n, [&](std::int64_t j) {
      const V g = load(grad_y + c + j * stride);
      return kLog ? g : g * load(y + c + j * stride);
    });
    for (std::int64_t j = 0; j < n; ++j) {
      const V v = load(y + c + j * stride), g = load(grad_y + c + j * stride);
      store(grad_x + c + j * stride, kLog ? g - Exp<T>(v) * sum : v * (g - sum));
    }
  });
}

template <class T, bool kLog>
void Set(SoftmaxKernels<T>& kernels) {
  kernels.rows[kLog] = &Rows<T, kLog>;
  kernels.rows_gradient[kLog] = &RowsGradient<T, kLog>;
  kernels.columns[kLog] = &Columns<T, kLog>;
  kernels.columns_gradient[kLog] = &ColumnsGradient<T, kLog>;
}

template <class T>
void Fill(SoftmaxKernels<T>& kernels) {
  Set<T, false>(kernels);
  Set<T, true>(kernels);
}

}  // namespace

void FillSoftmax(KernelTable& table) {
  Fill(table.f32.softmax);
  Fill(table.f64.softmax);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
