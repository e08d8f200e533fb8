// Attention of heads that lie anywhere: weights = softmax(scale * q k^T + masks), out = weights v,
// computed by blocks, so that no memory of rows * keys elements is needed.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"

namespace gradlane {

// Head h of sample b of q begins b * q_batch + h * q_head elements after its first and has `rows`
// rows of `width` elements that lie q_row apart; k, v and out alike. Heads share those of k and v
// in groups of heads / kv_heads.
struct AttentionShape {
  std::int64_t batch, heads, kv_heads, rows, keys, width, value_width;
  std::int64_t q_batch, q_head, q_row;
  std::int64_t k_batch, k_head, k_row;
  std::int64_t v_batch, v_head, v_row;
  std::int64_t out_batch, out_head, out_row;
  std::int64_t mask_batch, mask_head, mask_row;  // of the mask for each row and key
  std::int64_t padding_batch;                    // of that for each key
  std::int64_t past;  // where `causal`: row i has the keys up to i + past
  // Samples of a whole batch whose weights are drawn for before these and after them.
  std::int64_t before = 0, after = 0;
};

// A mask is added (of the element type) or says which keys there are: uint8, 1 where there is one,
// with `blocked` where there is none. Each may be absent. Weights are 0 with probability p, drawn
// from `state` by their place in (batch, heads, rows, keys), the others 1 / (1 - p) times as large.
// log_sum (batch, heads, rows) is kept for the gradients; a row without any key gives 0.
struct AttentionArgs {
  Dtype dtype;
  Buffer q, k, v;
  Dtype mask_dtype;
  Buffer mask;
  Dtype padding_dtype;
  Buffer padding, state, log_sum, out;
  AttentionShape shape;
  double scale;
  bool causal, blocked;
  double p;

  GRADLANE_FIELDS(AttentionArgs, dtype, q, k, v, mask_dtype, mask, padding_dtype, padding, state,
                  log_sum, out, shape, scale, causal, blocked, p)
};
void Attention(const AttentionArgs& args);

// The gradients that are asked for: by_q, by_k, by_v. They lie as their operands do, from these
// offsets on; that by k in grad_q where there is no grad_k, that by v where that by k does where
// there is no grad_v. `state` is as it was before the forward; grad_out lies as out does. For that
// by v alone neither v nor out is read.
struct AttentionGradientArgs {
  Dtype dtype;
  Buffer q, k, v;
  Dtype mask_dtype;
  Buffer mask;
  Dtype padding_dtype;
  Buffer padding, state, log_sum, out, grad_out, grad_q, grad_k, grad_v;
  AttentionShape shape;
  std::int64_t q_offset, k_offset, v_offset;
  bool by_q, by_k, by_v;
  double scale;
  bool causal, blocked;
  double p;

  GRADLANE_FIELDS(AttentionGradientArgs, dtype, q, k, v, mask_dtype, mask, padding_dtype, padding,
                  state, log_sum, out, grad_out, grad_q, grad_k, grad_v, shape, q_offset, k_offset,
                  v_offset, by_q, by_k, by_v, scale, causal, blocked, p)
};
void AttentionGradient(const AttentionGradientArgs& args);

}  // namespace gradlane
