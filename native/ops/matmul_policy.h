// Which algorithm computes a matrix product, and in which blocks. Everything here follows from the
// shape, the tile sizes of the row and the caches; never from the number of threads.
#pragma once

#include <cstdint>

namespace gradlane {

enum class MatmulAlgorithm {
  kPacked,  // both operands into panels, blocked for all caches
};

struct MatmulShape {
  std::int64_t m, n, k;
  bool transpose_a, transpose_b;
  std::int64_t item;  // bytes of an element
};

bool CanRun(MatmulAlgorithm algorithm, const MatmulShape& shape);
MatmulAlgorithm ChooseMatmul(const MatmulShape& shape);

// Blocks of the packed algorithm.
struct MatmulBlocking {
  std::int64_t nc;      // columns of B that are packed at a time
  std::int64_t mc;      // rows of A that are packed at a time
  std::int64_t task_m;  // rows of out that one task computes, a multiple of mr: their panels of A
                        // stay in L2
  std::int64_t task_n;  // columns of out that one task computes, a multiple of nr
};
MatmulBlocking BlockMatmul(const MatmulShape& shape, std::int64_t mr, std::int64_t nr,
                           std::int64_t kc);

}  // namespace gradlane
