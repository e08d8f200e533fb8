// Sine and cosine of a whole vector of turns: of 2 pi u for 0 <= u <= 1. Reducing a turn to an
// eighth is exact, so float and double results are within 2 ulp, near the zeros too. Polynomials
// are Chebyshev fits in r^2 for |r| <= 1/2 a quarter turn.
#pragma once

#include "kernels/math.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <class T>
struct TurnConstants;

template <>
struct TurnConstants<float> {
  // sin(pi / 2 r) / r: 2^-37
  static constexpr float kSin[] = {1.57079637f, -0.645964086f, 0.0796925798f, -0.00468126638f,
                                   0.000158206298f};
  // (cos(pi / 2 r) - 1) / r^2: 2^-30
  static constexpr float kCos[] = {-1.23370051f, 0.253669411f, -0.0208615288f, 0.000906739908f};
};

template <>
struct TurnConstants<double> {
  // 2^-68
  static constexpr double kSin[] = {
      1.5707963267948966,    -0.6459640975062463,    0.07969262624616692,   -0.004681754135314827,
      0.0001604411847266723, -3.598842717144858e-06, 5.691927850489633e-08, -6.627624938992472e-10};
  // 2^-60
  static constexpr double kCos[] = {
      -1.2337005501361697,     0.2536695079010478,    -0.020863480763340773, 0.0009192602745468447,
      -2.5202039028029178e-05, 4.710678405505227e-07, -6.329396344967424e-09};
};

template <class T>
GRADLANE_INLINE void SinCosOfTurns(VecOf<T> u, VecOf<T>& sine, VecOf<T>& cosine) {
  using S = Simd<T>;
  using C = TurnConstants<T>;
  // 4 u = quarters + r
  const typename S::Vec rounder = S::Set(MathConstants<T>::kRounder);
  const typename S::Vec shifted = S::Set(4) * u + rounder;
  const typename S::Vec r = S::Set(4) * u - (shifted - rounder);
  const typename S::Bits quarters = S::ToBits(shifted);
  const typename S::Vec z = r * r;
  const typename S::Vec s = r * Polynomial<T>(z, C::kSin);
  const typename S::Vec c = S::Set(1) + z * Polynomial<T>(z, C::kCos);
  // An odd number of quarters swaps the two, the second bit of it (and of one more) is the sign.
  const typename S::Mask odd = reinterpret_cast<typename S::Mask>(-(quarters & 1));
  constexpr int kToSign = 8 * sizeof(T) - 2;
  const typename S::Bits sine_sign = (quarters & 2) << kToSign;
  const typename S::Bits cosine_sign = ((quarters + 1) & 2) << kToSign;
  sine = S::FromBits(S::ToBits(S::Select(odd, c, s)) ^ sine_sign);
  cosine = S::FromBits(S::ToBits(S::Select(odd, s, c)) ^ cosine_sign);
}

}  // namespace
}  // namespace gradlane::GRADLANE_ISA_TARGET
