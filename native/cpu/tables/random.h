// Kernel table: random numbers of Philox 4x32-10 (Salmon et al., "Parallel random
// numbers: as easy as 1, 2, 3", 2011). The stream is described in ts/kernels/random.ts; its bits
// are the same on every ISA target.
#pragma once

#include <cstdint>

namespace gradlane {

// Where a stream stands: the seed, and the number of the next block of four words.
struct PhiloxState {
  std::uint64_t seed;
  std::uint64_t block;
};

struct PhiloxKernels {
  // words[4 b + j] = word j of block state.block + b.
  void (*words)(PhiloxState state, std::uint32_t* words, std::int64_t blocks) noexcept;
};

template <class T>
struct RandomKernels {
  // y[i] = min(low + range * u, most)
  void (*uniform)(PhiloxState state, T* y, std::int64_t n, double low, double range,
                  T most) noexcept;
  // Box-Muller on pairs: y[2j] with the cosine, y[2j + 1] with the sine
  void (*normal)(PhiloxState state, T* y, std::int64_t n, T mean, T std) noexcept;
  // y[i] = (word >> 8) < threshold ? value : 0, one word an element for both types
  void (*bernoulli)(PhiloxState state, T* y, std::int64_t n, std::int32_t threshold,
                    T value) noexcept;
};

}  // namespace gradlane
