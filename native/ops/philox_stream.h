// The state of a generator in its buffer, and numbers drawn from it in parallel. The layout of the
// state is in ts/kernels/random.ts.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/buffer.h"
#include "cpu/tables/random.h"
#include "ops/draw_place.h"
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

// Runs body(state, skip, begin, end) over ranges of the n numbers, each with the stream at the
// block that its first number comes from, `skip` numbers behind the beginning of that, and advances
// the stream past the call. A block gives `per_block` numbers.
template <class Body>
void DrawFrom(PhiloxStream stream, std::int64_t n, const DrawPlace& place, std::int64_t per_block,
              Body&& body) {
  const PhiloxState start = stream.Read();
  const std::int64_t run = n / place.runs;
  ParallelRanges(n, kMathGrain, [&](std::int64_t begin, std::int64_t end) {
    while (begin < end) {
      const std::int64_t at = begin % run, next = std::min(end, begin + run - at);
      const std::int64_t number =
          begin / run * (place.before + run + place.after) + place.before + at;
      PhiloxState state = start;
      state.block += static_cast<std::uint64_t>(number / per_block);
      body(state, number % per_block, begin, next);
      begin = next;
    }
  });
  stream.Advance((place.runs * (place.before + run + place.after) + per_block - 1) / per_block);
}

// The same with body(state, begin, end) where a range begins with a block. What comes before it is
// edge(state, skip, begin, end).
template <class Body, class Edge>
void Draw(PhiloxStream stream, std::int64_t n, const DrawPlace& place, std::int64_t per_block,
          Body&& body, Edge&& edge) {
  DrawFrom(stream, n, place, per_block,
           [&](PhiloxState state, std::int64_t skip, std::int64_t begin, std::int64_t end) {
             if (skip > 0) {
               const std::int64_t next = std::min(end, begin + per_block - skip);
               edge(state, skip, begin, next);
               ++state.block;
               begin = next;
             }
             if (begin < end) body(state, begin, end);
           });
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
