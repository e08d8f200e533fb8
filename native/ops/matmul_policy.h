// Which algorithm computes a matrix product, and in which blocks. Everything here follows from the
// shape, the tile sizes of the ISA target and the caches; never from the number of threads.
#pragma once

#include <cstdint>

namespace gradlane {

enum class MatmulAlgorithm {
  kPacked,  // both operands into panels, blocked for all caches
  kDirect,  // both as they lie, vectors along n; not for a transposed B
  kDot,     // both as they lie, vectors along k; for a transposed B and an A that is not
  kRow,     // m = 1 and B as it lies, not transposed
  kOuter,   // k = 1
};

struct MatmulShape {
  std::int64_t m, n, k;
  bool transpose_a, transpose_b;
  std::int64_t item;  // bytes of an element
};

// Turns it into the same product in the form that the algorithms and everything below expect. A
// column of results becomes a row, out^T = op(b)^T op(a)^T: true says so. Where two ways of storing
// an operand are one, a single row of A and B with k = 1 count as not transposed, A with k = 1 as
// transposed. In place: to copy what was just written costs a small product more than all of this.
bool Normalize(MatmulShape& shape);

bool CanRun(MatmulAlgorithm algorithm, MatmulShape shape);  // of any form
MatmulAlgorithm ChooseMatmul(const MatmulShape& shape, std::int64_t mr, std::int64_t nr);

// Blocks of the packed algorithm.
struct MatmulBlocking {
  std::int64_t kc;      // length of the panels: steps of k as even as they can be
  std::int64_t nc;      // columns of B that are packed at a time
  std::int64_t task_m;  // rows of a block, a multiple of mr: its panels of A stay in L2
  std::int64_t task_n;  // columns of one task of the first block, a multiple of nr
};
MatmulBlocking BlockMatmul(const MatmulShape& shape, std::int64_t mr, std::int64_t nr,
                           std::int64_t kc);

// Tasks of the others: pieces of out, multiples of mr and nr but for the last.
struct MatmulTasks {
  std::int64_t task_m, task_n;
};
MatmulTasks SplitMatmul(const MatmulShape& shape, std::int64_t mr, std::int64_t nr);

// Rows of a tile of the direct algorithm: tiles of even height.
std::int64_t DirectRows(const MatmulShape& shape, std::int64_t mr);

// Elements that a task of packing moves: some 5 us.
inline constexpr std::int64_t kPackGrain = 32768;

}  // namespace gradlane
