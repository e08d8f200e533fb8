// Powers of a whole vector of doubles, within 1 ulp.
#pragma once

#include "kernels/math.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

// The exact value of a sum that was rounded to `high`.
struct TwoDoubles {
  Simd<double>::Vec high, low;
};

// a b without an error. Halves are cut off by their bits, not by a product, which the compiler
// could merge with what follows.
inline TwoDoubles ExactProduct(Simd<double>::Vec a, Simd<double>::Vec b) {
  using S = Simd<double>;
  const S::Bits head = S::Bits{} + 0xfffffffff8000000;
  const S::Vec a_head = S::FromBits(S::ToBits(a) & head), a_tail = a - a_head;
  const S::Vec b_head = S::FromBits(S::ToBits(b) & head), b_tail = b - b_head;
  const S::Vec p = a * b;
  return {p, (((a_head * b_head - p) + a_head * b_tail) + a_tail * b_head) + a_tail * b_tail};
}

// log(x) to 65 bits for 0 < x < infinity, in the way of Log in math.h: x = (1 + f) 2^e,
// log(1 + f) = 2 s + s z (2/3 + z (2/5 + ...)), s = f / (2 + f), z = s^2.
inline TwoDoubles LogTwice(Simd<double>::Vec x) {
  using S = Simd<double>;
  using V = S::Vec;
  using C = MathConstants<double>;
  constexpr double kSeries[] = {2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11, 2.0 / 13, 2.0 / 15,
                                2.0 / 17, 2.0 / 19, 2.0 / 21, 2.0 / 23, 2.0 / 25};
  const NormalParts<double> parts = SplitNormal<double>(x);
  const V f = parts.f, two = S::Set(2);
  const V d = two + f, d_low = f - (d - two);
  const V s = f / d;
  const TwoDoubles back = ExactProduct(s, d);
  const V s_low = (((f - back.high) - back.low) - s * d_low) / d;
  TwoDoubles z = ExactProduct(s, s);
  z.low += two * s * s_low;
  const V more = z.high * Polynomial<double>(z.high, kSeries);
  const V third = S::Set(0x1.5555555555555p-1), third_low = S::Set(0x1.5555555555555p-55);
  const V b = third + more, b_low = ((third - b) + more) + third_low;
  TwoDoubles t = ExactProduct(z.high, b);
  t.low += z.high * b_low + z.low * b;
  TwoDoubles p = ExactProduct(s, t.high);
  p.low += s * t.low + s_low * t.high;
  const V main = two * s, l = main + p.high;
  const V l_low = ((main - l) + p.high) + (two * s_low + p.low);
  // e times the first part of ln 2 is exact, and 0 or larger than l.
  const V whole = parts.e * S::Set(C::kLn2High);
  const V high = whole + l;
  const V low = ((whole - high) + l) + (l_low + parts.e * S::Set(C::kLn2Low));
  const V sum = high + low;
  return {sum, (high - sum) + low};
}

// Whether |y| is a whole number; every large one is.
inline Simd<double>::Mask IsWhole(Simd<double>::Vec y) {
  using S = Simd<double>;
  const S::Vec limit = S::Set(0x1p52);
  return (y >= limit) | ((y + limit) - limit == y);
}

// x^y with all the special cases of C99, which are PyTorch's.
inline Simd<double>::Vec Power(Simd<double>::Vec x, Simd<double>::Vec y) {
  using S = Simd<double>;
  using V = S::Vec;
  const V zero = S::Set(0), one = S::Set(1), infinity = S::Set(__builtin_inf());
  const V nan = S::Set(__builtin_nan(""));
  const V a = S::Abs(x), exponent = S::Abs(y);
  TwoDoubles log = LogTwice(a);
  log.high = S::Select(a == zero, -infinity, S::Select(a == infinity, infinity, log.high));
  log.high = S::Select(a == a, log.high, nan);
  const TwoDoubles product = ExactProduct(y, log.high);
  // Where the power overflows or vanishes, and of infinities, the rest has no meaning.
  const S::Mask ordinary = S::Abs(product.high) < S::Set(1100);
  const V rest = S::Select(ordinary, product.low + y * log.low, zero);
  V power = ExpOfSum<double>(product.high, rest);
  power = S::Select((a == one) & (exponent == infinity), one, power);
  const S::Mask whole = IsWhole(exponent);
  const S::Mask odd = whole & ~IsWhole(exponent * S::Set(0.5));
  const S::Bits sign = S::ToBits(x) & S::SignBit();
  power = S::FromBits(S::ToBits(power) ^ (sign & reinterpret_cast<S::Bits>(odd)));
  power = S::Select((x < zero) & ~whole & (a != infinity), nan, power);
  return S::Select((y == zero) | (x == one), one, power);
}

}  // namespace
}  // namespace gradlane::GRADLANE_ISA_TARGET
