// Signs packed into bits, and products of them: the words of 16 lanes in vectors, against rows
// whose words are broadcast, so that no sum runs across a vector.
#include "cpu/tables/xnor.h"

#include "kernels/isa_target.h"
#include "kernels/simd.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

typedef std::uint32_t Words __attribute__((vector_size(GRADLANE_VECTOR_BYTES)));
constexpr int kLanes = GRADLANE_VECTOR_BYTES / 4;
static_assert(kXnorLanes % kLanes == 0);

GRADLANE_INLINE Words LoadWords(const std::uint32_t* p) {
  Words words;
  __builtin_memcpy(&words, p, sizeof(words));
  return words;
}

#if defined(__AVX512BW__) && GRADLANE_VECTOR_BYTES == 64
// The ones of each byte. VPOPCNT would do it at once, but the ISA target does not promise it.
GRADLANE_INLINE Words OnesOfBytes(Words words) {
  const __m512i ones =
      _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
  const __m512i nibble = _mm512_set1_epi8(15), v = __m512i(words);
  const __m512i low = _mm512_and_si512(v, nibble);
  const __m512i high = _mm512_and_si512(_mm512_srli_epi32(v, 4), nibble);
  return Words(_mm512_add_epi8(_mm512_shuffle_epi8(ones, low), _mm512_shuffle_epi8(ones, high)));
}
#elif defined(__AVX2__) && GRADLANE_VECTOR_BYTES == 32
GRADLANE_INLINE Words OnesOfBytes(Words words) {
  const __m256i ones =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
  const __m256i nibble = _mm256_set1_epi8(15), v = __m256i(words);
  const __m256i low = _mm256_and_si256(v, nibble);
  const __m256i high = _mm256_and_si256(_mm256_srli_epi32(v, 4), nibble);
  return Words(_mm256_add_epi8(_mm256_shuffle_epi8(ones, low), _mm256_shuffle_epi8(ones, high)));
}
#elif defined(__aarch64__)
GRADLANE_INLINE Words OnesOfBytes(Words words) {
  return reinterpret_cast<Words>(vcntq_u8(reinterpret_cast<uint8x16_t>(words)));
}
#else
GRADLANE_INLINE Words OnesOfBytes(Words v) {
  v -= (v >> 1) & 0x55555555u;
  v = (v & 0x33333333u) + ((v >> 2) & 0x33333333u);
  return (v + (v >> 4)) & 0x0f0f0f0fu;
}
#endif

// Bytes hold the ones of so many words: 31 * 8 = 248.
constexpr std::int64_t kMostWords = 31;

GRADLANE_INLINE Words SumOfBytes(Words v) {
  v = (v & 0x00ff00ffu) + ((v >> 8) & 0x00ff00ffu);
  return (v & 0xffffu) + (v >> 16);
}

// Ones of (panel ^ row) & mask for one vector of lanes, from `lane` on, and kRows rows.
template <int kRows, bool kMasked, class T>
GRADLANE_INLINE void Count(const XnorPanel<T>& panel, int lane, const std::uint32_t* rows,
                           std::uint32_t (*counts)[kXnorLanes]) {
  const std::int64_t words = panel.words;
  const std::uint32_t* line = panel.lines + lane;
  Words sums[kRows] = {};
  std::int64_t mask = 0;
  for (std::int64_t i = 0; i < words;) {
    Words bytes[kRows] = {};
    const std::int64_t end = i + kMostWords < words ? i + kMostWords : words;
    for (; i < end; ++i, line += panel.stride) {
      const Words lanes = LoadWords(line);
      Words counted = {};
      if constexpr (kMasked) {
        counted = LoadWords(panel.masks + mask * kXnorLanes + lane);
        if (++mask == panel.mask_lines) mask = 0;
      }
#pragma GCC unroll 8
      for (int r = 0; r < kRows; ++r) {
        Words differing = lanes ^ (Words{} + rows[r * words + i]);
        if constexpr (kMasked) differing &= counted;
        bytes[r] += OnesOfBytes(differing);  // no carry leaves a byte
      }
    }
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) sums[r] += SumOfBytes(bytes[r]);
  }
  for (int r = 0; r < kRows; ++r) __builtin_memcpy(counts[r] + lane, &sums[r], sizeof(Words));
}

template <int kRows, class T>
GRADLANE_INLINE void Tile(const XnorPanel<T>& panel, const std::uint32_t* rows, const T* row_bias,
                          T* out, std::int64_t out_stride) {
  std::uint32_t counts[kRows][kXnorLanes];
  for (int lane = 0; lane < kXnorLanes; lane += kLanes) {
    if (panel.masks == nullptr) {
      Count<kRows, false>(panel, lane, rows, counts);
    } else {
      Count<kRows, true>(panel, lane, rows, counts);
    }
  }
  for (int r = 0; r < kRows; ++r, out += out_stride) {
    T results[kXnorLanes];
    const T bias = row_bias == nullptr ? T(0) : row_bias[r];
    for (int lane = 0; lane < kXnorLanes; ++lane) {
      const std::int32_t ones = static_cast<std::int32_t>(counts[r][lane]);
      results[lane] = static_cast<T>(panel.bits[lane] - 2 * ones) + panel.bias[lane] + bias;
    }
    if (panel.lanes == kXnorLanes) {
      __builtin_memcpy(out, results, sizeof(results));
    } else {
      for (std::int64_t lane = 0; lane < panel.lanes; ++lane) out[lane] = results[lane];
    }
  }
}

template <class T>
void Multiply(const XnorPanel<T>& panel, const std::uint32_t* rows, std::int64_t count,
              const T* row_bias, T* out, std::int64_t out_stride) noexcept {
  constexpr int kRows = GRADLANE_VECTOR_BYTES == 64 ? 8 : 4;  // of 32 registers, and of 16
  std::int64_t r = 0;
  const auto bias = [&] { return row_bias == nullptr ? nullptr : row_bias + r; };
  for (; r + kRows <= count; r += kRows) {
    Tile<kRows>(panel, rows + r * panel.words, bias(), out + r * out_stride, out_stride);
  }
  for (; r < count; ++r) {
    Tile<1>(panel, rows + r * panel.words, bias(), out + r * out_stride, out_stride);
  }
}

// Bit i = lane i of v < 0.
template <class T>
GRADLANE_INLINE std::uint32_t Negative(typename Simd<T>::Vec v) {
  const auto negative = v < typename Simd<T>::Vec{};
#if defined(__AVX512F__) && GRADLANE_VECTOR_BYTES == 64
  (void)negative;
  if constexpr (sizeof(T) == 4) {
    return _mm512_cmp_ps_mask(__m512(v), _mm512_setzero_ps(), _CMP_LT_OQ);
  } else {
    return _mm512_cmp_pd_mask(__m512d(v), _mm512_setzero_pd(), _CMP_LT_OQ);
  }
#elif defined(__AVX2__) && GRADLANE_VECTOR_BYTES == 32
  if constexpr (sizeof(T) == 4) {
    return static_cast<std::uint32_t>(_mm256_movemask_ps(__m256(negative)));
  } else {
    return static_cast<std::uint32_t>(_mm256_movemask_pd(__m256d(negative)));
  }
#elif defined(__SSE2__) && GRADLANE_VECTOR_BYTES == 16
  if constexpr (sizeof(T) == 4) {
    return static_cast<std::uint32_t>(_mm_movemask_ps(__m128(negative)));
  } else {
    return static_cast<std::uint32_t>(_mm_movemask_pd(__m128d(negative)));
  }
#else
  std::uint32_t bits = 0;
  for (int i = 0; i < Simd<T>::kLanes; ++i)
    bits |= static_cast<std::uint32_t>(negative[i] & 1) << i;
  return bits;
#endif
}

template <class T>
void Pack(const T* x, std::uint32_t* words, std::int64_t n) noexcept {
  using S = Simd<T>;
  for (std::int64_t begin = 0; begin < n; begin += kWordBits) {
    const std::int64_t bits = n - begin < kWordBits ? n - begin : kWordBits;
    std::uint32_t word = 0;
    std::int64_t b = 0;
    for (; b + S::kLanes <= bits; b += S::kLanes) word |= Negative<T>(S::Load(x + begin + b)) << b;
    if (b < bits) word |= Negative<T>(S::LoadPart(x + begin + b, bits - b)) << b;
    *words++ = word;
  }
}

template <class T>
void PackPlanes(const T* x, std::uint32_t* words, std::int64_t bits, std::int64_t inner) noexcept {
  using S = Simd<T>;
  using Bits = typename S::Bits;
  for (std::int64_t i = 0; i < inner; i += S::kLanes) {
    const std::int64_t lanes = inner - i;
    Bits collected = {};
    for (std::int64_t b = 0; b < bits; ++b) {
      const T* at = x + b * inner + i;
      const typename S::Vec v = lanes < S::kLanes ? S::LoadPart(at, lanes) : S::Load(at);
      const Bits bit = Bits{} + (typename S::Word(1) << b);
      collected |= reinterpret_cast<Bits>(v < typename S::Vec{}) & bit;
    }
    typename S::Word results[S::kLanes];
    __builtin_memcpy(results, &collected, sizeof(results));
    const std::int64_t count = lanes < S::kLanes ? lanes : S::kLanes;
    for (std::int64_t lane = 0; lane < count; ++lane) {
      words[i + lane] = static_cast<std::uint32_t>(results[lane]);
    }
  }
}

template <class T>
void Fill(XnorKernels<T>& kernels) {
  kernels.pack = &Pack<T>;
  kernels.pack_planes = &PackPlanes<T>;
  kernels.multiply = &Multiply<T>;
}

}  // namespace

void FillXnor(KernelTable& table) {
  Fill(table.f32.xnor);
  if constexpr (kCompleteTarget) Fill(table.f64.xnor);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
