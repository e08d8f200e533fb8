// sin and cos of a whole vector of doubles, within 1 ulp for every argument. Reduction and
// polynomials as in fdlibm's e_rem_pio2.c, k_sin.c and k_cos.c (Sun Microsystems, 1993); arguments
// from 2^20 pi / 2 on one at a time by M. Payne and R. Hanek's method in whole numbers.
#pragma once

#include "kernels/math.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

// x = quadrant pi / 2 + high + low, |high| <= pi / 4; of the quadrant the low two bits count.
struct ReducedAngle {
  Simd<double>::Vec high, low;
  Simd<double>::Bits quadrant;
};

// 64 zero bits, then those of 2 / pi behind the binary point.
constexpr std::uint64_t kTwoOverPi[] = {0x0000000000000000, 0xa2f9836e4e441529, 0xfc2757d1f534ddc0,
                                        0xdb6295993c439041, 0xfe5163abdebbc561, 0xb7246e3a424dd2e0,
                                        0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484,
                                        0xe99c7026b45f7e41, 0x3991d639835339f4, 0x9c845f8bbdf9283b,
                                        0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7,
                                        0x4f463f669e5fea2d, 0x7527bac7ebe5f17b, 0x3d0739f78a5292ea,
                                        0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab, 0xf0cfbc209af4361d};

// One lane of it, for 2^20 <= |x| < infinity.
inline void ReduceLarge(double x, int lane, ReducedAngle& angle) {
  using Wide = unsigned __int128;
  std::uint64_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  const std::uint64_t mantissa = (bits & 0x000fffffffffffff) | 0x0010000000000000;
  // |x| = mantissa 2^e. Bits of 2 / pi that give multiples of 8 in the product are left out.
  const int e = static_cast<int>((bits >> 52) & 0x7ff) - 1075;
  const int first = e - 3 + 64, word = first >> 6, shift = first & 63;
  std::uint64_t w[3];
  for (int i = 0; i < 3; ++i) {
    w[i] = kTwoOverPi[word + i] << shift;
    if (shift != 0) w[i] |= kTwoOverPi[word + i + 1] >> (64 - shift);
  }
  // The product modulo 8: three bits before the binary point, 189 behind it.
  const Wide low = Wide(mantissa) * w[2];
  const Wide middle = Wide(mantissa) * w[1] + static_cast<std::uint64_t>(low >> 64);
  std::uint64_t p[3] = {mantissa * w[0] + static_cast<std::uint64_t>(middle >> 64),
                        static_cast<std::uint64_t>(middle), static_cast<std::uint64_t>(low)};
  std::uint64_t quadrant = p[0] >> 61;
  for (int i = 0; i < 3; ++i) p[i] = (p[i] << 3) | (i < 2 ? p[i + 1] >> 61 : 0);
  bool negative = bits >> 63 != 0;
  const bool upper = p[0] >> 63 != 0;  // nearer to the next multiple
  if (upper) {
    ++quadrant;
    for (std::uint64_t& part : p) part = ~part;
  }
  int zeros = 0;
  while (p[0] == 0 && zeros < 128) {
    p[0] = p[1];
    p[1] = p[2];
    p[2] = 0;
    zeros += 64;
  }
  const int lead = p[0] == 0 ? 0 : __builtin_clzll(p[0]);
  const std::uint64_t fraction = lead == 0 ? p[0] : (p[0] << lead) | (p[1] >> (64 - lead));
  zeros += lead;
  // Times pi / 2, of which this is 2^63.
  const std::uint64_t r = static_cast<std::uint64_t>((Wide(fraction) * 0xc90fdaa22168c235) >> 64);
  const std::uint64_t scale_bits = static_cast<std::uint64_t>(1023 - 63 - zeros) << 52;
  double scale;
  __builtin_memcpy(&scale, &scale_bits, sizeof scale);
  if (upper != negative) scale = -scale;
  if (negative) quadrant = 0 - quadrant;
  const std::uint64_t tail = r & 0x7ff;
  angle.high[lane] = static_cast<double>(r - tail) * scale;
  angle.low[lane] = static_cast<double>(tail) * scale;
  angle.quadrant[lane] = quadrant;
}

inline ReducedAngle Reduce(Simd<double>::Vec x) {
  using S = Simd<double>;
  using V = S::Vec;
  // pi / 2 in pieces of 33 bits, so that their products with up to 20 bits are exact, and a rest.
  const V first = S::Set(0x1.921fb544p+0), second = S::Set(0x1.0b4611a6p-34);
  const V third = S::Set(0x1.3198a2ep-69), rest = S::Set(0x1.b839a252049c1p-104);
  const V rounder = S::Set(0x1.8p52);
  const V shifted = x * S::Set(0x1.45f306dc9c883p-1) + rounder;
  const V n = shifted - rounder;
  ReducedAngle angle;
  angle.quadrant = S::ToBits(shifted);
  // Exact; and so is each sum that follows, together with its error.
  const V a = x - n * first;
  const V b = n * second;
  const V u = a - b;
  const V v = u - a;
  const V u_error = (a - (u - v)) - (b + v);
  const V c = n * third;
  const V w = u - c;
  const V z = w - u;
  const V w_error = (u - (w - z)) - (c + z);
  const V tail = (u_error + w_error) - n * rest;
  angle.high = w + tail;
  angle.low = (w - angle.high) + tail;
  const S::Mask large = S::Abs(x) >= S::Set(0x1p20);
  for (int i = 0; i < S::kLanes; ++i) {
    if (large[i] && S::Abs(x)[i] < __builtin_inf()) ReduceLarge(x[i], i, angle);
  }
  return angle;
}

// The sine of an angle plus `turns` quarters of a turn.
inline Simd<double>::Vec SinePlus(Simd<double>::Vec x, std::uint64_t turns) {
  using S = Simd<double>;
  using V = S::Vec;
  constexpr double kSin[] = {8.33333333332248946124e-03, -1.98412698298579493134e-04,
                             2.75573137070700676789e-06, -2.50507602534068634195e-08,
                             1.58969099521155010221e-10};
  constexpr double kCos[] = {4.16666666666666019037e-02, -1.38888888888741095749e-03,
                             2.48015872894767294178e-05, -2.75573143513906633035e-07,
                             2.08757232129817482790e-09, -1.13596475577881948265e-11};
  const ReducedAngle angle = Reduce(x);
  const V r = angle.high, y = angle.low, z = r * r, v = z * r, half = S::Set(0.5) * z;
  const V sine = r - ((z * (S::Set(0.5) * y - v * Polynomial<double>(z, kSin)) - y) +
                      v * S::Set(1.66666666666666324348e-01));
  const V one = S::Set(1), w = one - half;
  const V cosine = w + (((one - w) - half) + (z * (z * Polynomial<double>(z, kCos)) - r * y));
  const S::Bits quadrant = angle.quadrant + turns;
  const V result = S::Select((quadrant & 1) == 0, sine, cosine);
  const V signed_result = S::FromBits(S::ToBits(result) ^ ((quadrant & 2) << 62));
  return turns == 0 ? S::Select(x == S::Set(0), x, signed_result) : signed_result;  // -0 stays
}

}  // namespace
}  // namespace gradlane::GRADLANE_ISA_TARGET
