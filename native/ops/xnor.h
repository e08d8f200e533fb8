// Layers of signs: -1 and 1 as bits, 32 a word, and their products by XNOR and popcount. A bit is 1
// where a number is below 0; bits past the last number are 0.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/conv2d_geometry.h"
#include "ops/fields.h"

namespace gradlane {

// Words that hold `bits` bits.
constexpr std::int64_t WordsOf(std::int64_t bits) { return bits / 32 + (bits % 32 != 0); }

// bit b of words[o, w, i] = x[o, 32 w + b, i] < 0, for x (outer, n, inner)
struct PackSignsArgs {
  Dtype dtype;
  Buffer x, words;  // int32 words (outer, ceil(n / 32), inner)
  std::int64_t outer, n, inner;

  GRADLANE_FIELDS(PackSignsArgs, dtype, x, words, outer, n, inner)
};
void PackSigns(const PackSignsArgs& args);

// out (m, n) = k - 2 popcount(a ^ b) + bias
struct XnorMatmulArgs {
  Dtype dtype;
  Buffer a;          // int32 (m, ceil(k / 32))
  Buffer b;          // int32 (ceil(k / 32), n)
  Buffer bias, out;  // bias (n) may be absent
  std::int64_t m, n, k;

  GRADLANE_FIELDS(XnorMatmulArgs, dtype, a, b, bias, out, m, n, k)
};
void XnorMatmul(const XnorMatmulArgs& args);

// The convolution of ops/conv2d.h of signs: what lies outside of the image is neither -1 nor 1 and
// counts nothing.
struct XnorConv2dArgs {
  Dtype dtype;
  Buffer x;       // int32 (batch, groups, w, inHeight inWidth), w = ceil(inChannels / groups / 32)
  Buffer weight;  // int32 (outChannels, w, kernelHeight kernelWidth)
  Buffer bias, out;  // bias (outChannels) may be absent
  Conv2dGeometry geometry;

  GRADLANE_FIELDS(XnorConv2dArgs, dtype, x, weight, bias, out, geometry)
};
void XnorConv2d(const XnorConv2dArgs& args);

// Words of lanes times words of rows that a task takes: some 10 us.
inline constexpr std::int64_t kXnorGrain = 1 << 17;

}  // namespace gradlane
