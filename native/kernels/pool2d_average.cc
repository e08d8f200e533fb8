#include <cstdint>

#include "cpu/tables/pool2d.h"
#include "kernels/fold.h"
#include "kernels/isa_target.h"
#include "kernels/pool2d_row.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

// Rows [y0, y1) and columns [x0, x1) of a plane.
struct Window {
  std::int64_t y0, y1, x0, x1;
};

// A window may be a whole image, whose sum in T would lose digits: blocks and rows are added in
// double.
template <class T>
GRADLANE_INLINE T WindowSum(const T* x, std::int64_t width, Window w) {
  const std::int64_t across = w.x1 - w.x0, rows = w.y1 - w.y0;
  x += w.y0 * width + w.x0;
  if (across == width) return static_cast<T>(SumRun(x, rows * width));
  double sum = 0;
  for (std::int64_t r = 0; r < rows; ++r, x += width) {
    if (across >= Simd<T>::kLanes) {
      sum += SumRun(x, across);
      continue;
    }
    T few = 0;
    for (std::int64_t i = 0; i < across; ++i) few += x[i];
    sum += few;
  }
  return static_cast<T>(sum);
}

template <class T>
GRADLANE_INLINE void WindowAdd(T* x, std::int64_t width, Window w, T value) {
  for (std::int64_t y = w.y0; y < w.y1; ++y) {
    for (std::int64_t at = y * width + w.x0; at < y * width + w.x1; ++at) x[at] += value;
  }
}

GRADLANE_INLINE std::int64_t Least(std::int64_t a, std::int64_t b) { return a < b ? a : b; }

template <class T, class Body>
GRADLANE_INLINE void AdaptiveWindows(const Pool2dShape& s, Body&& body) {
  const auto begin = [](std::int64_t i, std::int64_t in, std::int64_t n) { return i * in / n; };
  const auto end = [](std::int64_t i, std::int64_t in, std::int64_t n) {
    return ((i + 1) * in + n - 1) / n;
  };
  for (std::int64_t i = 0; i < s.out_height; ++i) {
    const std::int64_t y0 = begin(i, s.in_height, s.out_height);
    const std::int64_t y1 = end(i, s.in_height, s.out_height);
    for (std::int64_t j = 0; j < s.out_width; ++j) {
      const Window w = {y0, y1, begin(j, s.in_width, s.out_width), end(j, s.in_width, s.out_width)};
      body(w, static_cast<T>((w.y1 - w.y0) * (w.x1 - w.x0)), i * s.out_width + j);
    }
  }
}

template <class T>
GRADLANE_INLINE void StoreFirst(T* p, typename Simd<T>::Vec v, std::int64_t n) {
  if (n == Simd<T>::kLanes) {
    Simd<T>::Store(p, v);
  } else {
    Simd<T>::StorePart(p, v, n);
  }
}

template <class T>
void AverageHalving(const Pool2dShape& s, T divisor, const T* x, T* out, Pool2dPart part) noexcept {
  using S = Simd<T>;
  const Fetch<T> fetch(s);
  for (std::int64_t plane = 0; plane < part.planes; ++plane) {
    for (std::int64_t i = part.begin; i < part.end; ++i) {
      const T* upper = x + 2 * i * s.in_width;
      const T* lower = upper + s.in_width;
      T* to = out + i * s.out_width;
      fetch.Rows(upper);
      fetch.RowToWrite(to);
      ForVectors<T>(0, s.out_width, [&](std::int64_t j, std::int64_t n) {
        const typename S::Vec sum =
            (LoadApart<T, 2>(upper + 2 * j, n) + LoadApart<T, 2>(upper + 2 * j + 1, n)) +
            (LoadApart<T, 2>(lower + 2 * j, n) + LoadApart<T, 2>(lower + 2 * j + 1, n));
        StoreFirst<T>(to + j, sum / S::Set(divisor), n);
      });
    }
    x += s.in_height * s.in_width;
    out += s.out_height * s.out_width;
  }
}

// What windows that begin at -pad, stride - pad, ... cover of a dimension of `size`.
struct Reach {
  std::int64_t begin, end, padded;  // padded: elements, those of the padding too

  GRADLANE_INLINE Reach(std::int64_t i, std::int64_t kernel, std::int64_t stride, std::int64_t pad,
                        std::int64_t size) {
    const std::int64_t start = i * stride - pad;
    begin = start < 0 ? 0 : start;
    end = Least(start + kernel, size);
    padded = Least(start + kernel, size + pad) - start;
    if (end < begin) end = begin;
  }
  // What it has a part in a divisor; 1 where nothing is divided.
  GRADLANE_INLINE std::int64_t Count(Pool2dDivisor divisor) const {
    if (divisor.fixed != 0) return 1;
    const std::int64_t count = divisor.include_padding ? padded : end - begin;
    return count < 1 ? 1 : count;
  }
};

GRADLANE_INLINE Reach RowsOf(const Pool2dShape& s, std::int64_t i) {
  return Reach(i, s.kernel_height, s.stride_height, s.pad_top, s.in_height);
}

// The divisors of a row of outputs over those of its rows of taps.
template <class T>
GRADLANE_INLINE void FillCounts(const Pool2dShape& s, Pool2dDivisor divisor, T* counts) {
  for (std::int64_t j = 0; j < s.out_width; ++j) {
    const Reach cols(j, s.kernel_width, s.stride_width, s.pad_left, s.in_width);
    counts[j] =
        divisor.fixed != 0 ? static_cast<T>(divisor.fixed) : static_cast<T>(cols.Count(divisor));
  }
}

// Sums of the windows of a padded row t, over their counts: along the row first for each output,
// kernel_width taps.
template <class T, int kStride>
GRADLANE_INLINE void SumTaps(const Pool2dShape& s, const T* t, const T* counts, T rows, T* out) {
  using S = Simd<T>;
  ForVectorsOfLongBody<T>(0, s.out_width, [&](std::int64_t j, std::int64_t n) {
    typename S::Vec sum = {};
    for (std::int64_t q = 0; q < s.kernel_width; ++q) {
      sum += LoadApart<T, kStride>(t + kStride * j + q, n);
    }
    // with 1 in the lanes past the end, so that nothing is divided by 0
    const auto count = n == S::kLanes ? S::Load(counts + j) : S::LoadPart(counts + j, n, T(1));
    StoreFirst<T>(out + j, sum / (count * S::Set(rows)), n);
  });
}

// A row of outputs is the sum of its rows of x first, in vectors and with zeros for the padding,
// and then along it.
template <class T>
void Average(const Pool2dShape& s, Pool2dDivisor divisor, const T* x, T* out, Pool2dPart part,
             T* scratch) noexcept {
  using S = Simd<T>;
  if (IsHalving(s)) {
    AverageHalving(s, static_cast<T>(divisor.fixed != 0 ? divisor.fixed : 4), x, out, part);
    return;
  }
  T* counts = scratch;
  T* row = counts + s.out_width;
  T* t = row + s.pad_left;
  const std::int64_t covered = (s.out_width - 1) * s.stride_width + s.kernel_width - s.pad_left;
  FillCounts(s, divisor, counts);
  Zero(row, s.pad_left);
  Zero(t + s.in_width, covered - s.in_width);
  const bool across = s.out_width == 1 && s.pad_left == 0 && s.kernel_width >= s.in_width;
  for (std::int64_t plane = 0; plane < part.planes; ++plane) {
    for (std::int64_t i = part.begin; i < part.end; ++i) {
      const Reach rows = RowsOf(s, i);
      const T count = static_cast<T>(rows.Count(divisor));
      T* to = out + i * s.out_width;
      if (across) {
        const Window w = {rows.begin, rows.end, 0, s.in_width};
        to[0] = WindowSum(x, s.in_width, w) / (counts[0] * count);
        continue;
      }
      ForVectorsOfLongBody<T>(0, s.in_width, [&](std::int64_t c, std::int64_t n) {
        typename S::Vec sum = {};
        for (std::int64_t y = rows.begin; y < rows.end; ++y) {
          sum += LoadApart<T, 1>(x + y * s.in_width + c, n);
        }
        StoreFirst<T>(t + c, sum, n);
      });
      if (s.stride_width == 1) {
        SumTaps<T, 1>(s, row, counts, count, to);
      } else if (s.stride_width == 2) {
        SumTaps<T, 2>(s, row, counts, count, to);
      } else {
        for (std::int64_t j = 0; j < s.out_width; ++j) {
          T sum = 0;
          for (std::int64_t q = 0; q < s.kernel_width; ++q) sum += row[j * s.stride_width + q];
          to[j] = sum / (counts[j] * count);
        }
      }
    }
    x += s.in_height * s.in_width;
    out += s.out_height * s.out_width;
  }
}

// e[k] = sum over the taps q = first, first + kStep, ... < kernel_width of g[k - q / kStep]
template <class T, int kStep>
GRADLANE_INLINE typename Simd<T>::Vec TapsBack(const T* g, std::int64_t first,
                                               std::int64_t kernel_width) {
  typename Simd<T>::Vec sum = {};
  for (std::int64_t q = first; q < kernel_width; q += kStep) sum += Simd<T>::Load(g - q / kStep);
  return sum;
}

// One row of grad_x from the shares of a row of outputs, between as many zeros as kernel_width and
// a vector have elements: to[e] for every place e of the padded row.
template <class T>
GRADLANE_INLINE void Spread(const Pool2dShape& s, const T* share, std::int64_t places, T* to) {
  using S = Simd<T>;
  constexpr std::int64_t kLanes = S::kLanes;
  const std::int64_t kernel = s.kernel_width, stride = s.stride_width;
  if (stride == 1) {
    for (std::int64_t e = 0; e < places; e += kLanes) {
      S::Store(to + e, TapsBack<T, 1>(share + e, 0, kernel));
    }
  } else if (stride == 2) {
    for (std::int64_t e = 0; e < places; e += 2 * kLanes) {
      const T* g = share + e / 2;
      StorePairs<T>(to + e, TapsBack<T, 2>(g, 0, kernel), TapsBack<T, 2>(g, 1, kernel), kLanes);
    }
  } else {
    Zero(to, places);
    for (std::int64_t j = 0; j < s.out_width; ++j) {
      for (std::int64_t q = 0; q < kernel && j * stride + q < places; ++q) {
        to[j * stride + q] += share[j];
      }
    }
  }
}

// Each element of grad_x belongs to one window at most, so it is written once.
template <class T>
void AverageHalvingGradient(const Pool2dShape& s, T divisor, const T* grad_out, T* grad_x,
                            Pool2dPart part) noexcept {
  using S = Simd<T>;
  const std::int64_t width = s.in_width;
  const Fetch<T> fetch(s);
  for (std::int64_t plane = 0; plane < part.planes; ++plane) {
    for (std::int64_t y = part.begin; y < part.end;) {
      T* upper = grad_x + y * width;
      if (y >= 2 * s.out_height) {
        Zero(upper, width);
        ++y;
        continue;
      }
      // both rows of a window, or the one that this part has
      T* lower = y % 2 == 0 && y + 1 < part.end ? upper + width : upper;
      const T* g = grad_out + y / 2 * s.out_width;
      fetch.Row(g);
      fetch.RowsToWrite(upper);
      ForVectors<T>(0, s.out_width, [&](std::int64_t j, std::int64_t n) {
        const typename S::Vec v = LoadApart<T, 1>(g + j, n) / S::Set(divisor);
        StorePairs<T>(upper + 2 * j, v, v, n);
        StorePairs<T>(lower + 2 * j, v, v, n);
      });
      Zero(upper + 2 * s.out_width, width - 2 * s.out_width);
      Zero(lower + 2 * s.out_width, width - 2 * s.out_width);
      y += lower == upper ? 1 : 2;
    }
    grad_out += s.out_height * s.out_width;
    grad_x += s.in_height * width;
  }
}

// The shares of the rows of outputs first .. last in a row of grad_x.
template <class T>
GRADLANE_INLINE void Shares(const Pool2dShape& s, Pool2dDivisor divisor, const T* grad_out,
                            const T* counts, std::int64_t first, std::int64_t last, T* share) {
  using S = Simd<T>;
  const auto rows = [&](std::int64_t i) { return static_cast<T>(RowsOf(s, i).Count(divisor)); };
  bool same = true;
  for (std::int64_t i = first; i < last; ++i) same = same && rows(i) == rows(last);
  ForVectorsOfLongBody<T>(0, s.out_width, [&](std::int64_t j, std::int64_t n) {
    const auto count = n == S::kLanes ? S::Load(counts + j) : S::LoadPart(counts + j, n, T(1));
    typename S::Vec sum = {};
    for (std::int64_t i = first; i <= last; ++i) {
      const typename S::Vec g = LoadApart<T, 1>(grad_out + i * s.out_width + j, n);
      sum += same ? g : g / (count * S::Set(rows(i)));
    }
    StoreFirst<T>(share + j, same ? sum / (count * S::Set(rows(last))) : sum, n);
  });
}

// A row of grad_x gathers the rows of outputs whose windows hold it, and spreads their sum along.
template <class T>
void AverageGradient(const Pool2dShape& s, Pool2dDivisor divisor, const T* grad_out, T* grad_x,
                     Pool2dPart part, T* scratch) noexcept {
  constexpr std::int64_t kLanes = Simd<T>::kLanes;
  if (IsHalving(s)) {
    AverageHalvingGradient(s, static_cast<T>(divisor.fixed != 0 ? divisor.fixed : 4), grad_out,
                           grad_x, part);
    return;
  }
  const std::int64_t width = s.in_width, places = width + s.pad_left;
  T* counts = scratch;
  T* share = counts + s.out_width + s.kernel_width;
  const std::int64_t room = (s.out_width > places ? s.out_width : places) + kLanes;
  T* spread = share + room;
  FillCounts(s, divisor, counts);
  Zero(share - s.kernel_width, s.kernel_width + room);
  for (std::int64_t plane = 0; plane < part.planes; ++plane) {
    std::int64_t first_before = -1, last_before = -1;
    for (std::int64_t y = part.begin; y < part.end; ++y) {
      T* to = grad_x + y * width;
      const std::int64_t above = y + s.pad_top - s.kernel_height;
      const std::int64_t first = above < 0 ? 0 : above / s.stride_height + 1;
      const std::int64_t last = Least((y + s.pad_top) / s.stride_height, s.out_height - 1);
      if (first > last) {
        Zero(to, width);
      } else if (first == first_before && last == last_before) {
        __builtin_memcpy(to, to - width, static_cast<std::size_t>(width) * sizeof(T));
      } else {
        Shares(s, divisor, grad_out, counts, first, last, share);
        Spread(s, share, places, spread);
        __builtin_memcpy(to, spread + s.pad_left, static_cast<std::size_t>(width) * sizeof(T));
      }
      first_before = first;
      last_before = last;
    }
    grad_x += s.in_height * width;
    grad_out += s.out_height * s.out_width;
  }
}

template <class T>
void Adaptive(const Pool2dShape& s, const T* x, T* out, std::int64_t planes) noexcept {
  for (std::int64_t plane = 0; plane < planes; ++plane) {
    AdaptiveWindows<T>(s, [&](Window w, T count, std::int64_t at) {
      out[at] = WindowSum(x, s.in_width, w) / count;
    });
    x += s.in_height * s.in_width;
    out += s.out_height * s.out_width;
  }
}

template <class T>
void AdaptiveGradient(const Pool2dShape& s, const T* grad_out, T* grad_x,
                      std::int64_t planes) noexcept {
  if (s.out_height == 1 && s.out_width == 1) {
    const std::int64_t in = s.in_height * s.in_width;
    for (std::int64_t plane = 0; plane < planes; ++plane, grad_x += in) {
      const T share = grad_out[plane] / static_cast<T>(in);
      for (std::int64_t e = 0; e < in; ++e) grad_x[e] = share;
    }
    return;
  }
  for (std::int64_t plane = 0; plane < planes; ++plane) {
    Zero(grad_x, s.in_height * s.in_width);
    AdaptiveWindows<T>(s, [&](Window w, T count, std::int64_t at) {
      WindowAdd(grad_x, s.in_width, w, grad_out[at] / count);
    });
    grad_x += s.in_height * s.in_width;
    grad_out += s.out_height * s.out_width;
  }
}

template <class T>
void Fill(Pool2dKernels<T>& kernels) {
  kernels.average = &Average<T>;
  kernels.average_gradient = &AverageGradient<T>;
  kernels.adaptive = &Adaptive<T>;
  kernels.adaptive_gradient = &AdaptiveGradient<T>;
}

}  // namespace

void FillPool2dAverage(KernelTable& table) {
  Fill(table.f32.pool2d);
  Fill(table.f64.pool2d);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
