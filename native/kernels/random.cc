// Words become numbers by plain loops over a batch of them, which the compiler vectorizes.
#include "cpu/tables/random.h"

#include <cstdint>

#include "kernels/isa_target.h"
#include "kernels/math.h"
#include "kernels/philox_batches.h"
#include "kernels/simd.h"
#include "kernels/turn.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

void Words(PhiloxState state, std::uint32_t* words, std::int64_t blocks) noexcept {
  PhiloxWords(state.seed, state.block, words, blocks);
}

template <class T>
constexpr int kWordsOf = static_cast<int>(sizeof(T) / 4);

// Element i of the batch, in [0, 1): 24 bits of one word, or 53 bits of two. Exact.
template <class T>
GRADLANE_INLINE T Unit(const std::uint32_t* words, std::int64_t i) {
  if constexpr (sizeof(T) == 4) {
    return static_cast<T>(static_cast<std::int32_t>(words[i] >> 8)) * T(0x1p-24);
  } else {
    const T high = static_cast<T>(static_cast<std::int32_t>(words[2 * i] >> 5));
    const T low = static_cast<T>(static_cast<std::int32_t>(words[2 * i + 1] >> 6));
    return (high * T(0x1p26) + low) * T(0x1p-53);
  }
}

template <class T>
void Uniform(PhiloxState state, T* y, std::int64_t n, double low, double range, T most) noexcept {
  alignas(64) double products[kPhiloxBatch];
  PhiloxBatches<kWordsOf<T>>(
      state, n, [&](const std::uint32_t* words, std::int64_t start, std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i) {
          products[i] = range * static_cast<double>(Unit<T>(words, i));
        }
        // Both roundings have to happen, on every ISA target: the products really go
        // through memory, so that the compiler cannot fuse the sum with them.
        __asm__ volatile("" : : "r"(products) : "memory");
        for (std::int64_t i = 0; i < count; ++i) {
          const T value = static_cast<T>(low + products[i]);
          y[start + i] = value > most ? most : value;
        }
      });
}

template <class T>
void Normal(PhiloxState state, T* y, std::int64_t n, T mean, T std) noexcept {
  using S = Simd<T>;
  constexpr std::int64_t kPairs = kPhiloxBatch / kWordsOf<T> / 2;
  alignas(64) T first[kPairs], second[kPairs], pairs[2 * kPairs];
  PhiloxBatches<kWordsOf<T>>(
      state, n, [&](const std::uint32_t* words, std::int64_t start, std::int64_t count) {
        const std::int64_t half = (count + 1) / 2;
        for (std::int64_t j = 0; j < half; ++j) {
          first[j] = T(1) - Unit<T>(words, 2 * j);
          second[j] = Unit<T>(words, 2 * j + 1);
        }
        // the lanes that a last vector takes too much
        for (std::int64_t j = half; j % S::kLanes != 0; ++j) first[j] = second[j] = T(1);
        for (std::int64_t j = 0; j < half; j += S::kLanes) {
          const typename S::Vec radius = S::Sqrt(S::Set(-2) * Log<T>(S::Load(first + j)));
          typename S::Vec sine, cosine;
          SinCosOfTurns<T>(S::Load(second + j), sine, cosine);
          const typename S::Vec a = S::Set(mean) + S::Set(std) * radius * cosine;
          const typename S::Vec b = S::Set(mean) + S::Set(std) * radius * sine;
          S::Store(pairs + 2 * j, InterleaveLow(a, b));
          S::Store(pairs + 2 * j + S::kLanes, InterleaveHigh(a, b));
        }
        __builtin_memcpy(y + start, pairs, static_cast<std::size_t>(count) * sizeof(T));
      });
}

template <class T>
void Bernoulli(PhiloxState state, T* y, std::int64_t n, std::int32_t threshold, T value) noexcept {
  PhiloxBatches<1>(
      state, n, [&](const std::uint32_t* words, std::int64_t start, std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i) {
          y[start + i] = static_cast<std::int32_t>(words[i] >> 8) < threshold ? value : T(0);
        }
      });
}

template <class T>
void Fill(RandomKernels<T>& kernels) {
  kernels = {&Uniform<T>, &Normal<T>, &Bernoulli<T>};
}

}  // namespace

void FillRandom(KernelTable& table) {
  table.philox = {&Words};
  Fill(table.f32.random);
  Fill(table.f64.random);
}

}  // namespace gradlane::GRADLANE_ISA_TARGET
