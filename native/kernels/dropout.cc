#include "cpu/tables/dropout.h"

#include <cstdint>

#include "kernels/isa_target.h"
#include "kernels/philox_batches.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

// Masks as wide as the elements, made a batch at a time in a buffer of their own: loops over
// bytes or words on one side and such lanes on the other are what compilers vectorize well.
template <class T>
struct Keep {
  alignas(64) typename Simd<T>::Int lanes[kPhiloxBatch];  // 0 or -1
};

// out[i] = keep.lanes[i] ? x[i] * scale : 0; n <= kPhiloxBatch
template <class T>
GRADLANE_INLINE void Scale(const Keep<T>& keep, const T* x, T* out, std::int64_t n, T scale) {
  using S = Simd<T>;
  const typename S::Vec factor = S::Set(scale);
  std::int64_t i = 0;
  const auto scaled = [&](typename S::Vec v) {
    typename S::Mask mask;
    __builtin_memcpy(&mask, keep.lanes + i, sizeof(mask));
    return S::Select(mask, v * factor, typename S::Vec{});
  };
  for (; i + S::kLanes <= n; i += S::kLanes) S::Store(out + i, scaled(S::Load(x + i)));
  if (i < n) S::StorePart(out + i, scaled(S::LoadPart(x + i, n - i)), n - i);
}

GRADLANE_INLINE std::int32_t Drawn(std::uint32_t word) {
  return static_cast<std::int32_t>(word >> 8);
}

void Draw(PhiloxState state, std::uint8_t* mask, std::int64_t n, std::int32_t threshold) noexcept {
  PhiloxBatches<1>(state, n,
                   [&](const std::uint32_t* words, std::int64_t start, std::int64_t count) {
                     for (std::int64_t i = 0; i < count; ++i) {
                       mask[start + i] = Drawn(words[i]) >= threshold;
                     }
                   });
}

template <class T>
void Forward(PhiloxState state, const T* x, std::uint8_t* mask, T* out, std::int64_t n,
             std::int32_t threshold, T scale) noexcept {
  Keep<T> keep = {};
  PhiloxBatches<1>(state, n,
                   [&](const std::uint32_t* words, std::int64_t start, std::int64_t count) {
                     for (std::int64_t i = 0; i < count; ++i)
                       mask[start + i] = Drawn(words[i]) >= threshold;
                     for (std::int64_t i = 0; i < count; ++i) {
                       keep.lanes[i] = Drawn(words[i]) >= threshold ? -1 : 0;
                     }
                     Scale(keep, x + start, out + start, count, scale);
                   });
}

template <class T>
void Apply(const std::uint8_t* mask, const T* x, T* out, std::int64_t n, T scale) noexcept {
  Keep<T> keep = {};
  for (std::int64_t start = 0; start < n; start += kPhiloxBatch) {
    const std::int64_t count = n - start < kPhiloxBatch ? n - start : kPhiloxBatch;
    for (std::int64_t i = 0; i < count; ++i) keep.lanes[i] = mask[start + i] != 0 ? -1 : 0;
    Scale(keep, x + start, out + start, count, scale);
  }
}

template <class T>
void ApplyRuns(const std::uint8_t* mask, const T* x, T* out, std::int64_t n, std::int64_t inner,
               T scale) noexcept {
  using S = Simd<T>;
  for (std::int64_t r = 0; r < n; ++r) {
    const T* from = x + r * inner;
    T* to = out + r * inner;
    if (mask[r] != 0) {
      Map(from, to, inner, [&](typename S::Vec v) { return v * S::Set(scale); });
    } else {
      for (std::int64_t i = 0; i < inner; ++i) to[i] = T(0);
    }
  }
}

template <class T>
void Fill(DropoutKernels<T>& kernels) {
  kernels = {&Forward<T>, &Draw, &Apply<T>, &ApplyRuns<T>};
}

}  // namespace

void FillDropout(KernelTable& table) {
  Fill(table.f32.dropout);
  if constexpr (kCompleteTarget) Fill(table.f64.dropout);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
