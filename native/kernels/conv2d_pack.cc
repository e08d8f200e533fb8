// Padding of an image, and the panels of a matrix product gathered from it.
#include <utility>

#include "cpu/tables/conv2d.h"
#include "kernels/isa_target.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <class T>
GRADLANE_INLINE void Zero(T* to, std::int64_t n) {
  using S = Simd<T>;
  std::int64_t i = 0;
  for (; i + S::kLanes <= n; i += S::kLanes) S::Store(to + i, typename S::Vec{});
  for (; i < n; ++i) to[i] = 0;
}

template <class T>
GRADLANE_INLINE void CopyRow(const T* from, T* to, std::int64_t n) {
  using S = Simd<T>;
  std::int64_t i = 0;
  for (; i + S::kLanes <= n; i += S::kLanes) S::Store(to + i, S::Load(from + i));
  if (i < n) S::StorePart(to + i, S::LoadPart(from + i, n - i), n - i);
}

template <class T>
inline constexpr std::int64_t kLine = 64 / sizeof(T);

template <class T, int... kLane>
GRADLANE_INLINE typename Simd<T>::Vec EvenLanes(typename Simd<T>::Vec a, typename Simd<T>::Vec b,
                                                std::integer_sequence<int, kLane...>) {
  return __builtin_shufflevector(a, b, (2 * kLane)...);
}

// Every other element.
template <class T>
GRADLANE_INLINE void CopyEven(const T* from, T* to, std::int64_t n) {
  using S = Simd<T>;
  std::int64_t i = 0;
  // The last vector reads one element more than is wanted, so it must not be the row's end.
  for (; i + S::kLanes < n; i += S::kLanes) {
    S::Store(to + i, EvenLanes<T>(S::Load(from + 2 * i), S::Load(from + 2 * i + S::kLanes),
                                  std::make_integer_sequence<int, S::kLanes>{}));
  }
  for (; i < n; ++i) to[i] = from[2 * i];
}

GRADLANE_INLINE std::int64_t Clamp(std::int64_t value, std::int64_t low, std::int64_t high) {
  return value < low ? low : value > high ? high : value;
}

template <class T>
void Pad(const T* image, const Conv2dWindow& window, T* padded) noexcept {
  const std::int64_t step = window.step, n = window.columns;
  // The next channel's plane is likely to be next. It is a page or so away, where the hardware does
  // not look ahead; a large one would push this one out.
  const std::int64_t plane = window.height * window.width;
  const std::int64_t ahead = plane * static_cast<std::int64_t>(sizeof(T)) <= 32768 ? plane : 0;
  for (std::int64_t row = 0; row < window.rows; ++row) {
    const std::int64_t y = window.top + row;
    if (y < 0 || y >= window.height) {
      Zero(padded, window.row_length());
      padded += window.row_length();
      continue;
    }
    const T* const line = image + y * window.width;
    for (std::int64_t i = 0; i < window.width && ahead > 0; i += kLine<T>) {
      __builtin_prefetch(line + ahead + i);
    }
    for (std::int64_t phase = 0; phase < window.phases; ++phase, padded += n) {
      // columns [begin, end) are inside of the image
      const std::int64_t left = window.left + phase;
      const std::int64_t begin = Clamp((-left + step - 1) / step, 0, n);
      const std::int64_t end = Clamp((window.width - left + step - 1) / step, begin, n);
      Zero(padded, begin);
      if (step == 1) {
        CopyRow(line + left + begin, padded + begin, end - begin);
      } else if (step == 2) {
        CopyEven(line + left + 2 * begin, padded + begin, end - begin);
      } else {
        for (std::int64_t i = begin; i < end; ++i) padded[i] = line[left + i * step];
      }
      Zero(padded + end, n - end);
    }
  }
}

template <class T, int kCount>
GRADLANE_INLINE void GatherFew(const T* source, const std::int64_t* starts, std::int64_t k,
                               const Conv2dCopy* copies, std::int64_t width, T* panel) {
  using S = Simd<T>;
  const T* from[kCount];
  std::int64_t to[kCount];
  for (int i = 0; i < kCount; ++i) {
    from[i] = source + copies[i].from;
    to[i] = copies[i].to;
  }
  for (std::int64_t p = 0; p < k; ++p, panel += width) {
#pragma GCC unroll 4
    for (int i = 0; i < kCount; ++i) S::Store(panel + to[i], S::Load(from[i] + starts[p]));
  }
}

template <class T>
void Gather(const T* source, const std::int64_t* starts, std::int64_t k, const Conv2dCopy* copies,
            std::int64_t count, std::int64_t width, T* panel) noexcept {
  using S = Simd<T>;
  switch (count) {
    case 1:
      return GatherFew<T, 1>(source, starts, k, copies, width, panel);
    case 2:
      return GatherFew<T, 2>(source, starts, k, copies, width, panel);
    case 3:
      return GatherFew<T, 3>(source, starts, k, copies, width, panel);
    case 4:
      return GatherFew<T, 4>(source, starts, k, copies, width, panel);
    default:
      for (std::int64_t p = 0; p < k; ++p, panel += width) {
        const T* const from = source + starts[p];
        for (std::int64_t i = 0; i < count; ++i) {
          S::Store(panel + copies[i].to, S::Load(from + copies[i].from));
        }
      }
  }
}

template <class T>
void Fill(Conv2dKernels<T>& kernels) {
  kernels.pad = &Pad<T>;
  kernels.gather = &Gather<T>;
}

}  // namespace

void FillConv2dPack(KernelTable& table) {
  Fill(table.f32.conv2d);
  Fill(table.f64.conv2d);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
