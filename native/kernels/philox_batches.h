// Random words in batches of 64 blocks, which stay in the first-level cache until they are used.
#pragma once

#include <cstdint>

#include "cpu/tables/random.h"
#include "kernels/philox.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

constexpr std::int64_t kBatchBlocks = 64;
constexpr std::int64_t kPhiloxBatch = 4 * kBatchBlocks;  // words

// Calls body(words, start, count) for batches of the `n` numbers of a call, each made of
// `words_each` words.
template <int kWordsEach, class Body>
GRADLANE_INLINE void PhiloxBatches(PhiloxState state, std::int64_t n, Body&& body) {
  alignas(64) std::uint32_t words[kPhiloxBatch];
  constexpr std::int64_t kCount = kPhiloxBatch / kWordsEach;
  for (std::int64_t start = 0; start < n; start += kCount) {
    const std::int64_t count = n - start < kCount ? n - start : kCount;
    PhiloxWords(state.seed, state.block, words, (count * kWordsEach + 3) / 4);
    state.block += kBatchBlocks;
    body(words, start, count);
  }
}

}  // namespace
}  // namespace gradlane::GRADLANE_ISA_TARGET
