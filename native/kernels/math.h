// exp, expm1, log, log1p, tanh and erf of a whole vector, for float and double, and what is built
// from them. Results are within 2 ulp in both types over the whole range, subnormals, infinities
// and NaN included (native/test/math_test.cc measures them).
//
// Double arithmetic is our own throughout: the C library's exp, log and pow for double would need
// a newer GLIBC than the prebuilt binary promises. Polynomials are minimax fits in the weight of
// the final result, found by Remez exchange; the comment beside each names its relative error.
#pragma once

#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <class T>
struct MathConstants;

template <>
struct MathConstants<float> {
  static constexpr int kMantissaBits = 23;
  static constexpr std::uint32_t kBias = 127;
  static constexpr float kRounder = 0x1.8p23f;  // adding it leaves the nearest integer below
  static constexpr float kMinNormal = 0x1p-126f;
  // exp is 0 below and infinite above.
  static constexpr float kExpLow = -105.0f, kExpHigh = 89.0f;
  static constexpr float kLog2E = 0x1.715476p+0f;
  // The high part has 9 bits, so that n * high is exact without a fused multiply-add.
  static constexpr float kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
  static constexpr std::uint32_t kSqrtHalf = 0x3f3504f3;
  // (exp(r) - 1 - r) / r^2 for |r| <= ln(2) / 2: 2^-28
  static constexpr float kExp[] = {0.49999994f, 0.166665196f, 0.0416684002f, 0.00836885069f,
                                   0.00138143206f};
  // (2 atanh(s) - 2 s) / s^3 in s^2, s <= 0.1716: 2^-36
  static constexpr float kLog[] = {0.666666627f, 0.400003374f, 0.285372376f, 0.235835686f};
  // the same for s <= 1 / 3: 2^-32
  static constexpr float kLog1p[] = {0.666666746f, 0.399988741f, 0.286170363f, 0.214258522f,
                                     0.243083209f};
  // (tanh(x) - x) / x^3 in x^2, x <= 0.625: 2^-27
  static constexpr float kTanh[] = {-0.333332837f, 0.133314908f, -0.0537434965f, 0.0206505861f,
                                    -0.0057170433f};
  // erf(x) / x - 1 in x^2, x <= 0.93: 2^-31
  static constexpr float kErf[] = {0.128379166f,   -0.376126319f,    0.112836875f,   -0.0268589407f,
                                   0.00519990642f, -0.000813001243f, 8.31677316e-05f};
  // log(erfc(x)) / x, 0.925 <= x <= 4, in the weight of erf: 2^-30
  static constexpr float kErfcLimit = 4.0f;
  static constexpr float kErfc[] = {-1.12865138f,    -0.635139704f,   -0.10625609f,
                                    0.0237786025f,   -0.00365027692f, 0.000324726047f,
                                    -1.14232989e-05f};
};

template <>
struct MathConstants<double> {
  static constexpr int kMantissaBits = 52;
  static constexpr std::uint64_t kBias = 1023;
  static constexpr double kRounder = 0x1.8p52;
  static constexpr double kMinNormal = 0x1p-1022;
  static constexpr double kExpLow = -746.0, kExpHigh = 710.0;
  static constexpr double kLog2E = 0x1.71547652b82fep+0;
  // The high part ends in 21 zero bits, n has 11.
  static constexpr double kLn2High = 0x1.62e42feep-1, kLn2Low = 0x1.a39ef35793c76p-33;
  static constexpr std::uint64_t kSqrtHalf = 0x3fe6a09e667f3bcd;
  // 2^-64
  static constexpr double kExp[] = {0.5,
                                    0.16666666666666682,
                                    0.04166666666666608,
                                    0.008333333333316786,
                                    0.0013888888889119105,
                                    0.0001984126989701242,
                                    2.4801586922323163e-05,
                                    2.7557234221205842e-06,
                                    2.7557583864064143e-07,
                                    2.51122641656813e-08,
                                    2.0826431824329146e-09};
  // 2^-65
  static constexpr double kLog[] = {0.6666666666666666,  0.40000000000006286, 0.2857142856907298,
                                    0.22222222648748532, 0.1818177550863758,  0.15387097647362064,
                                    0.1324996208177498,  0.132527544805558};
  // 2^-68
  static constexpr double kLog1p[] = {
      0.6666666666666666,  0.4000000000000023,  0.2857142857138023,  0.2222222222734801,
      0.18181817863728741, 0.15384627927553504, 0.13333004482046706, 0.1177056265548611,
      0.1045535965706279,  0.10096296971936763, 0.05790202733982414, 0.16067578753989636};
  // 2^-61
  static constexpr double kTanh[] = {
      -0.33333333333333315,  0.1333333333332989,     -0.0539682539661345,
      0.02186948847065598,   -0.008863234341529596,  0.003592114271518087,
      -0.001455727618065026, 0.0005894586274990652,  -0.00023703013547428522,
      9.158982726224179e-05, -3.021799264542712e-05, 6.0556453949968386e-06};
  // 2^-65
  static constexpr double kErf[] = {
      0.1283791670955126,      -0.37612638903183754,    0.11283791670955069,
      -0.026866170645116896,   0.005223977625253915,    -0.0008548327008725405,
      0.00012055332240964774,  -1.4925625324821026e-05, 1.6461533600325712e-06,
      -1.6356553219923869e-07, 1.4706076500836611e-08,  -1.1570133055145891e-09,
      6.324900125693266e-11};
  // up to x = 6: 2^-57
  static constexpr double kErfcLimit = 6.0;
  static constexpr double kErfc[] = {
      -1.128379153139313,      -0.6366198598307494,     -0.10277252068708322,
      0.01912946305811583,     0.0002037933604318532,   -0.001681550746216257,
      0.0005634175132989099,   9.820926211686204e-06,   -0.00010094126505260806,
      5.8688976906602715e-05,  -2.1366146705772566e-05, 5.689644775042399e-06,
      -1.1487902680304567e-06, 1.754515633010019e-07,   -1.9730006333885565e-08,
      1.5443283141585539e-09,  -7.520029016559713e-11,  1.7152212356594558e-12};
};

template <class T>
using VecOf = typename Simd<T>::Vec;

template <class T, int kTerms>
GRADLANE_INLINE VecOf<T> Polynomial(VecOf<T> x, const T (&coefficients)[kTerms]) {
  VecOf<T> sum = Simd<T>::Set(coefficients[kTerms - 1]);
#pragma GCC unroll 20
  for (int i = kTerms - 2; i >= 0; --i) sum = sum * x + Simd<T>::Set(coefficients[i]);
  return sum;
}

// exp(r) for |r| <= ln(2) / 2
template <class T>
GRADLANE_INLINE VecOf<T> ExpReduced(VecOf<T> r) {
  const VecOf<T> one = Simd<T>::Set(1);
  return (Polynomial<T>(r, MathConstants<T>::kExp) * r + one) * r + one;
}

// exp(x) for what `finish` makes of the reduced argument.
template <class T, class Finish>
GRADLANE_INLINE VecOf<T> ExpBy(VecOf<T> x, Finish&& finish) {
  using S = Simd<T>;
  using C = MathConstants<T>;
  // The order of operands lets NaN pass both clamps.
  x = S::Max(S::Set(C::kExpLow), S::Min(S::Set(C::kExpHigh), x));
  // x = n ln 2 + r
  const typename S::Vec rounder = S::Set(C::kRounder);
  const typename S::Vec shifted = x * S::Set(C::kLog2E) + rounder;
  const typename S::Vec n = shifted - rounder;
  const typename S::Vec r = (x - n * S::Set(C::kLn2High)) - n * S::Set(C::kLn2Low);
  const typename S::Vec e = ExpReduced<T>(finish(r));
#if defined(__AVX512F__) && GRADLANE_VECTOR_BYTES == 64
  if constexpr (sizeof(T) == 4) {
    return typename S::Vec(_mm512_scalef_ps(__m512(e), __m512(n)));
  } else {
    return typename S::Vec(_mm512_scalef_pd(__m512d(e), __m512d(n)));
  }
#else
  // e 2^n in two steps, because 2^n alone may be too large or too small to be a number.
  const typename S::Bits whole = S::ToBits(shifted) - S::ToBits(rounder);
  const typename S::Bits half = S::ToBits(n * S::Set(T(0.5)) + rounder) - S::ToBits(rounder);
  const typename S::Vec scale_a = S::FromBits((half + C::kBias) << C::kMantissaBits);
  const typename S::Vec scale_b = S::FromBits((whole - half + C::kBias) << C::kMantissaBits);
  return e * scale_a * scale_b;
#endif
}

template <class T>
GRADLANE_INLINE VecOf<T> Exp(VecOf<T> x) {
  return ExpBy<T>(x, [](VecOf<T> r) { return r; });
}

// exp(x + rest) for a rest below the rounding error of x.
template <class T>
GRADLANE_INLINE VecOf<T> ExpOfSum(VecOf<T> x, VecOf<T> rest) {
  return ExpBy<T>(x, [rest](VecOf<T> r) { return r + rest; });
}

// exp(x) - 1
template <class T>
GRADLANE_INLINE VecOf<T> ExpMinusOne(VecOf<T> x) {
  using S = Simd<T>;
  using C = MathConstants<T>;
  const typename S::Vec one = S::Set(1), limit = S::Set(T(40));
  const typename S::Vec near = S::Max(-limit, S::Min(limit, x));
  const typename S::Vec rounder = S::Set(C::kRounder);
  const typename S::Vec shifted = near * S::Set(C::kLog2E) + rounder;
  const typename S::Vec n = shifted - rounder;
  const typename S::Vec r = (near - n * S::Set(C::kLn2High)) - n * S::Set(C::kLn2Low);
  const typename S::Vec less = r + r * (r * Polynomial<T>(r, C::kExp));  // exp(r) - 1
  const typename S::Bits whole = S::ToBits(shifted) - S::ToBits(rounder);
  const typename S::Vec scale = S::FromBits((whole + C::kBias) << C::kMantissaBits);
  const typename S::Vec y = less * scale + (scale - one);
  return S::Select(x == S::Set(0), x, S::Select(x > limit, Exp<T>(x) - one, y));
}

// exp(x) for x <= 0: a third less work than Exp.
template <class T>
GRADLANE_INLINE VecOf<T> ExpNonPositive(VecOf<T> x) {
  using S = Simd<T>;
  using C = MathConstants<T>;
  // Half the bias more than 2^n, which is a normal number then, and taken off at the end, where a
  // subnormal result is rounded once.
  constexpr typename S::Word kLift = (C::kBias + 1) / 2;
  // With the biases in the rounder, the low bits of `shifted` are the exponent of the scale
  // already.
  const typename S::Vec rounder = S::Set(C::kRounder + T(C::kBias + kLift));
  x = S::Max(S::Set(C::kExpLow), x);  // the order of operands lets NaN pass
  const typename S::Vec shifted = x * S::Set(C::kLog2E) + rounder;
  const typename S::Vec n = shifted - rounder;
  const typename S::Vec r = (x - n * S::Set(C::kLn2High)) - n * S::Set(C::kLn2Low);
  const typename S::Vec scale = S::FromBits(S::ToBits(shifted) << C::kMantissaBits);
  const typename S::Bits lower = typename S::Bits{} + ((C::kBias - kLift) << C::kMantissaBits);
  return ExpReduced<T>(r) * scale * S::FromBits(lower);
}

// A positive number as (1 + f) 2^e with sqrt(1/2) <= 1 + f < sqrt(2).
template <class T>
struct NormalParts {
  VecOf<T> f, e;
};
template <class T>
GRADLANE_INLINE NormalParts<T> SplitNormal(VecOf<T> x) {
  using S = Simd<T>;
  using C = MathConstants<T>;
  constexpr typename S::Word kOne = typename S::Word(1);
  constexpr T kUp = T(std::uint64_t(1) << C::kMantissaBits);  // makes a subnormal normal
  const typename S::Mask tiny = x < S::Set(C::kMinNormal);
  const typename S::Vec normal = S::Select(tiny, x * S::Set(kUp), x);
  const typename S::Bits moved = S::ToBits(normal) - C::kSqrtHalf + (C::kBias << C::kMantissaBits);
  const typename S::Vec biased =
      S::FromBits((moved >> C::kMantissaBits) | S::ToBits(S::Set(kUp))) - S::Set(kUp);
  const typename S::Vec e =
      biased - S::Select(tiny, S::Set(T(C::kBias + C::kMantissaBits)), S::Set(T(C::kBias)));
  const typename S::Vec f =
      S::FromBits((moved & ((kOne << C::kMantissaBits) - 1)) + C::kSqrtHalf) - S::Set(1);
  return {f, e};
}

// -Infinity at both zeros, NaN below them.
template <class T>
GRADLANE_INLINE VecOf<T> Log(VecOf<T> x) {
  using S = Simd<T>;
  using C = MathConstants<T>;
  const auto [f, e] = SplitNormal<T>(x);
  // log(1 + f) = f - (f^2 / 2 - s (f^2 / 2 + s^2 P(s^2))),  s = f / (2 + f)
  const typename S::Vec s = f / (S::Set(2) + f);
  const typename S::Vec z = s * s;
  const typename S::Vec half_square = S::Set(T(0.5)) * f * f;
  const typename S::Vec tail = s * (half_square + z * Polynomial<T>(z, C::kLog));
  typename S::Vec y =
      e * S::Set(C::kLn2High) - ((half_square - (tail + e * S::Set(C::kLn2Low))) - f);
  const typename S::Vec infinity = S::Set(T(__builtin_inf()));
  y = S::Select(x == infinity, infinity, y);
  y = S::Select(x == S::Set(0), -infinity, y);
  return S::Select(x >= S::Set(0), y, S::Set(T(__builtin_nan(""))));
}

// log(1 + u) for -1/2 <= u <= 1, as 2 atanh(s) with s = u / (2 + u), |s| <= 1 / 3.
template <class T>
GRADLANE_INLINE VecOf<T> Log1pOfFraction(VecOf<T> u) {
  using S = Simd<T>;
  const VecOf<T> s = u / (S::Set(2) + u);
  const VecOf<T> z = s * s;
  return (s + s) + s * (z * Polynomial<T>(z, MathConstants<T>::kLog1p));
}

// log(1 + x)
template <class T>
GRADLANE_INLINE VecOf<T> LogOnePlus(VecOf<T> x) {
  using S = Simd<T>;
  const VecOf<T> one = S::Set(1), u = one + x;
  const typename S::Mask near = (x >= S::Set(T(-0.5))) & (x <= one);
  // What u lacks, where it is no infinity.
  const VecOf<T> lost = x <= one ? x - (u - one) : one - (u - x);
  const VecOf<T> far =
      Log<T>(u) +
      S::Select((S::Abs(u) < S::Set(T(__builtin_inf()))) & (u > S::Set(0)), lost / u, S::Set(0));
  return S::Select(near, S::Select(x == S::Set(0), x, Log1pOfFraction<T>(x)), far);
}

// log(1 + exp(x))
template <class T>
GRADLANE_INLINE VecOf<T> LogOnePlusExp(VecOf<T> x) {
  using S = Simd<T>;
  return S::Max(S::Set(0), x) + Log1pOfFraction<T>(ExpNonPositive<T>(-S::Abs(x)));
}

template <class T>
GRADLANE_INLINE VecOf<T> Tanh(VecOf<T> x) {
  using S = Simd<T>;
  const typename S::Vec a = S::Abs(x);
  const typename S::Vec z = x * x;
  const typename S::Vec small = x + x * (z * Polynomial<T>(z, MathConstants<T>::kTanh));
  const typename S::Vec e = ExpNonPositive<T>(S::Set(-2) * a);
  const typename S::Vec large = (S::Set(1) - e) / (S::Set(1) + e);
  return S::Select(a < S::Set(T(0.625)), small, S::CopySign(large, x));
}

template <class T>
GRADLANE_INLINE VecOf<T> Erf(VecOf<T> x) {
  using S = Simd<T>;
  using C = MathConstants<T>;
  const typename S::Vec a = S::Abs(x);
  const typename S::Vec small = x + x * Polynomial<T>(x * x, C::kErf);
  const typename S::Vec limit = S::Set(C::kErfcLimit);
  const typename S::Vec t = S::Min(limit, a);
  const typename S::Vec large = S::Set(1) - ExpNonPositive<T>(t * Polynomial<T>(t, C::kErfc));
  return S::Select(a < S::Set(T(0.928)), small, S::CopySign(large, x));
}

// 1 / (1 + exp(-x)), by exp(-|x|) so that nothing overflows.
template <class T>
GRADLANE_INLINE VecOf<T> Sigmoid(VecOf<T> x) {
  using S = Simd<T>;
  const typename S::Vec e = ExpNonPositive<T>(-S::Abs(x));
  return S::Select(x < S::Set(0), e, S::Set(1)) / (S::Set(1) + e);
}

// sigmoid(x) and 1 - sigmoid(x), the latter without cancellation.
template <class T>
struct SigmoidPair {
  VecOf<T> value, complement;
};
template <class T>
GRADLANE_INLINE SigmoidPair<T> SigmoidBoth(VecOf<T> x) {
  using S = Simd<T>;
  const typename S::Vec e = ExpNonPositive<T>(-S::Abs(x)), one = S::Set(1), sum = one + e;
  const typename S::Mask below = x < S::Set(0);
  return {S::Select(below, e, one) / sum, S::Select(below, one, e) / sum};
}

}  // namespace
}  // namespace gradlane::GRADLANE_ISA_TARGET
