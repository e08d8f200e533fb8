// The state of a generator in its buffer, and numbers drawn from it in parallel. The layout of the
// state is in ts/kernels/random.ts.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "cpu/tables/random.h"
#include "ops/grain.h"
#include "parallel/thread_pool.h"

namespace gradlane {

// The four words of a generator in its buffer: seed and number of blocks drawn, lower half first.
class PhiloxStream {
 public:
  PhiloxStream(const Buffer& state, const char* op)
      : words_(Elements<std::uint32_t>(state, 4, op, "state")) {}

  PhiloxState Read() const { return {Wide(words_[0], words_[1]), Wide(words_[2], words_[3])}; }

  void Advance(std::int64_t blocks) {
    const std::uint64_t next = Read().block + static_cast<std::uint64_t>(blocks);
    words_[2] = static_cast<std::uint32_t>(next);
    words_[3] = static_cast<std::uint32_t>(next >> 32);
  }

 private:
  static std::uint64_t Wide(std::uint32_t low, std::uint32_t high) {
    return (static_cast<std::uint64_t>(high) << 32) | low;
  }
  std::uint32_t* words_;
};

// Runs body(state, begin, end) over ranges of the n numbers, each with the stream at its first
// number, and advances the stream past them all. A block gives `per_block` numbers.
template <class Body>
void Draw(PhiloxStream stream, std::int64_t n, std::int64_t per_block, Body&& body) {
  static_assert(kMathGrain % 4 == 0);  // so that ranges start with a block
  const PhiloxState start = stream.Read();
  ParallelRanges(n, kMathGrain, [&](std::int64_t begin, std::int64_t end) {
    PhiloxState state = start;
    state.block += static_cast<std::uint64_t>(begin / per_block);
    body(state, begin, end);
  });
  stream.Advance((n + per_block - 1) / per_block);
}

// The whole number k with: u < p exactly when m < k, for u = m 2^-24 in [0, 1). p 2^24 is exact.
inline std::int32_t UniformThreshold(double p) {
  const double scaled = p * 0x1p24;
  if (!(scaled > 0)) return 0;
  if (scaled >= 0x1p24) return 1 << 24;
  const std::int32_t whole = static_cast<std::int32_t>(scaled);
  return whole < scaled ? whole + 1 : whole;
}

// 53 random bits as a number in [0, 1); the first word gives the higher ones.
inline double UnitOf(std::uint32_t a, std::uint32_t b) {
  return (static_cast<double>(a >> 5) * 0x1p26 + static_cast<double>(b >> 6)) * 0x1p-53;
}

}  // namespace gradlane
