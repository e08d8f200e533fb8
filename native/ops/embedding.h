// Gradient of an embedding: rows added up where an index picked them. The forward is GatherRows.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"

namespace gradlane {

struct EmbeddingGradientArgs {
  Dtype dtype;
  Buffer grad_out;     // (rows, cols)
  Buffer index;        // int32 (rows)
  Buffer grad_weight;  // (count, cols)
  std::int64_t rows, cols, count;
  std::int64_t padding_index;
  double beta;

  GRADLANE_FIELDS(EmbeddingGradientArgs, dtype, grad_out, index, grad_weight, rows, cols, count,
                  padding_index, beta)
};
void EmbeddingGradient(const EmbeddingGradientArgs& args);

}  // namespace gradlane
