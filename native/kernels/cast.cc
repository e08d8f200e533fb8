// Plain loops: the compiler vectorizes each of the ten for the ISA target, widening included.
#include <cstdint>
#include <limits>
#include <type_traits>

#include "base/dtype.h"
#include "cpu/tables/memory.h"
#include "kernels/isa_target.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <class From, class To>
using Arithmetic =
    std::conditional_t<std::is_same_v<To, float> &&
                           (std::is_same_v<From, float> || std::is_same_v<From, std::uint8_t>),
                       float, double>;

template <class To>
GRADLANE_INLINE To Clamped(double value) {
  constexpr double kLow = std::numeric_limits<To>::min(), kHigh = std::numeric_limits<To>::max();
  value = value > kHigh ? kHigh : value;
  value = value < kLow ? kLow : value;
  value = value == value ? value : 0.0;
  return static_cast<To>(static_cast<std::int32_t>(value));
}

template <class From, class To>
[[gnu::noinline]] void Convert(const void* x_bytes, void* y_bytes, std::int64_t n, double scale_in,
                               double shift_in) noexcept {
  using A = Arithmetic<From, To>;
  const From* x = static_cast<const From*>(x_bytes);
  To* y = static_cast<To*>(y_bytes);
  const A scale = static_cast<A>(scale_in), shift = static_cast<A>(shift_in);
  for (std::int64_t i = 0; i < n; ++i) {
    const A value = scale * static_cast<A>(x[i]) + shift;
    if constexpr (std::is_integral_v<To>) {
      y[i] = Clamped<To>(value);
    } else {
      y[i] = static_cast<To>(value);
    }
  }
}

// To whole numbers from anything but doubles: by way of doubles, which hold all of those. Loops of
// their own for each pair would be three quarters of this file's code.
template <class From, class To>
void ConvertThroughDoubles(const void* x_bytes, void* y_bytes, std::int64_t n, double scale,
                           double shift) noexcept {
  constexpr std::int64_t kBlock = 256;
  alignas(64) double wide[kBlock];
  const From* x = static_cast<const From*>(x_bytes);
  To* y = static_cast<To*>(y_bytes);
  for (std::int64_t i = 0; i < n; i += kBlock) {
    const std::int64_t count = n - i < kBlock ? n - i : kBlock;
    Convert<From, double>(x + i, wide, count, scale, shift);
    Convert<double, To>(wide, y + i, count, 1, 0);
  }
}

template <class From>
void FillFrom(CastKernels& kernels, Dtype from) {
  auto& row = kernels.convert[static_cast<int>(from)];
  row[static_cast<int>(Dtype::kFloat32)] = &Convert<From, float>;
  row[static_cast<int>(Dtype::kFloat64)] = &Convert<From, double>;
  if constexpr (std::is_same_v<From, double>) {
    row[static_cast<int>(Dtype::kInt32)] = &Convert<double, std::int32_t>;
    row[static_cast<int>(Dtype::kUint8)] = &Convert<double, std::uint8_t>;
  } else {
    row[static_cast<int>(Dtype::kInt32)] = &ConvertThroughDoubles<From, std::int32_t>;
    row[static_cast<int>(Dtype::kUint8)] = &ConvertThroughDoubles<From, std::uint8_t>;
  }
}

}  // namespace

void FillCast(KernelTable& table) {
  FillFrom<float>(table.cast, Dtype::kFloat32);
  FillFrom<double>(table.cast, Dtype::kFloat64);
  FillFrom<std::int32_t>(table.cast, Dtype::kInt32);
  FillFrom<std::uint8_t>(table.cast, Dtype::kUint8);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
