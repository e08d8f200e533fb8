// Kernel table: signs packed into bits, and products of them by XNOR and popcount.
#pragma once

#include <cstdint>

namespace gradlane {

inline constexpr std::int64_t kWordBits = 32;
// Words of a line of a panel: one vector of AVX-512, and a multiple of those of the other ISA
// targets.
inline constexpr int kXnorLanes = 16;

// What the lanes of a tile hold, in lines of 16 words: line i of all lanes stands at
// lines + i * stride. Of bits outside of a mask nothing counts.
template <class T>
struct XnorPanel {
  const std::uint32_t* lines;
  std::int64_t stride, words;
  const std::uint32_t* masks;  // null, or mask_lines lines of 16: line i takes mask i % mask_lines
  std::int64_t mask_lines;
  const std::int32_t* bits;  // (16): those that count, of each lane
  const T* bias;             // (16)
  std::int64_t lanes;        // that are written, at most 16
};

template <class T>
struct XnorKernels {
  // Bit b of words[w] = x[32 w + b] < 0; missing bits are 0.
  void (*pack)(const T* x, std::uint32_t* words, std::int64_t n) noexcept;
  // Bit b of words[i] = x[b * inner + i] < 0 for b < bits <= 32, i < inner; missing bits are 0.
  void (*pack_planes)(const T* x, std::uint32_t* words, std::int64_t bits,
                      std::int64_t inner) noexcept;
  // out[r * out_stride + lane] = bits[lane] - 2 popcount(lane of the panel ^ row r) + bias[lane]
  // + row_bias[r], of which the last may be null; rows of panel.words words lie close together.
  void (*multiply)(const XnorPanel<T>& panel, const std::uint32_t* rows, std::int64_t count,
                   const T* row_bias, T* out, std::int64_t out_stride) noexcept;
};

}  // namespace gradlane
