// Plain loops, which the compiler vectorizes for the target.
#include "cpu/tables/mask.h"

#include "base/dtype.h"
#include "kernels/isa_target.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

enum class Order { kEqual, kLess, kLessEqual };

template <class T, Order kOrder>
void Compare(const void* a_bytes, const void* b_bytes, std::uint8_t* out, std::int64_t n,
             std::uint8_t invert) noexcept {
  const T* a = static_cast<const T*>(a_bytes);
  const T* b = static_cast<const T*>(b_bytes);
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i) {
    bool holds = false;
    if constexpr (kOrder == Order::kEqual) holds = a[i] == b[i];
    if constexpr (kOrder == Order::kLess) holds = a[i] < b[i];
    if constexpr (kOrder == Order::kLessEqual) holds = a[i] <= b[i];
    out[i] = static_cast<std::uint8_t>(holds) ^ invert;
  }
}

template <class Word>
void Choose(const std::uint8_t* mask, const void* a_bytes, const void* b_bytes, void* out_bytes,
            std::int64_t n) noexcept {
  const Word* a = static_cast<const Word*>(a_bytes);
  const Word* b = static_cast<const Word*>(b_bytes);
  Word* out = static_cast<Word*>(out_bytes);
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i) {
    const Word yes = a[i], no = b[i];
    out[i] = mask[i] ? yes : no;
  }
}

template <class T>
void Fill(MaskKernels& kernels, Dtype dtype) {
  const int i = static_cast<int>(dtype);
  kernels.equal[i] = &Compare<T, Order::kEqual>;
  kernels.less[i] = &Compare<T, Order::kLess>;
  kernels.less_equal[i] = &Compare<T, Order::kLessEqual>;
}

}  // namespace

void FillMask(KernelTable& table) {
  Fill<float>(table.mask, Dtype::kFloat32);
  Fill<double>(table.mask, Dtype::kFloat64);
  Fill<std::int32_t>(table.mask, Dtype::kInt32);
  Fill<std::uint8_t>(table.mask, Dtype::kUint8);
  table.mask.bytes1 = &Choose<std::uint8_t>;
  table.mask.bytes4 = &Choose<std::uint32_t>;
  table.mask.bytes8 = &Choose<std::uint64_t>;
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
