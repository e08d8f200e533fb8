// What attention and its gradient share: checked operands, masks, dropout, and products of blocks.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "cpu/dispatch.h"
#include "ops/apart.h"
#include "ops/attention.h"
#include "ops/matmul_policy.h"
#include "ops/philox_stream.h"
#include "parallel/scratch.h"

namespace gradlane {

// Rows and keys of a block: whole vectors, and whole steps of rows. With more of them the panels
// are packed less often (every element is used 144 times), with fewer the scores of a gradient, two
// blocks, stay in L2 (166 KB in float32).
inline constexpr std::int64_t kAttentionBlock = 144;
// Most rows whose scores are computed at a time.
inline constexpr std::int64_t kAttentionStep = 24;
static_assert(kAttentionBlock % kAttentionStep == 0);

// One head of an operand in memory.
template <class T>
struct AttentionHead {
  T* data = nullptr;
  std::int64_t row = 0;

  T* At(std::int64_t i) const { return data + i * row; }
};

template <class T>
struct AttentionMask {
  const T* added = nullptr;
  const std::uint8_t* chosen = nullptr;

  bool present() const { return added != nullptr || chosen != nullptr; }
};

// Pieces of one scratch buffer, each from a cache line on.
class AttentionScratch {
 public:
  explicit AttentionScratch(char* data) : data_(data) {}

  template <class T>
  T* Take(std::int64_t n) {
    T* const piece = reinterpret_cast<T*>(data_ + bytes_);
    bytes_ += (static_cast<std::size_t>(n) * sizeof(T) + 63) / 64 * 64;
    return piece;
  }
  std::size_t bytes() const { return bytes_; }

 private:
  char* data_;
  std::size_t bytes_ = 0;
};

template <class T>
struct AttentionProblem {
  AttentionShape shape;
  const T *q, *k, *v;
  AttentionMask<T> mask, padding;
  T scale;
  bool causal, blocked;
  bool drops;
  PhiloxState drawn;
  std::int32_t threshold;
  T kept_scale;
  const TypedKernels<T>* kernels;
  MaskKernels::Choose choose;

  std::int64_t group() const { return shape.heads / shape.kv_heads; }
  AttentionHead<const T> Q(std::int64_t b, std::int64_t h) const {
    return {q + b * shape.q_batch + h * shape.q_head, shape.q_row};
  }
  AttentionHead<const T> K(std::int64_t b, std::int64_t h) const {
    return {k + b * shape.k_batch + h * shape.k_head, shape.k_row};
  }
  AttentionHead<const T> V(std::int64_t b, std::int64_t h) const {
    return {v + b * shape.v_batch + h * shape.v_head, shape.v_row};
  }
  template <class U>
  AttentionHead<U> Out(U* out, std::int64_t b, std::int64_t h) const {
    return {out + b * shape.out_batch + h * shape.out_head, shape.out_row};
  }

  // How many keys row i may have.
  std::int64_t KeysOf(std::int64_t i) const {
    return causal ? std::min(shape.keys, i + shape.past + 1) : shape.keys;
  }

  // Rows of a step, as tiles of 4, 6, 8 and 12 fill them. What a causal mask leaves out is left out
  // by so many rows, and whole vectors of keys.
  std::int64_t Step() const { return causal && kernels->matmul.mr == 12 ? 16 : kAttentionStep; }

  // How many of `width` keys from key j on each of m rows from row i on may have; the last row's.
  std::int64_t Counts(std::int64_t i, std::int64_t m, std::int64_t j, std::int64_t width,
                      std::int64_t* counts) const {
    for (std::int64_t t = 0; t < m; ++t) {
      counts[t] = std::clamp<std::int64_t>(KeysOf(i + t) - j, 0, width);
    }
    return counts[m - 1];
  }

  bool masked() const { return mask.present() || padding.present(); }

  // The masks of row i over n scores from key j on.
  void Mask(std::int64_t b, std::int64_t h, std::int64_t i, std::int64_t j, std::int64_t n,
            T* s) const {
    Mask(mask, b * shape.mask_batch + h * shape.mask_head + i * shape.mask_row + j, n, s);
    Mask(padding, b * shape.padding_batch + j, n, s);
  }

  // Which of n weights from key j on stay, in a buffer of n + 3 bytes.
  const std::uint8_t* Kept(std::int64_t b, std::int64_t h, std::int64_t i, std::int64_t j,
                           std::int64_t n, std::uint8_t* buffer) const {
    const std::int64_t place =
        (((shape.before + b) * shape.heads + h) * shape.rows + i) * shape.keys + j;
    PhiloxState state = drawn;
    state.block += static_cast<std::uint64_t>(place / 4);
    kernels->dropout.draw(state, buffer, place % 4 + n, threshold);
    return buffer + place % 4;
  }

  std::int64_t PanelLines(std::int64_t lines) const {
    const std::int64_t nr = kernels->matmul.nr;
    return (lines + nr - 1) / nr * nr;
  }
  // The transpose of `lines` rows, `width` long, as panels of B.
  MatmulPanels<T> Transposed(const AttentionHead<const T>& head, std::int64_t first,
                             std::int64_t lines, std::int64_t width, T* panels) const {
    kernels->matmul.pack_b(head.At(first), head.row, false, lines, width, panels);
    return MatmulPanels<T>::Packed(panels, kernels->matmul.nr, width);
  }
  // Rows as they are as B, in place where its columns are read by masks: tiles that are high there
  // read it so few times that a copy gains nothing (4 to 6 % less time at 64 x 64 x 32), which is
  // not so elsewhere (15 % more with AVX2 at 256 x 256 x 64).
  MatmulPanels<T> Rows(const AttentionHead<const T>& head, std::int64_t first, std::int64_t lines,
                       std::int64_t width, T* panels) const {
    const std::int64_t nr = kernels->matmul.nr;
    if (kernels->matmul.unit == 1) return MatmulPanels<T>::InPlace(head.At(first), nr, head.row);
    kernels->matmul.pack_b(head.At(first), head.row, true, width, lines, panels);
    return MatmulPanels<T>::Packed(panels, nr, lines);
  }

  // out (m, n) = alpha a b + beta out, b from its line `first` on.
  void Multiply(const MatmulPanels<T>& a, MatmulPanels<T> b, std::int64_t first, std::int64_t m,
                std::int64_t n, std::int64_t k, T* out, std::int64_t ldo, T alpha, T beta) const {
    MatmulEpilogue<T> epilogue;
    epilogue.alpha = alpha;
    epilogue.beta = beta;
    b.data += first * b.step;
    kernels->matmul.block(a, b, m, n, k, out, ldo, epilogue);
  }
  MatmulPanels<T> Lines(const T* rows, std::int64_t ld, std::int64_t m) const {
    return MatmulPanels<T>::Lines(rows, TileOf(m), ld);
  }
  // The lines are the columns.
  MatmulPanels<T> Columns(const T* rows, std::int64_t ld, std::int64_t m) const {
    return MatmulPanels<T>::InPlace(rows, TileOf(m), ld);
  }

 private:
  std::int64_t TileOf(std::int64_t m) const {
    return DirectRows({m, 1, 1, false, false, sizeof(T)}, kernels->matmul.mr);
  }

  void Mask(const AttentionMask<T>& by, std::int64_t at, std::int64_t n, T* s) const {
    if (by.added != nullptr) {
      kernels->elementwise.binary[static_cast<int>(Binary::kAdd)](s, by.added + at, s, 1, n, 0);
    } else if (by.chosen != nullptr) {
      static const Nothing nothing;
      const void* const none = nothing.values;
      choose(by.chosen + at, blocked ? none : s, blocked ? s : none, s, n);
    }
  }

  struct Nothing {
    T values[kAttentionBlock];
    Nothing() { std::fill_n(values, kAttentionBlock, -std::numeric_limits<T>::infinity()); }
  };
};

enum AttentionOperand { kAttentionQ, kAttentionK, kAttentionV, kAttentionOut };

// Elements of an operand from its first to its last.
std::int64_t AttentionExtent(const char* op, const AttentionShape& shape, AttentionOperand operand);

// Blocks of random words that the weights take.
std::int64_t AttentionDraws(const AttentionShape& shape);

// The operands that a forward and its gradient read, checked.
template <class T, class Args>
AttentionProblem<T> CheckAttention(const Args& args, const char* op);

}  // namespace gradlane
