#include <cstdint>

#include "cpu/tables/pool2d.h"
#include "kernels/isa_target.h"
#include "kernels/pool2d_row.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <class T>
struct NarrowOf;
template <>
struct NarrowOf<float> {
  typedef std::int32_t Type __attribute__((vector_size(GRADLANE_VECTOR_BYTES)));
};
template <>
struct NarrowOf<double> {
  typedef std::int32_t Type __attribute__((vector_size(GRADLANE_VECTOR_BYTES / 2)));
};

// Places of elements are lanes as wide as the elements here and int32 in memory.
template <class T>
struct Places {
  using S = Simd<T>;
  using Mask = typename S::Mask;
  using Narrow = typename NarrowOf<T>::Type;

  static GRADLANE_INLINE Mask Load(const std::int32_t* p, std::int64_t n) {
    Narrow places = {};
    if (n == S::kLanes) {
      __builtin_memcpy(&places, p, sizeof(places));
      return __builtin_convertvector(places, Mask);
    }
    for (std::int64_t i = 0; i < n; ++i) places[i] = p[i];
    return __builtin_convertvector(places, Mask);
  }

  static GRADLANE_INLINE void Store(std::int32_t* p, Mask v, std::int64_t n) {
    const Narrow places = __builtin_convertvector(v, Narrow);
    if (n == S::kLanes) {
      __builtin_memcpy(p, &places, sizeof(places));
      return;
    }
    for (std::int64_t i = 0; i < n; ++i) p[i] = places[i];
  }
};

// Outputs j .. j + n - 1 of a row whose first tap is at row `top` of the plane, from the taps
// `rows` x kernel_width, all of them within the plane; there is at least one.
template <class T, int kStride>
GRADLANE_INLINE void MaxVector(const T* x, T* out, std::int32_t* index, const Pool2dShape& s,
                               std::int64_t top, Taps rows, std::int64_t kernel_width,
                               std::int64_t j, std::int64_t n) {
  using S = Simd<T>;
  using Mask = typename S::Mask;
  Mask lane;
  for (int i = 0; i < S::kLanes; ++i) lane[i] = i * kStride;
  const std::int64_t left = j * kStride - s.pad_left;
  typename S::Vec best = {};
  Mask place = {};
  for (std::int64_t p = rows.begin; p < rows.end; ++p) {
    for (std::int64_t q = 0; q < kernel_width; ++q) {
      const std::int64_t at =
          (top + p * s.dilation_height) * s.in_width + left + q * s.dilation_width;
      const typename S::Vec v = LoadApart<T, kStride>(x + at, n);
      const Mask here = lane + static_cast<typename S::Int>(at);
      if (p == rows.begin && q == 0) {
        best = v;
        place = here;
        continue;
      }
      const Mask better = (v > best) | ((v != v) & (best == best));
      best = S::Select(better, v, best);
      place = better ? here : place;
    }
  }
  if (n == S::kLanes) {
    S::Store(out + j, best);
  } else {
    S::StorePart(out + j, best, n);
  }
  Places<T>::Store(index + j, place, n);
}

// One output whose window may be clipped.
template <class T>
__attribute__((noinline)) void MaxOne(const T* x, T* out, std::int32_t* index, const Pool2dShape& s,
                                      std::int64_t top, Taps rows, std::int64_t j) noexcept {
  const std::int64_t left = j * s.stride_width - s.pad_left;
  const Taps cols(left, s.dilation_width, s.kernel_width, s.in_width);
  T best = -T(__builtin_inf());
  std::int64_t place = 0;
  bool first = true;
  for (std::int64_t p = rows.begin; p < rows.end; ++p) {
    for (std::int64_t q = cols.begin; q < cols.end; ++q) {
      const std::int64_t at =
          (top + p * s.dilation_height) * s.in_width + left + q * s.dilation_width;
      const T v = x[at];
      if (first || v > best || (v != v && best == best)) {
        best = v;
        place = at;
        first = false;
      }
    }
  }
  out[j] = best;
  index[j] = static_cast<std::int32_t>(place);
}

// One copy of it a stride, where a window has more taps than a call costs.
template <class T, int kStride>
__attribute__((noinline)) void MaxVectorAlone(const T* x, T* out, std::int32_t* index,
                                              const Pool2dShape& s, std::int64_t top, Taps rows,
                                              std::int64_t j, std::int64_t n) noexcept {
  MaxVector<T, kStride>(x, out, index, s, top, rows, s.kernel_width, j, n);
}

template <class T, int kStride>
GRADLANE_INLINE void MaxRow(const T* x, T* out, std::int32_t* index, const Pool2dShape& s,
                            std::int64_t top, Taps rows, Inside inside) {
  for (std::int64_t j = 0; j < inside.begin; ++j) MaxOne(x, out, index, s, top, rows, j);
  ForVectors<T>(inside.begin, inside.end, [&](std::int64_t j, std::int64_t n) {
    MaxVectorAlone<T, kStride>(x, out, index, s, top, rows, j, n);
  });
  for (std::int64_t j = inside.end; j < s.out_width; ++j) MaxOne(x, out, index, s, top, rows, j);
}

template <class T>
void MaxHalving(const Pool2dShape& given, const T* x, T* out, std::int32_t* index,
                Pool2dPart part) noexcept {
  Pool2dShape s = given;  // with what the compiler may know
  s.dilation_height = s.dilation_width = 1;
  s.pad_left = 0;
  const Taps taps(0, 1, 2, 2);
  const Fetch<T> fetch(s);
  for (std::int64_t plane = 0; plane < part.planes; ++plane) {
    for (std::int64_t i = part.begin; i < part.end; ++i) {
      fetch.Rows(x + 2 * i * s.in_width);
      fetch.RowToWrite(out + i * s.out_width);
      fetch.RowToWrite(index + i * s.out_width);
      ForVectors<T>(0, s.out_width, [&](std::int64_t j, std::int64_t n) {
        MaxVector<T, 2>(x, out + i * s.out_width, index + i * s.out_width, s, 2 * i, taps, 2, j, n);
      });
    }
    x += s.in_height * s.in_width;
    out += s.out_height * s.out_width;
    index += s.out_height * s.out_width;
  }
}

template <class T>
void Max(const Pool2dShape& s, const T* x, T* out, std::int32_t* index, Pool2dPart part) noexcept {
  if (IsHalving(s)) {
    MaxHalving(s, x, out, index, part);
    return;
  }
  const Inside inside(s);
  for (std::int64_t plane = 0; plane < part.planes; ++plane) {
    for (std::int64_t i = part.begin; i < part.end; ++i) {
      const std::int64_t top = i * s.stride_height - s.pad_top;
      const Taps rows(top, s.dilation_height, s.kernel_height, s.in_height);
      T* to = out + i * s.out_width;
      std::int32_t* place = index + i * s.out_width;
      if (rows.begin < rows.end && s.stride_width == 1) {
        MaxRow<T, 1>(x, to, place, s, top, rows, inside);
      } else if (rows.begin < rows.end && s.stride_width == 2) {
        MaxRow<T, 2>(x, to, place, s, top, rows, inside);
      } else {
        for (std::int64_t j = 0; j < s.out_width; ++j) MaxOne(x, to, place, s, top, rows, j);
      }
    }
    x += s.in_height * s.in_width;
    out += s.out_height * s.out_width;
    index += s.out_height * s.out_width;
  }
}

// Each element of grad_x belongs to one window at most, so it is written once. The part that ends
// with the last row of outputs has the rows of grad_x below it too.
template <class T>
void MaxHalvingGradient(const Pool2dShape& s, const T* grad_out, const std::int32_t* index,
                        T* grad_x, Pool2dPart part) noexcept {
  using S = Simd<T>;
  using Int = typename S::Int;
  using Mask = typename S::Mask;
  const std::int64_t width = s.in_width;
  const Fetch<T> fetch(s);
  Mask lane;
  for (int i = 0; i < S::kLanes; ++i) lane[i] = 2 * i;
  for (std::int64_t plane = 0; plane < part.planes; ++plane) {
    for (std::int64_t i = part.begin; i < part.end; ++i) {
      const T* g = grad_out + i * s.out_width;
      const std::int32_t* from = index + i * s.out_width;
      T* upper = grad_x + 2 * i * width;
      T* lower = upper + width;
      fetch.Row(g);
      fetch.Row(from);
      fetch.RowsToWrite(upper);
      ForVectors<T>(0, s.out_width, [&](std::int64_t j, std::int64_t n) {
        const typename S::Vec v = n == S::kLanes ? S::Load(g + j) : S::LoadPart(g + j, n);
        const Mask place =
            Places<T>::Load(from + j, n) - lane - static_cast<Int>(2 * (i * width + j));
        const auto at = [&](std::int64_t tap) {
          return S::Select(place == Mask{} + static_cast<Int>(tap), v, typename S::Vec{});
        };
        StorePairs<T>(upper + 2 * j, at(0), at(1), n);
        StorePairs<T>(lower + 2 * j, at(width), at(width + 1), n);
      });
      Zero(upper + 2 * s.out_width, width - 2 * s.out_width);
      Zero(lower + 2 * s.out_width, width - 2 * s.out_width);
    }
    if (part.end == s.out_height) {
      Zero(grad_x + 2 * s.out_height * width, (s.in_height - 2 * s.out_height) * width);
    }
    grad_x += s.in_height * width;
    grad_out += s.out_height * s.out_width;
    index += s.out_height * s.out_width;
  }
}

template <class T>
void MaxGradient(const Pool2dShape& s, const T* grad_out, const std::int32_t* index, T* grad_x,
                 Pool2dPart part) noexcept {
  if (IsHalving(s)) {
    MaxHalvingGradient(s, grad_out, index, grad_x, part);
    return;
  }
  const std::int64_t in = s.in_height * s.in_width, out = s.out_height * s.out_width;
  for (std::int64_t plane = 0; plane < part.planes; ++plane) {
    Zero(grad_x, in);
    for (std::int64_t i = 0; i < out; ++i) {
      // Places were checked, but their memory may be written to since: read once, looked at again.
      const volatile std::int32_t& now = index[i];
      const auto place = static_cast<std::uint32_t>(now);
      if (place < in) grad_x[place] += grad_out[i];
    }
    grad_x += in;
    grad_out += out;
    index += out;
  }
}

bool MaxGradientSplits(const Pool2dShape& s) noexcept { return IsHalving(s); }

template <class T>
void Fill(Pool2dKernels<T>& kernels) {
  kernels.max = &Max<T>;
  kernels.max_gradient = &MaxGradient<T>;
  kernels.max_gradient_splits = &MaxGradientSplits;
}

}  // namespace

void FillPool2dMax(KernelTable& table) {
  Fill(table.f32.pool2d);
  Fill(table.f64.pool2d);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
