// Philox 4x32-10 over the lanes of a vector, one block a lane.
#pragma once

#include <cstdint>

#include "kernels/interleave.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

// A 32-bit word in the lower half of each lane; what the upper halves hold is ignored.
typedef std::uint64_t PhiloxLanes __attribute__((vector_size(GRADLANE_VECTOR_BYTES)));
inline constexpr int kPhiloxLanes = GRADLANE_VECTOR_BYTES / 8;

// The 64-bit product of the lower halves. Compilers do not find the one instruction for it.
GRADLANE_INLINE PhiloxLanes MultiplyLower(PhiloxLanes a, PhiloxLanes b) {
#if defined(__AVX512F__) && GRADLANE_VECTOR_BYTES == 64
  return PhiloxLanes(_mm512_mul_epu32(__m512i(a), __m512i(b)));
#elif defined(__AVX2__) && GRADLANE_VECTOR_BYTES == 32
  return PhiloxLanes(_mm256_mul_epu32(__m256i(a), __m256i(b)));
#elif defined(__SSE2__) && GRADLANE_VECTOR_BYTES == 16
  return PhiloxLanes(_mm_mul_epu32(__m128i(a), __m128i(b)));
#else
  return (a & 0xffffffffu) * (b & 0xffffffffu);
#endif
}

// Stores the four words of blocks first + 0, 1, ... one block after the other.
GRADLANE_INLINE void PhiloxVector(std::uint64_t seed, PhiloxLanes block, std::uint32_t* words) {
  PhiloxLanes c0 = block, c1 = block >> 32, c2 = {}, c3 = {};
  const PhiloxLanes m0 = PhiloxLanes{} + 0xD2511F53u, m1 = PhiloxLanes{} + 0xCD9E8D57u;
  std::uint32_t key0 = static_cast<std::uint32_t>(seed);
  std::uint32_t key1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const PhiloxLanes product0 = MultiplyLower(c0, m0), product1 = MultiplyLower(c2, m1);
    c0 = (product1 >> 32) ^ c1 ^ (PhiloxLanes{} + key0);
    c1 = product1;
    c2 = (product0 >> 32) ^ c3 ^ (PhiloxLanes{} + key1);
    c3 = product0;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  const PhiloxLanes words01 = (c0 & 0xffffffffu) | (c1 << 32);
  const PhiloxLanes words23 = (c2 & 0xffffffffu) | (c3 << 32);
  const PhiloxLanes low = InterleaveLow(words01, words23);
  const PhiloxLanes high = InterleaveHigh(words01, words23);
  __builtin_memcpy(words, &low, sizeof(low));
  __builtin_memcpy(words + sizeof(low) / 4, &high, sizeof(high));
}

// words[4 b + j] = word j of block first + b, b < blocks; whole vectors are written, so there must
// be room for a multiple of kPhiloxLanes blocks.
GRADLANE_INLINE void PhiloxWords(std::uint64_t seed, std::uint64_t first, std::uint32_t* words,
                                 std::int64_t blocks) {
  PhiloxLanes block;
  for (int lane = 0; lane < kPhiloxLanes; ++lane) block[lane] = first + lane;
  for (std::int64_t b = 0; b < blocks; b += kPhiloxLanes) {
    PhiloxVector(seed, block, words + 4 * b);
    block += kPhiloxLanes;
  }
}

}  // namespace
}  // namespace gradlane::GRADLANE_ISA_TARGET
