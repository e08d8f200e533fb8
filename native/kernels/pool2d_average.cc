#include <cstdint>

#include "cpu/tables/pool2d.h"
#include "kernels/fold.h"
#include "kernels/pool2d_row.h"
#include "kernels/row.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ROW {
namespace {

// Rows [y0, y1) and columns [x0, x1) of a plane.
struct Window {
  std::int64_t y0, y1, x0, x1;
};

template <class T>
GRADLANE_INLINE T WindowSum(const T* x, std::int64_t width, Window w) {
  if (w.x1 - w.x0 == width) return FoldRun<T, AddFold<T>>(x + w.y0 * width, (w.y1 - w.y0) * width);
  T sum = 0;
  for (std::int64_t y = w.y0; y < w.y1; ++y) {
    for (std::int64_t at = y * width + w.x0; at < y * width + w.x1; ++at) sum += x[at];
  }
  return sum;
}

template <class T>
GRADLANE_INLINE void WindowAdd(T* x, std::int64_t width, Window w, T value) {
  for (std::int64_t y = w.y0; y < w.y1; ++y) {
    for (std::int64_t at = y * width + w.x0; at < y * width + w.x1; ++at) x[at] += value;
  }
}

GRADLANE_INLINE std::int64_t Least(std::int64_t a, std::int64_t b) { return a < b ? a : b; }

// Calls body(window, divisor, place) for the windows of a plane. A window without any element has
// no divisor worth the name: 1.
template <class T, class Body>
GRADLANE_INLINE void Windows(const Pool2dShape& s, Pool2dDivisor divisor, Body&& body) {
  for (std::int64_t i = 0; i < s.out_height; ++i) {
    const std::int64_t top = i * s.stride_height - s.pad_top;
    const std::int64_t bottom = top + s.kernel_height;
    for (std::int64_t j = 0; j < s.out_width; ++j) {
      const std::int64_t left = j * s.stride_width - s.pad_left;
      const std::int64_t right = left + s.kernel_width;
      const Window w = {top < 0 ? 0 : top, Least(bottom, s.in_height), left < 0 ? 0 : left,
                        Least(right, s.in_width)};
      if (w.y0 >= w.y1 || w.x0 >= w.x1) {
        body(Window{0, 0, 0, 0}, T(1), i * s.out_width + j);
        continue;
      }
      const std::int64_t elements = divisor.include_padding
                                        ? (Least(bottom, s.in_height + s.pad_top) - top) *
                                              (Least(right, s.in_width + s.pad_left) - left)
                                        : (w.y1 - w.y0) * (w.x1 - w.x0);
      body(w, static_cast<T>(divisor.fixed != 0 ? divisor.fixed : static_cast<double>(elements)),
           i * s.out_width + j);
    }
  }
}

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
void AverageHalving(const Pool2dShape& s, T divisor, const T* x, T* out,
                    std::int64_t planes) noexcept {
  using S = Simd<T>;
  for (std::int64_t plane = 0; plane < planes; ++plane) {
    for (std::int64_t i = 0; i < s.out_height; ++i) {
      const T* upper = x + 2 * i * s.in_width;
      const T* lower = upper + s.in_width;
      ForVectors<T>(0, s.out_width, [&](std::int64_t j, std::int64_t n) {
        const typename S::Vec sum =
            (LoadApart<T, 2>(upper + 2 * j, n) + LoadApart<T, 2>(upper + 2 * j + 1, n)) +
            (LoadApart<T, 2>(lower + 2 * j, n) + LoadApart<T, 2>(lower + 2 * j + 1, n));
        const typename S::Vec mean = sum / S::Set(divisor);
        if (n == S::kLanes) {
          S::Store(out + j, mean);
        } else {
          S::StorePart(out + j, mean, n);
        }
      });
      out += s.out_width;
    }
    x += s.in_height * s.in_width;
  }
}

// Each element of grad_x belongs to one window at most, so it is written once.
template <class T>
void AverageHalvingGradient(const Pool2dShape& s, T divisor, const T* grad_out, T* grad_x,
                            std::int64_t planes) noexcept {
  using S = Simd<T>;
  const std::int64_t width = s.in_width;
  for (std::int64_t plane = 0; plane < planes; ++plane) {
    for (std::int64_t i = 0; i < s.out_height; ++i) {
      T* upper = grad_x + 2 * i * width;
      T* lower = upper + width;
      ForVectors<T>(0, s.out_width, [&](std::int64_t j, std::int64_t n) {
        const typename S::Vec g =
            (n == S::kLanes ? S::Load(grad_out + j) : S::LoadPart(grad_out + j, n)) /
            S::Set(divisor);
        StorePairs<T>(upper + 2 * j, g, g, n);
        StorePairs<T>(lower + 2 * j, g, g, n);
      });
      Zero(upper + 2 * s.out_width, width - 2 * s.out_width);
      Zero(lower + 2 * s.out_width, width - 2 * s.out_width);
      grad_out += s.out_width;
    }
    Zero(grad_x + 2 * s.out_height * width, (s.in_height - 2 * s.out_height) * width);
    grad_x += s.in_height * width;
  }
}

template <class T>
GRADLANE_INLINE T HalvingDivisor(Pool2dDivisor divisor) {
  return static_cast<T>(divisor.fixed != 0 ? divisor.fixed : 4);
}

template <class T>
void Average(const Pool2dShape& s, Pool2dDivisor divisor, const T* x, T* out,
             std::int64_t planes) noexcept {
  if (IsHalving(s)) {
    AverageHalving(s, HalvingDivisor<T>(divisor), x, out, planes);
    return;
  }
  for (std::int64_t plane = 0; plane < planes; ++plane) {
    Windows<T>(s, divisor, [&](Window w, T count, std::int64_t at) {
      out[at] = WindowSum(x, s.in_width, w) / count;
    });
    x += s.in_height * s.in_width;
    out += s.out_height * s.out_width;
  }
}

template <class T>
void AverageGradient(const Pool2dShape& s, Pool2dDivisor divisor, const T* grad_out, T* grad_x,
                     std::int64_t planes) noexcept {
  if (IsHalving(s)) {
    AverageHalvingGradient(s, HalvingDivisor<T>(divisor), grad_out, grad_x, planes);
    return;
  }
  for (std::int64_t plane = 0; plane < planes; ++plane) {
    Zero(grad_x, s.in_height * s.in_width);
    Windows<T>(s, divisor, [&](Window w, T count, std::int64_t at) {
      WindowAdd(grad_x, s.in_width, w, grad_out[at] / count);
    });
    grad_x += s.in_height * s.in_width;
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

}  // namespace gradlane::GRADLANE_ROW
